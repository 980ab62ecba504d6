import Checkpoints
import Documents
import Tensors

/// compressed-tensors: safetensors whose weights are quantized or sparse, as the config.json beside them says. The
/// layouts of GPTQ and AWQ, which are made alike, are read too.
package struct CompressedTensorsFormat: Format {
  package init() {}

  package let name = "compressed-tensors"
  package let summary = "folders with quantized and sparse safetensors; GPTQ and AWQ are read"
  package let extensions = [".safetensors"]
  package let carries: Capabilities = [.reading, .writing, .sharding, .metadata, .folders]
  package let naming = NameStyle.flat
  package let folderNames = ["model.safetensors", "model.safetensors.index.json"]

  /// A file looks like any safetensors: what lies beside it tells.
  package func recognizes(_ prefix: [UInt8], path: String) -> Bool { false }

  package func reinterprets(_ format: any Format, at path: String) throws -> Bool {
    try format.name == SafetensorsFormat().name && CompressionConfiguration(beside: path) != nil
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    var container = try SafetensorsFormat().read(path, options: options)
    guard let configuration = try CompressionConfiguration(beside: path) else {
      throw Failure(CompressedTensorsReason.noConfiguration, at: Place(file: path))
    }
    container.format = name
    var assembly = WeightAssembly(container.tensors, configuration)
    do {
      container.tensors = try assembly.tensors()
    } catch let failure as Failure {
      throw failure.within(Place(file: path))
    }
    container.diagnostics += assembly.diagnostics
    return container
  }

  /// Uniform codes, and masks over them or over floating-point values.
  package func holds(_ storage: Storage, of shape: Shape) -> Bool {
    switch storage {
    case .dense: true
    case .quantized(let codes, let scheme): UniformCodes(codes, scheme, of: shape) != nil
    case .sparse(let mask, let values): Survivors(mask, values, of: shape) != nil
    default: false
    }
  }

  package func plainConfiguration(_ configuration: JSON) -> JSON {
    guard let members = configuration.members else { return configuration }
    return .object(members.filter { !CompressionConfiguration.keys.contains($0.key) })
  }

  package func configuration(_ configuration: JSON, for container: Container) throws -> JSON {
    guard let members = configuration.members,
      let settings = try CompressedFolder(container).configuration
    else { return configuration }
    return .object(members + [("quantization_config", settings)])
  }

  package func write(
    _ container: Container, to output: OutputTransaction, options: WriteOptions
  ) throws {
    try SafetensorsFormat().write(
      CompressedFolder(container).container, to: output, options: options)
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    try SafetensorsFormat().plannedFiles(CompressedFolder(container).container, options: options)
  }
}

/// Puts the weights of modules together from the tensors of a file.
struct WeightAssembly {
  private let stored: [NamedTensor]
  private let configuration: CompressionConfiguration
  private(set) var diagnostics: [Diagnostic] = []

  init(_ stored: [NamedTensor], _ configuration: CompressionConfiguration) {
    self.stored = stored
    self.configuration = configuration
  }

  /// In the order of the file, each composed weight in the place of the first of its parts; what is no part of one
  /// stays as it is.
  mutating func tensors() throws -> [NamedTensor] {
    let usual: Set<String>
    if case .compressedTensors = configuration {
      usual = CompressedModule.usual
    } else {
      usual = CompressedModule.transposed
    }
    var parts: [String: [String: NamedTensor]] = [:]
    for tensor in stored {
      let (module, part) = Self.split(tensor.name)
      if usual.contains(part) { parts[module, default: [:]][part] = tensor }
    }
    var result: [NamedTensor] = []
    var done: Set<String> = []
    var activations = 0
    for tensor in stored {
      let (name, part) = Self.split(tensor.name)
      let module = CompressedModule(
        name: name, parts: parts[name, default: [:]].mapValues(\.tensor))
      guard let kind = module.kind else {
        result.append(tensor)
        continue
      }
      if CompressedModule.activations.contains(part) {
        activations += 1
      } else if !usual.contains(part) {
        result.append(tensor)
      } else if done.insert(name).inserted {
        let byteCount = module.parts.values.reduce(0) { $0 + $1.byteCount }
        result.append(try weight(of: module, kind, byteCount: byteCount))
      }
    }
    if activations > 0 {
      diagnostics.append(
        Diagnostic(
          .note, .skipped,
          "\(activations) scales of activations are left out: weights alone are read")
      )
    }
    return result
  }

  private func weight(
    of module: CompressedModule, _ kind: CompressedModule.Kind, byteCount: Int
  ) throws -> NamedTensor {
    do {
      let weight: CompressedModule.Weight
      switch (configuration, kind) {
      case (.compressedTensors(let settings), .sparse):
        weight = try module.sparseWeight(settings)
      case (.compressedTensors(let settings), _): weight = try module.quantizedWeight(settings)
      case (.gptq(let settings), _): weight = try module.gptqWeight(settings)
      case (.awq(let settings), _): weight = try module.awqWeight(settings)
      }
      return NamedTensor(
        module.weightName, weight.storage, weight.shape, as: weight.elementType,
        byteCount: byteCount)
    } catch let failure as Failure {
      throw failure.within(Place(tensor: module.weightName))
    }
  }

  /// The module and the last component of a name.
  private static func split(_ name: String) -> (module: String, part: String) {
    guard let dot = name.lastIndex(of: ".") else { return ("", name) }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }
}
