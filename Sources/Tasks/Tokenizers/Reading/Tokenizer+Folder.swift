import Documents
import Tensors

extension Tokenizer {
  /// Reads the tokenizer of a model's folder.
  ///
  /// A tokenizer.json is complete in itself; without one, vocab.txt makes a tokenizer of BERT's kind,
  /// vocab.json and merges.txt one of RoBERTa's, with the settings of tokenizer_config.json. Special
  /// tokens are named by tokenizer_config.json and special_tokens_map.json.
  ///
  /// - Throws: ``Failure`` if there is no vocabulary, or something in the files is wrong or unknown.
  public init(folder path: String) throws {
    let folder = try TokenizerFolder(path)
    if let file = folder.file("tokenizer.json") {
      try self.init(document: TokenizerDocument(file))
      try overrideNormalizer(folder.configuration)
    } else if let file = folder.file("vocab.txt") {
      try self.init(wordPiece: file, folder)
    } else if let file = folder.file("vocab.json"), let merges = folder.file("merges.txt") {
      try self.init(bytePair: file, merges: merges, folder)
    } else {
      let spm = ["sentencepiece.bpe.model", "spiece.model", "tokenizer.model"]
      if let name = spm.first(where: { folder.file($0) != nil }) {
        throw Failure(TokenizerReason.onlySentencePiece(name), at: Place(file: path))
      }
      throw Failure(TokenizerReason.noVocabulary, at: Place(file: path))
    }
    try addTokens(folder.addedTokens() + folder.specialTokens(), file: path)
    if let id = postProcessor.specialIDs.first(where: { $0 >= vocabularySize }) {
      throw Failure(TokenizerReason.idOutOfRange(Int(id)), at: Place(file: path))
    }
    modelLimit = folder.modelLimit()
    specialTokens = try findSpecialTokens(folder)
  }

  // MARK: tokenizer.json

  init(document: TokenizerDocument) throws {
    let settings = Setting(document.settings, name: "", file: document.path)
    self.init(model: try SubwordModel(document, settings.require("model")))
    normalizer = try settings["normalizer"].map { try Normalizer($0) }
    preTokenizer = try settings["pre_tokenizer"].map { try PreTokenizer($0) }
    postProcessor = try settings["post_processor"].map { try PostProcessor($0) } ?? postProcessor
    let added = try settings["added_tokens"]?.elements() ?? []
    try addTokens(added.map { try AddedToken($0) }, file: document.path)
  }

  /// The case and accents of BERT's normalizer are those of tokenizer_config.json where it names them.
  private mutating func overrideNormalizer(_ configuration: Setting) throws {
    guard case .bert(var bert) = normalizer else { return }
    if let lowercases = try configuration["do_lower_case"]?.bool(), lowercases != bert.lowercases {
      (bert.lowercases, bert.stripsAccents) = (lowercases, lowercases)
    }
    bert.stripsAccents = try configuration.bool("strip_accents", or: bert.stripsAccents)
    bert.spacesIdeographs = try configuration.bool(
      "tokenize_chinese_chars", or: bert.spacesIdeographs)
    normalizer = .bert(bert)
  }

  // MARK: vocab.txt

  private init(wordPiece file: String, _ folder: TokenizerFolder) throws {
    let configuration = folder.configuration
    try Self.checkClass(configuration, known: Self.wordPieceClasses)
    let names = try SpecialTokenNames.bert(folder)
    let vocabulary = try Vocabulary(lines: file)
    do throws(TokenizerReason) {
      self.init(
        model: .wordPiece(
          try WordPieceModel(vocabulary, unknown: names.unk, prefix: "##", scalarLimit: 100)))
    } catch {
      throw Failure(error, at: Place(file: file))
    }
    let lowercases = try configuration.bool("do_lower_case", or: true)
    normalizer = .bert(
      BERTNormalizer(
        spacesIdeographs: try configuration.bool("tokenize_chinese_chars", or: true),
        stripsAccents: try configuration.bool("strip_accents", or: lowercases),
        lowercases: lowercases))
    preTokenizer = .bert
    try addTokens(names.tokens.filter { vocabulary.id(of: $0.content) != nil }, file: file)
    postProcessor = .bert(
      start: try require(names.cls, .cls, file), end: try require(names.sep, .sep, file))
  }

