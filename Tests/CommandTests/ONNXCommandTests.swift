import Foundation
import TestSupport
import Testing

/// Models as graphs: what is written holds the same weights, and refuses what has no graph. That ONNX Runtime gives PyTorch's
/// results with them is checked by `samples/check_onnx.py`.
@Suite struct ONNXCommandTests {
  private let folder = try! TemporaryFolder()

  @Test(arguments: [
    "bert-tiny", "heads/model", "heads/masked-lm", "heads/sequence-classification",
    "heads/token-classification", "heads/question-answering", "heads/multiple-choice",
    "heads/next-sentence", "families/roberta-masked-lm", "families/distilbert-masked-lm",
    "families/electra-pretraining", "families/albert-pretraining",
    "families/albert-sequence-classification",
  ])
  func graphsHoldTheModelsWeights(_ sample: String) throws {
    let out = "\(folder.path)/\(sample.replacing("/", with: "-"))/"
    let result = try pare("convert", "samples/\(sample)", "-o", out, "--to", "onnx", "--quiet")
    #expect(result.status == 0, "\(result.errors)")
    let difference = try pare("diff", "samples/\(sample)", "\(out)model.onnx")
    #expect(difference.status == 0, "\(difference.output)")
    let notes = try pare("inspect", "\(out)model.onnx").output
    #expect(notes.contains("constants of the graph are left out"))
  }

  /// The graph of every family is written from every container.
  @Test func oneGraphFromEveryContainer() throws {
    let outs = ["bert-tiny-tf", "pytorch/bert-tiny.bin"].map { sample in
      (sample, "\(folder.path)/\(sample.replacing("/", with: "-")).onnx")
    }
    for (sample, out) in outs {
      let copy = "\(folder.path)/x-\(sample.replacing("/", with: "-"))"
      try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: true)
      let source = sample.hasSuffix(".bin") ? "pytorch/bert-tiny.bin" : "bert-tiny-tf/tf_model.h5"
      let name = sample.hasSuffix(".bin") ? "pytorch_model.bin" : "tf_model.h5"
      try FileManager.default.copyItem(atPath: Places.sample(source), toPath: "\(copy)/\(name)")
      try FileManager.default.copyItem(
        atPath: Places.sample("bert-tiny/config.json"), toPath: "\(copy)/config.json")
      let result = try pare("convert", copy, "-o", out, "--quiet")
      #expect(result.status == 0, "\(result.errors)")
    }
    #expect(try bytes(of: outs[0].1) == bytes(of: outs[1].1))
  }

  @Test func refusesWhatHasNoGraph() throws {
    let student = try pare(
      "convert", "samples/bilstm/last-state", "-o", "\(folder.path)/x.onnx")
    #expect(student.status != 0 && student.errors.contains("known of transformer encoders only"))
    let part = try pare(
      "convert", "samples/bert-tiny", "-o", "\(folder.path)/x.onnx", "--except", "pooler")
    #expect(part.status == 3 && part.errors.contains("pooler.weight"))
    let lone = try pare(
      "convert", "samples/pytorch/bert-tiny.bin", "-o", "\(folder.path)/x.onnx")
    #expect(lone.status == 3 && lone.errors.contains("number of attention heads"))
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/x.onnx"))
  }
}
