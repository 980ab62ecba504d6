import Checkpoints
import Documents
import Kernels
import Passes
import Synchronization
import Tensors
import TestSupport
import Testing

@Suite struct TrimTests {
  private let list: TemporaryFolder
  private let vocabulary = LetterVocabulary()

  init() throws { list = try TemporaryFolder() }

  private var context: PassContext { PassContext(openVocabulary: { [vocabulary] in vocabulary }) }

  private func tokens(_ lines: String...) throws -> (option: String, values: [String]) {
    ("tokens", [try list.file("list.txt", Array(lines.joined(separator: "\n").utf8))])
  }

  /// The identifiers whose rows are left.
  private func kept(_ result: Checkpoint, of model: Checkpoint) throws -> [Int] {
    let (before, after) = (
      try model.values(.embedding(.word)), try result.values(.embedding(.word))
    )
    let width = model.shape(.embedding(.word))![1]
    let rows = Dictionary(
      uniqueKeysWithValues: (0..<(before.count / width)).map {
        (Array(before[($0 * width)..<(($0 + 1) * width)]), $0)
      })
    return stride(from: 0, to: after.count, by: width).map {
      rows[Array(after[$0..<($0 + width)])]!
    }
  }

  @Test func specialTokensAndPartsStayWithWhatIsListed() throws {
    let model = try TinyEncoder().checkpoint()
    let result = try model.after(Trim.self, [tokens("bc", "d")], in: context)
    // The specials 0 and 1, b, c, d (4, 5, 6), and bc (20).
    #expect(try kept(result, of: model) == [0, 1, 4, 5, 6, 20])
    #expect(result.architecture.encoder?.vocabulary == 6)
    #expect(result.configuration?.document["vocab_size"] == 6)
    #expect(result.rewrittenSidecars == ["vocab.txt": [0, 1, 4, 5, 6, 20]])
  }

  @Test func whatIsTiedToTheEmbeddingGoesToo() throws {
    let decoder = Role(.head(.maskedDecoder), .weight)
    var model = try TinyEncoder(head: .maskedLanguageModel).checkpoint(with: [decoder])
    let untied = try model.after(Trim.self, [tokens("d")], in: context)
    #expect(untied.shape(.head(.maskedDecoder)) == [3, 12])
    #expect(untied.shape(.head(.maskedDecoder), .bias) == [3])
    let bias = try model.values(.head(.maskedDecoder), .bias)
    #expect(try untied.values(.head(.maskedDecoder), .bias) == [0, 1, 6].map { bias[$0] })
    let index = try #require(model.parameters.firstIndex { $0.role == decoder })
    model.parameters[index].storage = .shared(with: Role(.embedding(.word), .weight))
    let tied = try model.after(Trim.self, [tokens("d")], in: context)
    #expect(tied.parameter(decoder)?.storage.kind == .shared)
    #expect(tied.shape(.head(.maskedDecoder)) == [3, 12])
  }

