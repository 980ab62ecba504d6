import Documents
import TestSupport
import Testing

/// Models whose weights or settings cannot be what they say: refused with the place, never run.
@Suite struct HostileModelTests {
  private let classifier = "encoders/bert/sequence-classification"

  private func evaluate(
    _ model: EditedModel, _ options: String...
  ) throws -> (status: Int32, output: String, errors: String) {
    let task = try model.folder.file(
      "dev.tsv", Array("sentence\tlabel\nfun\tpositive\nbad\tnegative\n".utf8))
    let result = try runPare(["evaluate", model.path, "--task", task] + options)
    return (result.status, result.output, result.errors)
  }

  @Test(
    arguments: [
      "bert.encoder.layer.0.attention.self.query.weight", "classifier.weight",
      "bert.embeddings.word_embeddings.weight", "bert.encoder.layer.1.output.LayerNorm.bias",
    ], ["I16", "U16"])
  func integersWhereFloatsBelong(_ tensor: String, _ type: String) throws {
    let model = try EditedModel(classifier)
    try model.call(tensor, type)
    for compute in ["exact", "int8"] {
      let result = try evaluate(model, "--compute", compute)
      #expect(result.status == 3, "\(result.errors)")
      #expect(result.errors.contains("tensor '\(tensor)'") && result.errors.contains(type))
    }
  }

  @Test(
    arguments: [
      ("layer_norm_eps", JSON.number(1e300)), ("layer_norm_eps", "1e-12"), ("layer_norm_eps", -1),
      ("hidden_act", 3), ("is_decoder", true),
    ] as [(String, JSON)])
  func settingsThatCannotBe(_ key: String, _ value: JSON) throws {
    let model = try EditedModel(classifier)
    try model.configure([(key, value)])
    let result = try evaluate(model)
    #expect(result.status == 3 && result.output.isEmpty)
    #expect(
      result.errors.contains("config.json") && result.errors.contains(key), "\(result.errors)")
  }

  @Test(arguments: [-1, 25, 26, 1 << 40])
  func aPaddingTokenWithoutAPosition(_ token: Int) throws {
    let model = try EditedModel("encoders/roberta/sequence-classification")
    try model.configure([("pad_token_id", .integer(token))])
    let result = try evaluate(model)
    #expect(result.status == 3, "\(result.errors)")
  }

  @Test func headsThatDoNotDivideTheWidth() throws {
    let model = try EditedModel(classifier)
    try model.configure([("num_attention_heads", 5)])
    let result = try evaluate(model)
    #expect(result.status == 3 && result.errors.contains("config.json says 5 for 24"))
    try model.configure([("num_attention_heads", .null)])
    #expect(try evaluate(model).errors.contains("num_attention_heads"))
  }

  @Test func namesOfClassesWithAGap() throws {
    let model = try EditedModel(classifier)
    try model.configure([("id2label", ["0": "negative", "1": "neutral", "9": "positive"])])
    let result = try evaluate(model)
    #expect(result.status == 3 && result.errors.contains("LABEL_2"), "\(result.errors)")
  }

  @Test func whatDoesNotAgreeIsSaid() throws {
    let model = try EditedModel(classifier)
    try model.configure([("num_hidden_layers", 3)])
    let result = try evaluate(model)
    #expect(result.status == 0 && result.output.contains("config.json says 3 layers"))
    let vectors = try shell("echo fun | pare embed \(model.path)")
    #expect(vectors.errors.contains("config.json says 3 layers"))
    #expect(try shell("echo fun | pare embed -q \(model.path)").errors.isEmpty)
  }

  /// A gain of 65504 in every norm and in the classifier, which a single holds, times itself.
  @Test func resultsBeyondWhatASingleHolds() throws {
    let small = try EditedModel("encoders/sentence/max")
    let model = small.path + "/wide"
    #expect(
      try pare("convert", small.path, "-o", model + "/", "--dtype", "F32").status == 0)
    var weights = try bytes(of: model + "/model.safetensors")
    let header = (0..<8).reduce(0) { $0 | Int(weights[$1]) << (8 * $1) }
    let document = try JSON.parse(Array(weights[8..<(8 + header)]), file: "header")
    let range = document["encoder.layer.1.output.LayerNorm.weight"]!["data_offsets"]!.array!
    for index in range[0].integer!..<range[1].integer! {
      weights[8 + header + index] = [0xFF, 0xFF, 0x7F, 0x7F][index % 4]
    }
    _ = try small.folder.file("wide/model.safetensors", weights)
    let result = try shell(#"printf 'fun\nbad plot\n' | pare embed \#(model)"#)
    #expect(result.status == 3 && result.output.isEmpty)
    #expect(result.errors.contains("standard input: line 1") && result.errors.contains("NaN"))
  }

  @Test func aTextWithoutTokensIsSaidWithItsLine() throws {
    let model = try EditedModel("encoders/sentence/max")
    let tokenizer = try JSON.read(Places.sample("bert-tiny/tokenizer.json")).members ?? []
    let bare = tokenizer.map { $0.key == "post_processor" ? ($0.key, JSON.null) : $0 }
    _ = try model.folder.file("tokenizer.json", Array(JSON.object(bare).text().utf8))
    let result = try shell(#"printf 'fun\n\nbad\n' | pare embed \#(model.path)"#)
    #expect(result.status == 3 && result.errors.contains("standard input: line 2"))
  }

  @Test func questionsThatAreCutAreCounted() throws {
    let model = try EditedModel("encoders/bert/question-answering")
    let question = String(repeating: "fun ", count: 60)
    let text = #"{"id": "1", "question": "\#(question)", "context": "the plot", "answers": []}"#
    let task = try model.folder.file("dev.jsonl", Array((text + "\n").utf8))
    let result = try pare("evaluate", model.path, "--task", task, "--json")
    let report = try JSON.parse(Array(result.output.utf8), file: "output")
    #expect(report["truncated"]!.integer! > 0)
  }

  @Test func predictionsStayInTheirCells() throws {
    let model = try EditedModel(classifier)
    try model.configure([("id2label", ["0": "a\tb", "1": "c\nd", "2": "e"])])
    let lines = #"{"text": "fun", "label": "a\tb"}"# + "\n" + #"{"text": "bad", "label": "c\nd"}"#
    let task = try model.folder.file("dev.jsonl", Array(lines.utf8))
    let result = try pare("evaluate", model.path, "--task", task, "--predictions", "-")
    let rows = result.output.split(separator: "\n").map { $0.split(separator: "\t") }
    #expect(result.status == 0 && rows.map(\.count) == [6, 6, 6], "\(result.output)")
  }
}
