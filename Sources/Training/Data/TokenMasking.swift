import Encoders
import Tasks
import Tensors

/// Hides tokens that a model then has to find, as BERT was trained (Devlin et al., 2019): 15 % of a text, at least one; of these 80 % become
/// the mask, 10 % another token, and 10 % stay.
package struct TokenMasking: Sendable {
  package var share = 0.15
  private let mask: Int32
  /// Never hidden, and never put in another's place; ascending.
  private let special: [Int32]
  private let vocabularySize: Int

  /// - Throws: ``Failure`` if the tokenizer has no mask, or nothing but special tokens.
  package init(_ tokenizer: Tokenizer) throws {
    let known = tokenizer.specialTokens
    guard let mask = known.mask else { throw Failure(TrainingDataReason.noMask) }
    self.mask = mask
    special = Set([mask, known.pad, known.cls, known.sep, known.unk].compactMap { $0 }).sorted()
    vocabularySize = tokenizer.vocabularySize
    guard vocabularySize > special.count else { throw Failure(TrainingDataReason.noWords) }
  }

  /// Hides tokens of a text.
  ///
  /// - Returns: for each token what it was, where it counts.
  func mask(_ sequence: inout TokenSequence, _ generator: inout KeyedGenerator) -> [Int32] {
    var targets = [Int32](repeating: Targets.ignored, count: sequence.count)
    var places = sequence.ids.indices.filter { !special.contains(sequence.ids[$0]) }
    let wanted = max(1, Int((Double(places.count) * share).rounded()))
    for number in 0..<min(wanted, places.count) {
      places.swapAt(number, number + generator.below(places.count - number))
      let place = places[number]
      targets[place] = sequence.ids[place]
      switch generator.below(10) {
      case 0..<8: sequence.ids[place] = mask
      case 8: sequence.ids[place] = word(&generator)
      default: break
      }
    }
    return targets
  }

  /// Any token but the special ones.
  private func word(_ generator: inout KeyedGenerator) -> Int32 {
    var id = Int32(generator.below(vocabularySize - special.count))
    for other in special where other <= id { id += 1 }
    return id
  }
}