  @Test func theMostFrequentStay() throws {
    let model = try TinyEncoder().checkpoint()
    // d occurs 9 times, cd (21) 5 times, a 2 times, bc (20) once; letters are kept for spelling.
    let corpus = (option: "corpus", values: ["corpus"])
    let all = try model.after(Trim.self, [corpus], in: context)
    #expect(try kept(all, of: model) == [0, 1, 3, 4, 5, 6, 20, 21])
    let often = try model.after(Trim.self, [corpus, ("minimum-count", ["5"])], in: context)
    #expect(try kept(often, of: model) == [0, 1, 5, 6, 21])
    let few = try model.after(Trim.self, [corpus, ("size", ["7"])], in: context)
    #expect(try kept(few, of: model) == [0, 1, 3, 4, 5, 6, 21])
    let failure = try #require(throws: Failure.self) {
      _ = try model.after(Trim.self, [corpus, ("size", ["5"])], in: context)
    }
    #expect(
      failure.description
        == "trim: 5 tokens are too few: special tokens, single characters and what is listed are 6")
    let twice = try model.after(
      Trim.self, [("corpus", ["corpus", "corpus"]), ("minimum-count", ["10"])], in: context)
    #expect(try kept(twice, of: model) == [0, 1, 5, 6, 21])
  }

  @Test func frequenciesFollowTheTokensThatAreKept() throws {
    let model = try TinyEncoder().checkpoint()
    let counts = (0..<30).map(Float.init)
    var context = PassContext(statistics: [("tokens.frequency", Tensor(counts, [30]))])
    context.openVocabulary = { [vocabulary] in vocabulary }
    context.origin = ChainOrigin(model)
    let once = try model.after(Trim.self, [tokens("bc", "d")], in: context)
    #expect(once.keptTokens == [0, 1, 4, 5, 6, 20])
    let statistics = try #require(try context.statistics("file", of: once))
    #expect(try statistics.tokenFrequencies(count: 6) == [0, 1, 4, 5, 6, 20])
    #expect(throws: Failure.self) { try statistics.tokenFrequencies(count: 30) }
  }

  @Test func frequenciesMayBeMeasured() throws {
    let model = try TinyEncoder().checkpoint()
    var counts = [Float](repeating: 0, count: 30)
    counts[6] = 3
    counts[29] = 99
    var context = PassContext(statistics: [("tokens.frequency", Tensor(counts, [30]))])
    context.openVocabulary = { [vocabulary] in vocabulary }
    let result = try model.after(Trim.self, [("statistics", ["file"])], in: context)
    #expect(try kept(result, of: model) == [0, 1, 6])
    let failure = try #require(throws: Failure.self) {
      var context = PassContext(statistics: [])
      context.openVocabulary = { [vocabulary] in vocabulary }
      _ = try model.after(Trim.self, [("statistics", ["file"])], in: context)
    }
    #expect(failure.description == "file: trim: the statistics hold no tokens.frequency")
  }

  @Test(arguments: [
    (["greek"], [0, 1, 2, 22, 23]), (["LATIN,Greek"], [0, 1, 2] + Array(3...21) + [22, 23]),
    (["Cyrl"], [0, 1, 2]),
  ])
  func scriptsLetThroughWhatIsOfNoScript(_ scripts: [String], _ expected: [Int]) throws {
    let model = try TinyEncoder().checkpoint()
    let result = try model.after(Trim.self, [("scripts", scripts)], in: context)
    #expect(try kept(result, of: model) == expected)
  }

  @Test func tokensThatTheConfigurationNamesStay() throws {
    let model = try TinyEncoder(
      configuration: [("pad_token_id", 7), ("eos_token_id", [8, 1]), ("sep_token_id", 77)]
    ).checkpoint()
    let result = try model.after(Trim.self, [tokens("d")], in: context)
    #expect(try kept(result, of: model) == [0, 1, 6, 7, 8])
    let document = try #require(result.configuration?.document)
    #expect(document["pad_token_id"] == 3)
    #expect(document["eos_token_id"] == [4, 1])
    #expect(document["sep_token_id"] == 77)
  }

  /// Positions are counted from the padding token, so all before it stays.
  @Test func inRoBERTaThePaddingTokenKeepsItsNumber() throws {
    let model = try TinyEncoder(family: .roberta, configuration: [("pad_token_id", 3)]).checkpoint()
    let result = try model.after(Trim.self, [tokens("d"), ("positions", ["5"])], in: context)
    #expect(try kept(result, of: model) == [0, 1, 2, 3, 6])
    #expect(result.configuration?.document["pad_token_id"] == 3)
    #expect(result.shape(.embedding(.position)) == [9, 12])
    #expect(result.configuration?.document["max_position_embeddings"] == 9)
  }

  @Test func positionsNeedNoVocabulary() throws {
    let model = try TinyEncoder().checkpoint()
    let result = try model.after(Trim.self, [("positions", ["5"])])
    let before = try model.values(.embedding(.position))
    #expect(try result.values(.embedding(.position)) == Array(before.prefix(60)))
    #expect(result.rewrittenSidecars.isEmpty)
    let failure = try #require(throws: Failure.self) {
      _ = try model.after(Trim.self, [("positions", ["17"])])
    }
    #expect(failure.description == "trim: cannot keep 17 positions: there are 16")
    #expect(vocabulary.limits.withLock { $0 } == [])
    _ = try model.after(Trim.self, [("positions", ["5"])], in: context)
    #expect(vocabulary.limits.withLock { $0 } == [5])
  }

  @Test(
    arguments: [
      ([], "trim needs 'corpus'"), ([("size", "5")], "trim needs 'corpus'"),
      ([("size", "5"), ("scripts", "latin")], "'size' needs 'corpus'"),
      ([("corpus", "a"), ("statistics", "b")], "'corpus' and 'statistics' exclude each other"),
      (
        [("scripts", "klingon")],
        "'scripts' takes names of Unicode scripts, such as latin or greek, not 'klingon'"
      ),
      (
        [("scripts", "}")],
        "'scripts' takes names of Unicode scripts, such as latin or greek, not '}'"
      ),
    ] as [([(String, String)], String)])
  func contradictionsAreUsage(_ options: [(String, String)], _ message: String) throws {
    let failure = try #require(throws: Failure.self) {
      _ = try Trim(PassArguments(of: Trim.declaration, options.map { ($0.0, [$0.1]) }))
    }
    #expect(failure.description == message)
    #expect(failure.reason.outcome == .usage)
  }

  @Test func whatIsNotInTheVocabularyIsNamed() throws {
    let failure = try #require(throws: Failure.self) {
      _ = try TinyEncoder().checkpoint().after(Trim.self, [tokens("d", "nothing")], in: context)
    }
    #expect(failure.description.hasSuffix("list.txt: trim: 'nothing' is not in the vocabulary"))
  }

  @Test func aVocabularyMustFitTheModel() throws {
    let model = try TinyEncoder().checkpoint()
    let once = try model.after(Trim.self, [tokens("d")], in: context)
    #expect(throws: Failure.self) { _ = try once.after(Trim.self, [tokens("d")], in: context) }
    #expect(throws: Failure.self) { _ = try model.after(Trim.self, [tokens("d")]) }
  }

  /// Rows go out of any storage that has rows.
  @Test func composedEmbeddingsAreTrimmed() throws {
    var model = try TinyEncoder().checkpoint()
    let index = try #require(
      model.parameters.firstIndex { $0.role == Role(.embedding(.word), .weight) })
    let storage = Storage.factorized(
      left: .dense(.seeded([30, 4], "left")), right: .dense(.seeded([4, 12], "right")))
    model.parameters[index] = model.parameters[index].holding(storage)
    let result = try model.after(Trim.self, [tokens("d")], in: context)
    let parameter = try #require(result.parameter(Role(.embedding(.word), .weight)))
    #expect(parameter.storage.kind == .factorized)
    #expect(parameter.storage.uniqueCount == 3 * 4 + 4 * 12)
    let whole = try model.values(.embedding(.word))
    #expect(
      try result.values(.embedding(.word))
        == [0, 1, 6].flatMap { whole[($0 * 12)..<(($0 + 1) * 12)] })
  }
}

