import Checkpoints
import Tensors

/// Puts the weights of modules together from the tensors of a file.
struct WeightAssembly {
  private let stored: [NamedTensor]
  private let configuration: CompressionConfiguration
  private var activationScales = 0

  init(_ stored: [NamedTensor], _ configuration: CompressionConfiguration) {
    self.stored = stored
    self.configuration = configuration
  }

  /// In the order of the file, each composed weight in the place of the first of its parts; what is no part of one
  /// stays as it is.
  mutating func tensors() throws -> [NamedTensor] {
    let modules = modules
    var result: [NamedTensor] = []
    var done: Set<String> = []
    for tensor in stored {
      let (name, part) = Self.split(tensor.name)
      guard let module = modules[name], let kind = module.kind else {
        result.append(tensor)
        continue
      }
      if CompressedModule.activations.contains(part) {
        activationScales += 1
      } else if !partNames.contains(part) {
        try checkName(tensor.name, of: module, kind)
        result.append(tensor)
      } else if done.insert(name).inserted {
        result.append(try weight(of: module, kind))
      }
    }
    return result
  }

  /// What was left out.
  var diagnostics: [Diagnostic] {
    guard activationScales > 0 else { return [] }
    let message = "\(activationScales) scales of activations are left out: weights alone are read"
    return [Diagnostic(.note, .skipped, message)]
  }

  private var partNames: Set<String> {
    if case .compressedTensors = configuration.method { return CompressedModule.usual }
    return CompressedModule.transposed
  }

  /// The modules by their names, with what may be parts of their weights.
  private var modules: [String: CompressedModule] {
    let names = partNames
    var parts: [String: [String: Tensor]] = [:]
    for tensor in stored {
      let (module, part) = Self.split(tensor.name)
      if names.contains(part) { parts[module, default: [:]][part] = tensor.tensor }
    }
    return Dictionary(
      uniqueKeysWithValues: parts.map { ($0, CompressedModule(name: $0, parts: $1)) })
  }

  /// Fails where a tensor has the name that the composed weight gets.
  private func checkName(
    _ name: String, of module: CompressedModule, _ kind: CompressedModule.Kind
  ) throws {
    guard name == module.weightName else { return }
    throw Failure(
      CompressedTensorsReason.several(kind.rawValue, "weight"), at: Place(tensor: name))
  }

  private func weight(
    of module: CompressedModule, _ kind: CompressedModule.Kind
  ) throws -> NamedTensor {
    do {
      let weight: CompressedModule.Weight
      switch (configuration.method, kind) {
      case (.compressedTensors(let settings), .sparse):
        weight = try module.sparseWeight(settings)
      case (.compressedTensors(let settings), _): weight = try module.quantizedWeight(settings)
      case (.gptq(let settings), _): weight = try module.gptqWeight(settings)
      case (.awq(let settings), _): weight = try module.awqWeight(settings)
      }
      return NamedTensor(
        module.weightName, weight.storage, weight.shape, as: elementType(of: weight),
        byteCount: module.parts.values.reduce(0) { $0 + $1.byteCount })
    } catch let failure as Failure {
      throw failure.within(Place(tensor: module.weightName))
    }
  }

  /// Numbers that a narrower type would round are kept: scales may be of one, where the model is not.
  private func elementType(of weight: CompressedModule.Weight) -> ElementType {
    guard let type = configuration.elementType, weight.isQuantized,
      type.bitWidth > weight.elementType.bitWidth
    else { return weight.elementType }
    return type
  }

  /// The module and the last component of a name.
  private static func split(_ name: String) -> (module: String, part: String) {
    guard let dot = name.lastIndex(of: ".") else { return ("", name) }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }
}
