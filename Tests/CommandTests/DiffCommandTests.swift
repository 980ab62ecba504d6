import Foundation
import TestSupport
import Testing

@Suite struct DiffCommandTests {
  private let folder = try! TemporaryFolder()

  /// One model in every container is the same model.
  @Test(arguments: [
    "bert-tiny-tf/tf_model.h5", "bert-tiny-sharded", "bert-tiny-tf-safetensors",
    "pytorch/bert-tiny.bin", "pytorch/bert-tiny-old.bin",
    "pytorch/sharded/pytorch_model.bin.index.json", "numpy/bert-tiny.npz",
  ])
  func oneModelInEveryContainer(_ sample: String) throws {
    let result = try pare("diff", "samples/bert-tiny", "samples/\(sample)")
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    #expect(result.output.contains("the same: 46 tensors, 6,186 values"))
    let digests = try pare("hash", "samples/bert-tiny", "samples/\(sample)", "--quiet").output
    let lines = digests.split(separator: "\n").map { $0.prefix(64) }
    #expect(lines.count == 2 && lines[0] == lines[1])
  }

  @Test func saysWhatIsDifferent() throws {
    let result = try pare("diff", "samples/bert-tiny", "samples/heads/sequence-classification")
    #expect(result.status == 1)
    #expect(
      result.output.contains(
        "different: 7 tensors only in A, 2 tensors only in B, 3 settings of the configuration"))
    #expect(result.output.contains("head.classifier.output.weight  extra"))
    let ignoring = try pare(
      "diff", "samples/bert-tiny", "samples/heads/sequence-classification", "--ignore", "missing",
      "--ignore", "extra", "--ignore", "configuration")
    #expect(ignoring.status == 0)
    #expect(ignoring.output.contains("the same but for what is ignored"))
    let selected = try pare(
      "diff", "samples/bert-tiny", "samples/heads/sequence-classification", "--only", "encoder",
      "--ignore", "configuration")
    #expect(selected.status == 0 && selected.output.contains("the same: 32 tensors"))
  }

  @Test func typesValuesAndTolerance() throws {
    let half = "\(folder.path)/half.safetensors"
    #expect(
      try pare("convert", "samples/bert-tiny", "--dtype", "BF16", "-o", half, "--quiet").status == 0
    )
    let exact = try pare("diff", "samples/bert-tiny", half)
    #expect(exact.status == 1)
    #expect(exact.output.contains("46 tensors of another type, 46 tensors with other values"))
    let loose = try pare(
      "diff", "samples/bert-tiny", half, "--tolerance", "0.01", "--ignore", "types")
    #expect(loose.status == 0 && loose.output.contains("the same within 0.01000 but for"))
    #expect(try pare("diff", "samples/bert-tiny", half, "--tolerance", "-1").status == 2)
  }

  @Test func aVocabularyOfAnother() throws {
    let copy = "\(folder.path)/copy"
    try FileManager.default.copyItem(atPath: Places.sample("bert-tiny"), toPath: copy)
    let path = "\(copy)/vocab.txt"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    var lines = text.components(separatedBy: "\n")
    lines[30] = "another"
    try lines.joined(separator: "\n").write(toFile: path, atomically: true, encoding: .utf8)
    let result = try pare("diff", "samples/bert-tiny", copy)
    #expect(result.status == 1)
    #expect(result.output.contains("vocab.txt: line 31 differs"))
    #expect(result.output.contains("different: the vocabulary"))
  }

  @Test func badInput() throws {
    #expect(try pare("diff", "samples/bert-tiny", "samples/absent").status == 3)
    #expect(try pare("diff", "samples/bert-tiny").status == 2)
    #expect(
      try pare("diff", "samples/bert-tiny", "samples/bert-tiny", "--only", "nothing").status == 2)
  }
}