/// 28 tokens: two special ones, a full stop, the letters a to q, bc and cd which are made of letters, two Greek ones, and four without text.
private final class LetterVocabulary: VocabularyEditing {
  let count = 28
  let specialIDs = [0, 1]
  let limits = Mutex<[Int]>([])

  var tokens: [String?] {
    let letters = "abcdefghijklmnopq".map { String($0) }
    return ["[PAD]", "[UNK]", "."] + letters + ["bc", "cd", "α", "βγ"] + [nil, nil, nil, nil]
  }

  var texts: [String?] { tokens }

  func frequencies(inFile path: String, threads: Int) throws -> [Int] {
    var counts = [Int](repeating: 0, count: count)
    for (id, count) in [(6, 9), (21, 5), (3, 2), (20, 1)] { counts[id] = count }
    return counts
  }

  func closure(of ids: [Int]) -> [Int] {
    Set(ids + (ids.contains(20) ? [4, 5] : []) + (ids.contains(21) ? [5, 6] : [])).sorted()
  }

  func alphabet(of ids: [Int]) -> [Int] {
    let letters = Set(ids.compactMap { tokens[$0] }.joined().map { String($0) })
    return tokens.indices.filter { tokens[$0].map(letters.contains) ?? false }
  }

  func files(keeping ids: [Int]?, limit: Int?) throws -> [String: [UInt8]] {
    if let limit { limits.withLock { $0.append(limit) } }
    return ids.map { ["vocab.txt": $0.map { UInt8($0) }] } ?? [:]
  }
}
