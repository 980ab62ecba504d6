import Encoders
import Tasks
import Tensors

extension TrainingExamples {
  /// Unlabelled text, one example a line, cut to the model's limit.
  ///
  /// - Throws: ``Failure`` if there is no text.
  package init(
    transferText path: String, _ tokenizer: Tokenizer, limit: Int, threads: Int
  ) throws {
    try self.init(path, threads: threads) { line in
      let encoding = tokenizer.encode(line, nil, limit: limit)
      return ([encoding.sequence], encoding.truncated > 0 ? 1 : 0, [])
    }
  }

  /// The same of text that is cut into words at spaces, as texts are whose words have tags.
  package init(
    transferWords path: String, _ tokenizer: Tokenizer, limit: Int, threads: Int
  ) throws {
    try self.init(path, threads: threads) { line in
      let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
      let encoding = tokenizer.encode(words: words, limit: limit)
      return ([encoding.sequence], encoding.truncated > 0 ? 1 : 0, encoding.wordStarts)
    }
  }

  /// Plain text for masked-language modelling: lines that are too long for the model become several examples.
  ///
  /// - Throws: ``Failure`` if there is no text, or the tokenizer has no mask.
  package init(
    maskedText path: String, _ tokenizer: Tokenizer, limit: Int, threads: Int
  ) throws {
    let masking = try TokenMasking(tokenizer)
    try self.init(path, threads: threads) { line in
      (tokenizer.encode(line, nil, limit: nil).pieces(limit: limit), 0, [])
    }
    self.masking = masking
  }

  private init(
    _ path: String, threads: Int,
    _ encode:
      @Sendable (String) -> (
        sequences: [TokenSequence], truncated: Int, wordStarts: [Int32]
      )
  ) throws {
    var file = try TextFile(path)
    while true {
      let lines = try file.next(Self.linesPerPart * 4 * max(1, threads))
      if lines.isEmpty { break }
      let ranges = parts(of: lines.count, by: Self.linesPerPart)
      let results = try concurrentMap(ranges, threads: threads) { $0.map { encode(lines[$0]) } }
      for result in results.joined() {
        for sequence in result.sequences { sequences.append(sequence) }
        truncated += result.truncated
        wordStarts += result.wordStarts
      }
    }
    guard count > 0 else { throw Failure(TrainingDataReason.noText, at: Place(file: path)) }
  }

  private static let linesPerPart = 256
}

extension Encoding {
  /// The sequence in as many pieces as a limit asks for, each with the special tokens around it.
  fileprivate func pieces(limit: Int) -> [TokenSequence] {
    let text = ranges.indices.filter { ranges[$0] != nil }
    guard sequence.count > limit, let first = text.first, let last = text.last else {
      return [sequence]
    }
    let (before, behind) = (0..<first, (last + 1)..<sequence.count)
    let room = max(1, limit - before.count - behind.count)
    return parts(of: last + 1 - first, by: room).map { part in
      let kept = Array(before) + part.map { first + $0 } + Array(behind)
      return TokenSequence(
        ids: kept.map { sequence.ids[$0] }, types: kept.map { sequence.types[$0] })
    }
  }
}
