import Checkpoints
import Documents
import Kernels
import Tensors

/// How many rows of the position embedding stay.
struct PositionPlan {
  let rows: Int

  /// - Parameter tokens: how many the longest text may have. RoBERTa's rows begin behind that of its padding token.
  init(
    tokens: Int, of encoder: EncoderArchitecture, _ configuration: Configuration?
  ) throws {
    let before: Int =
      switch encoder.family {
      case .roberta, .xlmRoberta: max(0, min(configuration?.paddingID ?? 1, encoder.positions)) + 1
      case .bert, .distilbert, .electra, .albert: 0
      }
    let present = encoder.positions - min(encoder.positions, before)
    guard tokens <= present else {
      throw Trim.unfit("cannot keep \(tokens) positions: there are \(present)")
    }
    rows = tokens + before
  }
}

extension Checkpoint {
  /// The checkpoint with the first positions only.
  func keeping(_ plan: PositionPlan) throws -> Checkpoint {
    let first = Gather(Array(0..<plan.rows))
    var result = try replacing { parameter in
      parameter.role.module == .embedding(.position) ? try parameter.taking(rows: first) : nil
    }
    guard var encoder = architecture.encoder else { return result }
    encoder.positions = plan.rows
    result.architecture = .encoder(encoder)
    result.buffers.removeAll()
    result.configuration = try configuration?.setting(
      of: ["max_position_embeddings", "max_sequence_length"], to: .integer(plan.rows))
    return result
  }

  /// The checkpoint with some tokens only, numbered in the order given.
  func keeping(tokens ids: [Int]) throws -> Checkpoint {
    let rows = Gather(ids)
    var result = try replacing { parameter in
      switch parameter.role.module {
      case .embedding(.word), .head(.maskedDecoder), .head(.maskedDecoderCopy):
        guard case .shared = parameter.storage else { return try parameter.taking(rows: rows) }
        var tied = parameter
        tied.shape = Shape([ids.count] + parameter.shape.lengths.dropFirst())
        return tied
      default: return nil
      }
    }
    result.architecture = architecture.holding(vocabulary: ids.count)
    result.keptTokens = ids.map { keptTokens?[$0] ?? $0 }
    result.copies.removeAll()
    let numbers = TokenRenumbering(keeping: ids)
    result.configuration = try configuration?.renumberingTokens(numbers).setting(
      of: ["vocab_size", "vocabulary_size"], to: .integer(ids.count))
    return result
  }
}

extension Configuration {
  /// The tokens that a configuration counts on; in RoBERTa, where positions are counted from the padding token, all before it too.
  func namedTokens(of family: Family?, below count: Int) -> [Int] {
    var named = document.tokenIDs
    if family == .encoder(.roberta) || family == .encoder(.xlmRoberta) {
      named += Array(0...max(0, min(paddingID ?? 1, count - 1)))
    }
    return named.filter { (0..<count).contains($0) }
  }

  fileprivate func renumberingTokens(_ numbers: TokenRenumbering) throws -> Configuration {
    var result = self
    for (key, value) in document.renumberingTokens(numbers).members ?? [] {
      if document[key] != value { result = try result.setting(key, to: value) }
    }
    return result
  }

  /// The configuration with the first of some settings that it has changed; the first of all is added where it has none.
  fileprivate func setting(of keys: [String], to value: JSON) throws -> Configuration {
    try setting(keys.first { document[$0] != nil } ?? keys[0], to: value)
  }
}
