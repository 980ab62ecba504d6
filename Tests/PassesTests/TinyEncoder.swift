import Checkpoints
import Documents
import Kernels
import Passes
import Tensors
import TestSupport

/// The smallest model of a family in which no two lengths are the same: 3 layers of 3 heads, 12 wide.
struct TinyEncoder {
  var family = EncoderFamily.bert
  var head = Head.none
  var positions = 16
  /// Added to what `config.json` says.
  var configuration: [(key: String, value: JSON)] = []

  /// - Parameter optional: the roles, among those that such a model may do without, that it has.
  func checkpoint(with optional: [Role] = []) throws -> Checkpoint {
    let isShared = family == .albert
    let isProjected = family == .electra || family == .albert
    let shape = LayerShape(heads: 3, attention: 12, intermediate: 20)
    let encoder = EncoderArchitecture(
      family: family, layers: Array(repeating: shape, count: 3), storedLayers: isShared ? 1 : 3,
      hidden: 12, embedding: isProjected ? 6 : 12, vocabulary: 30, positions: positions,
      types: family == .distilbert ? 0 : 2, head: head)
    let parameters = encoder.requirements.filter { !$0.isOptional || optional.contains($0.role) }
      .map { requirement in
        let shape = Shape(requirement.lengths.map { $0 ?? 5 })
        let values = Tensor.seeded(shape, "\(requirement.role)")
        return Parameter(
          role: requirement.role, name: "\(requirement.role)", storage: .dense(values),
          shape: shape, stored: values)
      }
    let members: [(key: String, value: JSON)] = [
      ("model_type", .string(family.rawValue)), ("num_attention_heads", 3),
      ("num_hidden_layers", 3), ("hidden_size", 12), ("intermediate_size", 20),
      ("vocab_size", 30), ("max_position_embeddings", .integer(positions)),
    ]
    return Checkpoint(
      architecture: .encoder(encoder), dialect: family.rawValue, parameters: parameters,
      buffers: [], copies: [], unmapped: [],
      container: Container(format: "memory", files: ["model"], byteCount: 0, tensors: []),
      configuration: try Configuration(
        path: "config.json", document: .object(members + configuration)), diagnostics: [])
  }
}

extension Tensor {
  /// F32 values that depend on a text.
  static func seeded(_ shape: Shape, _ seed: String) -> Tensor {
    var state = seed.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    return Tensor(
      (0..<shape.elementCount).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return Float(state >> 8) / Float(1 << 24) - 0.5
      }, shape)
  }
}

extension Checkpoint {
  /// What a pass makes of it.
  func after(
    _ pass: any Pass.Type, _ options: [(option: String, values: [String])] = [],
    in context: PassContext = PassContext()
  ) throws -> Checkpoint {
    try pass.init(PassArguments(of: pass.declaration, options)).apply(to: self, in: context)
  }

  func values(_ module: Module, _ kind: Role.Kind = .weight) throws -> [Float] {
    let parameter = parameters.first { $0.role == Role(module, kind) }!
    return try parameter.storage.values(of: parameter.shape)
  }

  func shape(_ module: Module, _ kind: Role.Kind = .weight) -> Shape? {
    parameter(Role(module, kind))?.shape
  }
}

extension PassContext {
  /// Whose statistics are these tensors, whatever the path.
  init(statistics tensors: [(String, Tensor)]) {
    self.init(openStatistics: { path in
      try Statistics(
        Container(
          format: "safetensors", files: [path], byteCount: 0,
          tensors: tensors.map { NamedTensor($0.0, $0.1) },
          metadata: [("schema", "pare.statistics/1")]))
    })
  }
}
