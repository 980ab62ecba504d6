import Checkpoints
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Formats

/// Thousands of damaged files at every reader: `make fuzz`, or PARE_FUZZ=rounds; PARE_FUZZ_ONLY=pytorch,gguf of some formats. Without that it does
/// nothing; the suites of each format throw 300 each.
@Suite(.serialized) struct FuzzTests {
  private static let rounds = Int(ProcessInfo.processInfo.environment["PARE_FUZZ"] ?? "") ?? 0
  /// What the names of samples begin with, commas between; nil for all.
  private static let wanted = ProcessInfo.processInfo.environment["PARE_FUZZ_ONLY"]?
    .split(separator: ",")
  private static let seed = UInt64(ProcessInfo.processInfo.environment["PARE_FUZZ_SEED"] ?? "") ?? 1

  @Test(
    .enabled(if: rounds > 0),
    arguments: samples)
  func damagedFilesAreReadOrRefused(_ sample: String, _ name: String) throws {
    let folder = try TemporaryFolder()
    let source = Places.sample(sample)
    // What an index speaks of lies beside it.
    let home = URL(fileURLWithPath: source).deletingLastPathComponent().path
    if name.hasSuffix(".json") || name.hasSuffix(".index") {
      for shard in try FileManager.default.contentsOfDirectory(atPath: home) {
        _ = try folder.file(shard, bytes(of: "\(home)/\(shard)"))
      }
    }
    let whole = try bytes(of: source)
    var generator = SeededGenerator(seed: Self.seed)
    var refused = 0
    for round in 0..<Self.rounds {
      let path = try folder.file(name, mutated(whole, using: &generator))
      do {
        let container = try FormatList.recognize(path).read(path, options: ReadOptions())
        for tensor in container.tensors where tensor.tensor.byteCount < 1 << 24 {
          _ = try tensor.tensor.withBytes { $0.count }
        }
      } catch {
        #expect(error is Failure, "\(sample), seed \(Self.seed), round \(round): \(error)")
        refused += 1
      }
    }
    print(
      "\(sample): \(Self.rounds) damaged files, \(refused) refused, none crashed (seed \(Self.seed))"
    )
  }

  private static let samples: [(String, String)] = [
    ("bert-tiny/model.safetensors", "x.safetensors"),
    ("bert-tiny-sharded/model.safetensors.index.json", "model.safetensors.index.json"),
    ("heads/model/tf_model.h5", "x.h5"), ("keras-hub-preset/model.weights.h5", "x.weights.h5"),
    ("keras-hub/backbone.keras", "x.keras"), ("hdf5/chunked.h5", "x.hdf5"),
    ("pare/storages-1.pare.safetensors", "x.pare.safetensors"),
    ("pytorch/kinds.pt", "x.pt"), ("pytorch/kinds-old.pt", "x.pt"),
    ("pytorch/training.pt", "x.pt"),
    ("pytorch/sharded/pytorch_model.bin.index.json", "pytorch_model.bin.index.json"),
    ("numpy/kinds.npz", "x.npz"), ("numpy/packed.npz", "x.npz"), ("numpy/array.npy", "x.npy"),
    ("onnx/bert-tiny.onnx", "x.onnx"), ("onnx/kinds.onnx", "x.onnx"),
    ("onnx/int8.onnx", "x.onnx"),
    ("tf-checkpoint/google/bert_model.ckpt.index", "bert_model.ckpt.index"),
    ("tf-checkpoint/partitioned/compressed-blocks.index", "compressed-blocks.index"),
    ("gguf/types.gguf", "x.gguf"), ("gguf/bert-tiny.gguf", "x.gguf"),
    ("ctranslate2/bert-int8/model.bin", "model.bin"), ("fairseq/packed.pt", "x.pt"),
  ].filter { sample, _ in wanted?.contains { sample.hasPrefix($0) } ?? true }
}
