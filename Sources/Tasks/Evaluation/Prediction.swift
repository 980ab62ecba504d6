import Checkpoints
import Encoders
import Tensors

/// What a model says of one example.
public enum Prediction: Sendable, Equatable {
  /// The class with the highest score, and the scores of all.
  case label(Int, scores: [Float])
  case score(Double)
  /// A tag for each word, and the scores of all tags for each word.
  case tags([Int], scores: [[Float]])
  /// The answer, empty for none.
  case answer(String)
  /// How near the two texts are, and their vectors.
  case similarity(Double, first: [Float], second: [Float])
}

extension Task.Kind {
  /// Fails unless a head gives what the kind needs.
  package func check(_ head: Head, in file: String?) throws {
    let fits =
      switch self {
      case .similarity: true
      case .classification, .pair, .regression: head == .sequenceClassification
      case .tags: head == .tokenClassification
      case .qa: head == .questionAnswering
      }
    guard fits else {
      throw Failure(TaskModelReason.wrongHead(head, kind: self), at: Place(file: file))
    }
  }

  /// Fails unless an encoder gives as many numbers as the kind needs.
  func check(_ encoder: Encoder, of path: String) throws {
    let wanted: Int? =
      switch self {
      case .regression: 1
      case .qa: 2
      case .classification, .pair, .tags, .similarity: nil
      }
    guard let wanted, encoder.columns != wanted else { return }
    throw Failure(
      TaskModelReason.outputs(encoder.columns, wanted: wanted, kind: self), at: Place(file: path))
  }
}

extension PreparedTask {
  /// The predictions for all examples, from the outputs for all sequences.
  ///
  /// - Parameter outside: the tag of words that were cut off.
  func predictions(_ task: Task, _ outputs: [EncoderOutput], outside: Int) -> [Prediction] {
    zip(task.examples, ranges).map { example, range in
      let first = outputs[range.lowerBound]
      switch task.kind {
      case .classification, .pair:
        return .label(first.values.indexOfGreatest, scores: first.values)
      case .regression: return .score(Double(first.values[0]))
      case .similarity:
        let second = outputs[range.upperBound - 1].values
        return .similarity(cosine(first.values, second), first: first.values, second: second)
      case .tags:
        return tags(first, encodings[range.lowerBound], words: example.words.count, outside)
      case .qa:
        let windows = zip(outputs[range], encodings[range]).map(AnswerWindow.init)
        return .answer(
          AnswerSearch().answer(
            in: example.second ?? "", windows: windows, allowsNoAnswer: task.allowsNoAnswer))
      }
    }
  }

  /// The tag of a word is that of its first token.
  private func tags(
    _ output: EncoderOutput, _ encoding: Encoding, words count: Int, _ outside: Int
  ) -> Prediction {
    var scores = [[Float]](repeating: [], count: count)
    for (token, word) in encoding.words.enumerated() {
      guard let word, word < count, scores[word].isEmpty else { continue }
      scores[word] = Array(output[token])
    }
    return .tags(scores.map { $0.isEmpty ? outside : $0.indexOfGreatest }, scores: scores)
  }
}

extension AnswerWindow {
  /// - Parameter output: for each token the scores of a start and of an end.
  fileprivate init(_ output: EncoderOutput, _ encoding: Encoding) {
    self.init(
      startLogits: (0..<output.rows).map { output.values[$0 * output.columns] },
      endLogits: (0..<output.rows).map { output.values[$0 * output.columns + 1] },
      ranges: encoding.ranges)
  }
}

/// The cosine of the angle between two vectors; 0 where one has no length.
package func cosine(_ first: [Float], _ second: [Float]) -> Double {
  var (product, left, right) = (0.0, 0.0, 0.0)
  for (first, second) in zip(first, second) {
    product += Double(first) * Double(second)
    left += Double(first) * Double(first)
    right += Double(second) * Double(second)
  }
  let length = (left * right).squareRoot()
  return length > 0 ? product / length : 0
}

extension Collection where Element: Comparable, Index == Int {
  /// The first index of the greatest element; 0 of nothing.
  var indexOfGreatest: Int {
    indices.max { self[$0] < self[$1] || (self[$0] == self[$1] && $0 > $1) } ?? 0
  }
}
