import Encoders
import Tasks
import Tensors

extension TrainingExamples {
  /// The examples of a task, as the tokens of a model.
  ///
  /// - Parameters:
  ///   - limit: the greatest number of tokens of a sequence.
  /// - Throws: ``Failure`` with the line of a label that the model lacks, or for a task of similarity.
  package init(
    _ task: Task, _ tokenizer: Tokenizer, labels: LabelMap, limit: Int, threads: Int
  ) throws {
    guard task.kind != .similarity else {
      throw Failure(TrainingDataReason.kind(task.kind), at: Place(file: task.path))
    }
    let parts = try concurrentMap(
      Training.parts(of: task.examples.count, by: Self.examplesPerPart), threads: threads
    ) { range in
      var part = task
      part.examples = Array(task.examples[range])
      return try TrainingExamples(part: part, tokenizer, labels, limit)
    }
    for part in parts { append(part) }
  }

  /// The texts of a task alone: nothing is right for them.
  ///
  /// - Parameter limit: the greatest number of tokens of a sequence.
  package init(textsOf task: Task, _ tokenizer: Tokenizer, limit: Int, threads: Int) throws {
    let parts = try concurrentMap(
      Training.parts(of: task.examples.count, by: Self.examplesPerPart), threads: threads
    ) { range in
      var part = task
      part.examples = Array(task.examples[range])
      return PreparedTask(part, tokenizer, limit: limit)
    }
    for part in parts {
      for sequence in part.sequences { sequences.append(sequence) }
      truncated += part.truncated
    }
  }

  private static let examplesPerPart = 256

  private init(
    part task: Task, _ tokenizer: Tokenizer, _ labels: LabelMap, _ limit: Int
  ) throws {
    let prepared = PreparedTask(task, tokenizer, limit: limit)
    for sequence in prepared.sequences { sequences.append(sequence) }
    truncated = prepared.truncated
    switch task.kind {
    case .classification, .pair:
      targets = .classes(try labels.indices(of: task).map(Int32.init))
    case .regression, .similarity:
      targets = .scores(task.examples.map { Float($0.gold.score ?? 0) })
    case .tags:
      targets = .tokens(try Self.tagTargets(task, prepared, labels))
      wordStarts = prepared.encodings.flatMap(\.wordStarts)
    case .qa:
      targets = .spans(
        zip(task.examples, prepared.ranges).flatMap { example, range in
          prepared.encodings[range].map { TokenSpan(of: example, in: $0) }
        })
    }
  }

  private mutating func append(_ part: TrainingExamples) {
    for index in 0..<part.count { sequences.append(part.sequences[index]) }
    targets.append(part.targets)
    wordStarts += part.wordStarts
    truncated += part.truncated
  }

  /// The class of a word stands at its first token.
  private static func tagTargets(
    _ task: Task, _ prepared: PreparedTask, _ labels: LabelMap
  ) throws -> [Int32] {
    var targets: [Int32] = []
    for (tags, encoding) in zip(try labels.tags(of: task), prepared.encodings) {
      for word in encoding.wordStarts {
        guard word >= 0, word < tags.count else {
          targets.append(Targets.ignored)
          continue
        }
        targets.append(Int32(try labels.number(of: tags[Int(word)], in: task.path)))
      }
    }
    return targets
  }
}

extension Encoding {
  /// For each token the word that it is the first of, ``Targets/ignored`` for the others.
  var wordStarts: [Int32] {
    var last: Int?
    return words.map { word in
      defer { last = word ?? last }
      guard let word, word != last else { return Targets.ignored }
      return Int32(word)
    }
  }
}

extension LabelMap {
  /// The class of a tag, or of its other form where a model has only one of `B-TYPE` and `I-TYPE`.
  fileprivate func number(of tag: String, in path: String) throws -> Int {
    if let number = index(of: tag) { return number }
    let other = (tag.hasPrefix("B-") ? "I-" : "B-") + tag.dropFirst(2)
    guard tag.utf8.count > 2, let number = index(of: other) else {
      throw Failure(TrainingDataReason.noClass(tag, known: names), at: Place(file: path))
    }
    return number
  }
}

extension Gold {
  var score: Double? { if case .score(let score) = self { score } else { nil } }
}
