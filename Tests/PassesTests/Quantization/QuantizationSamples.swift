import Checkpoints
import Formats
import Passes
import Tensors
import TestSupport

/// A file of `samples/quantization`.
struct QuantizationSamples {
  let byName: [String: Tensor]

  init(_ name: String) throws {
    let path = Places.sample("quantization/\(name).safetensors")
    let container = try SafetensorsFormat().read(path, options: ReadOptions())
    byName = Dictionary(uniqueKeysWithValues: container.tensors.map { ($0.name, $0.tensor) })
  }

  func tensor(_ name: String) throws -> Tensor {
    guard let tensor = byName[name] else { throw MissingSample(name: name) }
    return tensor
  }

  func number(_ name: String) throws -> Double {
    try tensor(name).withBytes { $0.loadUnaligned(as: Double.self) }
  }
}

struct MissingSample: Error { let name: String }

extension Checkpoint {
  /// A model of nothing but some parameters.
  init(_ parameters: [(Role, Storage, Shape)]) {
    self.init(
      architecture: .unknown, dialect: nil,
      parameters: parameters.map { role, storage, shape in
        Parameter(
          role: role, name: "\(role)", storage: storage, shape: shape,
          stored: storage.tensor(of: shape, as: .f32))
      }, buffers: [], copies: [], unmapped: [],
      container: Container(format: "test", files: ["model.test"], byteCount: 0, tensors: []),
      configuration: nil, diagnostics: [])
  }

  /// A model of one linear.
  init(linear storage: Storage, _ shape: Shape) {
    self.init([(Role(.layer(0, .query), .weight), storage, shape)])
  }

  /// What `quantize` makes of the model.
  func quantized(_ options: [String: String], threads: Int = 1) throws -> Checkpoint {
    let arguments = try PassArguments(
      of: Quantize.declaration, options.map { ($0.key, [$0.value]) })
    return try Quantize(arguments).apply(to: self, in: PassContext(threads: threads))
  }
}

/// What `quantize` makes of one matrix.
func quantized(
  _ storage: Storage, _ shape: Shape, _ options: [String: String], threads: Int = 1
) throws -> Storage {
  try Checkpoint(linear: storage, shape).quantized(options, threads: threads).parameters[0].storage
}

/// Normal numbers, the same each time.
func normal(_ count: Int, seed: UInt64) -> [Float] {
  var generator = SeededGenerator(seed: seed)
  return (0..<count).map { _ in
    (0..<12).reduce(Float(-6)) { sum, _ in sum + Float.random(in: 0..<1, using: &generator) }
  }
}
