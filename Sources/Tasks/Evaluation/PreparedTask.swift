import Encoders
import Tensors

/// The examples of a task as token sequences, and how sequences belong to examples.
package struct PreparedTask: Sendable {
  package private(set) var sequences: [TokenSequence] = []
  /// The encodings that need to be known later: of words, and of windows of contexts.
  package private(set) var encodings: [Encoding] = []
  /// The sequences of each example.
  package private(set) var ranges: [Range<Int>] = []
  /// Sequences that were cut to the model's limit.
  package private(set) var truncated = 0

  /// - Parameter limit: the greatest number of tokens of a sequence.
  package init(_ task: Task, _ tokenizer: Tokenizer, limit: Int) {
    for example in task.examples {
      let start = sequences.count
      switch task.kind {
      case .classification, .pair, .regression:
        add(tokenizer.encode(example.text, example.second, limit: limit))
      case .similarity:
        add(tokenizer.encode(example.text, nil, limit: limit))
        add(tokenizer.encode(example.second ?? "", nil, limit: limit))
      case .tags:
        let encoding = tokenizer.encode(words: example.words, limit: limit)
        add(encoding)
        encodings.append(encoding)
      case .qa:
        addWindows(example, tokenizer, limit: limit)
      }
      ranges.append(start..<sequences.count)
    }
  }

  /// The line of the example from which each sequence comes.
  func lines(of task: Task) -> [Int] {
    zip(task.examples, ranges).flatMap { example, range in range.map { _ in example.line } }
  }

  private mutating func add(_ encoding: Encoding) {
    sequences.append(encoding.sequence)
    if encoding.truncated > 0 { truncated += 1 }
  }

  /// Windows of at most 384 tokens that overlap by 128, as the published SQuAD results have them.
  private mutating func addWindows(_ example: Example, _ tokenizer: Tokenizer, limit: Int) {
    let length = min(limit, 384)
    let windows = tokenizer.encode(
      example.text, windowsOf: example.second ?? "", limit: length, stride: min(128, length / 3))
    let question = tokenizer.encode(example.text, nil, limit: nil).ranges.count { $0 != nil }
    truncated += windows.count { $0.truncated > 0 }
    for var window in windows {
      sequences.append(window.sequence)
      window.dropRanges(question)
      encodings.append(window)
    }
  }
}

extension Encoding {
  /// Takes the first tokens that stand for text out of what can be an answer.
  fileprivate mutating func dropRanges(_ count: Int) {
    for index in ranges.indices.filter({ ranges[$0] != nil }).prefix(count) { ranges[index] = nil }
  }
}
