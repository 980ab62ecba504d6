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
  package let carries: Capabilities = [
    .reading, .writing, .sharding, .metadata, .folders, .composition,
  ]
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