  private static let wordPieceClasses = [
    "BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "DistilBertTokenizerFast",
    "ElectraTokenizer", "ElectraTokenizerFast", "MobileBertTokenizer", "MobileBertTokenizerFast",
  ]

  // MARK: vocab.json and merges.txt

  private init(bytePair file: String, merges: String, _ folder: TokenizerFolder) throws {
    let configuration = folder.configuration
    try Self.checkClass(configuration, known: Self.bytePairClasses)
    let names = try SpecialTokenNames.roberta(folder)
    let vocabulary = try Vocabulary(object: file)
    self.init(
      model: .bytePair(
        BytePairModel(vocabulary: vocabulary, merges: try MergeTable(lines: merges, vocabulary))))
    let addsPrefixSpace = try configuration.bool("add_prefix_space", or: false)
    preTokenizer = .byteLevel(ByteLevel(addsPrefixSpace: addsPrefixSpace))
    try addTokens(names.tokens.filter { vocabulary.id(of: $0.content) != nil }, file: file)
    postProcessor = .roberta(
      start: try require(names.cls, .cls, file), end: try require(names.sep, .sep, file),
      trimsRanges: try configuration.bool("trim_offsets", or: true),
      addsPrefixSpace: addsPrefixSpace)
  }

  private static let bytePairClasses = [
    "RobertaTokenizer", "RobertaTokenizerFast", "LongformerTokenizer", "LongformerTokenizerFast",
    "BartTokenizer", "BartTokenizerFast",
  ]

  /// Files without a tokenizer.json say by the name of a class how they are put together.
  private static func checkClass(_ configuration: Setting, known: [String]) throws(Failure) {
    guard let name = try configuration["tokenizer_class"]?.string() else { return }
    guard known.contains(name) else {
      throw try configuration.require("tokenizer_class").unsupported(name, known: known)
    }
  }

  private func require(
    _ token: String, _ role: SpecialTokenRole, _ file: String
  ) throws(Failure) -> Int32 {
    guard let id = id(of: token) else {
      throw Failure(
        TokenizerReason.notInVocabulary(token, role: role.rawValue), at: Place(file: file))
    }
    return id
  }

  // MARK: Added tokens

  /// Adds tokens that are not there yet: under the id that the vocabulary has for them, or the next.
  private mutating func addTokens(_ tokens: [AddedToken], file: String) throws(Failure) {
    let count = Int32(model.tokenCount)
    var next = max(count, addedContents.keys.max().map { $0 + 1 } ?? count)
    for token in tokens where !token.content.isEmpty && addedIDs[token.content] == nil {
      let known = model.vocabulary.id(of: token.content)
      let id = known ?? next
      if known == nil { next += 1 }
      addedIDs[token.content] = id
      addedContents[id] = token.content
      vocabularySize = max(vocabularySize, Int(id) + 1)
      do throws(TokenizerReason) {
        if token.isNormalized {
          try normalizedTokens.add(token, id: id, pattern: normalized(token.content))
        } else {
          try exactTokens.add(token, id: id, pattern: [UInt8](token.content.utf8))
        }
      } catch {
        throw Failure(error, at: Place(file: file))
      }
    }
  }

  private func normalized(_ content: String) -> [UInt8] {
    var text = NormalizedText([UInt8](content.utf8))
    normalizer?.apply(to: &text)
    return text.bytes
  }

  // MARK: Special tokens

  private func findSpecialTokens(_ folder: TokenizerFolder) throws(Failure) -> SpecialTokens {
    func find(_ roles: [SpecialTokenRole], _ usual: [String]) throws(Failure) -> Int32? {
      for role in roles {
        if let token = try folder.specialToken(role.rawValue), let id = id(of: token.content) {
          return id
        }
      }
      for token in usual { if let id = id(of: token) { return id } }
      return nil
    }
    let outermost = postProcessor.outermost
    let first = try find([.cls], []) ?? outermost?.first
    let last = try find([.sep], []) ?? outermost?.last
    return SpecialTokens(
      mask: try find([.mask], ["[MASK]", "<mask>"]), pad: try find([.pad], ["[PAD]", "<pad>"]),
      cls: first != nil ? first : try find([.bos], ["[CLS]", "<s>"]),
      sep: last != nil ? last : try find([.eos], ["[SEP]", "</s>"]),
      unk: try find([.unk], ["[UNK]", "<unk>"]))
  }
}
