import Checkpoints
import Dialects
import Formats
import Passes
import Tensors
import TestSupport
import Testing

/// The small BERT of the samples.
func bertTiny() throws -> Checkpoint {
  let path = Places.sample("bert-tiny")
  return try Dialects.interpret(
    SafetensorsFormat().read("\(path)/model.safetensors", options: ReadOptions()),
    configuration: Configuration(reading: "\(path)/config.json"))
}

extension Checkpoint {
  /// What a pass with some options makes of the checkpoint.
  func applying<P: Pass>(
    _: P.Type, _ options: [(String, String)], threads: Int = 1, statistics: Statistics? = nil
  ) throws -> Checkpoint {
    let arguments = try PassArguments(
      of: P.declaration,
      (options + (statistics == nil ? [] : [("statistics", "here")])).map { ($0.0, [$0.1]) })
    let context = PassContext(threads: threads, openStatistics: { _ in try #require(statistics) })
    return try P(arguments).apply(to: self, in: context)
  }

  /// The checkpoint with the values of some parameters replaced.
  func replacing(_ body: (Parameter) -> Storage?) -> Checkpoint {
    var result = self
    for (index, parameter) in parameters.enumerated() {
      if let storage = body(parameter) { result.parameters[index] = parameter.holding(storage) }
    }
    return result
  }

  /// The parameters whose role's path begins so.
  func parameters(under path: String) -> [Parameter] {
    parameters.filter { $0.role.description.hasPrefix(path) }
  }

  func parameter(at path: String) throws -> Parameter {
    try #require(parameters.first { $0.role.description == path })
  }

  /// All bytes of all storages.
  func storedBytes() throws -> [[UInt8]] {
    try parameters.flatMap { try $0.storage.tensors.map { try $0.allBytes() } }
  }
}

extension Parameter {
  func values() throws -> [Float] { try storage.values(of: shape) }

  var isLinear: Bool {
    guard role.kind == .weight, case .layer(_, let part) = role.module else { return false }
    return part != .attentionNorm && part != .outputNorm
  }
}

extension Statistics {
  /// Statistics in memory, of any model.
  init(_ tensors: [(String, Tensor)]) throws {
    try self.init(
      Container(
        format: "safetensors", files: [], byteCount: 0,
        tensors: tensors.map { NamedTensor($0.0, $0.1) },
        metadata: [("schema", Statistics.schema)]))
  }
}

extension Failure {
  /// What a body throws.
  init?(of body: () throws -> Void) {
    do {
      try body()
      return nil
    } catch let failure as Failure {
      self = failure
    } catch {
      return nil
    }
  }
}
