import Checkpoints
import Kernels
import Tensors

/// In what a GGUF file holds each tensor, by the rules of llama.cpp: vectors, norms, and the tables of
/// positions and types are single-precision numbers whatever the others are, since its operations take
/// nothing else; only weights are rounded to blocks; rows that blocks do not divide are half-precision numbers.
struct GGUFEncodings {
  /// The blocks that were asked for.
  let blocks: BlockType?

  /// Tensors as they are going to be written, and what is to be said of those that are not in the blocks
  /// that were asked for.
  func encode(_ tensors: [NamedTensor]) -> (tensors: [NamedTensor], notes: [Diagnostic]) {
    var undivided: [String] = []
    var single: [String] = []
    let encoded = tensors.map { tensor in
      if let held = keepingBlocks(tensor) { return held }
      let type = tensor.tensor.elementType
      guard type.isFloat else { return tensor.asDense }
      if isSingle(tensor) {
        // Doubles lose something by it, so that it must be asked for.
        guard blocks != nil || [.f16, .bf16].contains(type) else { return tensor.asDense }
        single.append(tensor.name)
        return NamedTensor(tensor.name, tensor.tensor.cast(to: .f32))
      }
      guard let blocks else { return tensor.asDense }
      guard let row = tensor.tensor.shape.lengths.last, row % blocks.elementCount == 0 else {
        undivided.append(tensor.name)
        return NamedTensor(tensor.name, tensor.tensor.cast(to: .f16))
      }
      let count = tensor.tensor.elementCount / blocks.elementCount
      return NamedTensor(
        tensor.name, tensor.tensor, in: blocks, byteCount: count * blocks.byteCount)
    }
    return (encoded, notes(single: single, undivided: undivided))
  }

  /// The tensor in the blocks in which it was read, where it is not to be put into others.
  private func keepingBlocks(_ tensor: NamedTensor) -> NamedTensor? {
    guard let source = tensor.tensor.source as? BlockSource,
      blocks == nil || blocks == source.type || isSingle(tensor)
    else { return nil }
    return NamedTensor(
      tensor.name, tensor.tensor, in: source.type, byteCount: source.blocks.byteCount)
  }

  private func isSingle(_ tensor: NamedTensor) -> Bool {
    let name = tensor.name
    return tensor.tensor.shape.rank <= 1 || name.hasSuffix("_norm.weight")
      || Self.singleTables.contains(name) || blocks != nil && !name.hasSuffix(".weight")
  }

  private static let singleTables: Set = ["position_embd.weight", "token_types.weight"]

  private func notes(single: [String], undivided: [String]) -> [Diagnostic] {
    func note(_ names: [String], _ text: String) -> [Diagnostic] {
      guard let first = names.first else { return [] }
      let others = names.count > 1 ? " and \(names.count - 1) more" : ""
      return [Diagnostic(.note, .leftWhole, "\(printable(first))\(others): \(text)")]
    }
    return note(single, "written as F32, as llama.cpp asks for")
      + note(
        undivided,
        "written as F16, as blocks of \(blocks?.elementCount ?? 0) do not divide the rows")
  }
}

extension GGUFFormat {
  package func prepared(
    _ container: Container, options: WriteOptions
  ) throws -> (container: Container, notes: [Diagnostic]) {
    let blocks: BlockType?
    switch options.quantization {
    case nil: blocks = nil
    case .blocks(let type) where BlockType.writable.contains(type): blocks = type
    case .blocks(let type): throw Failure(GGUFReason.onlyRead(type))
    case .int8Rows: throw Failure(GGUFReason.noRows)
    }
    var prepared = container
    let (tensors, notes) = GGUFEncodings(blocks: blocks).encode(container.tensors)
    prepared.tensors = tensors
    if let index = prepared.attributes.firstIndex(where: { $0.key == GGUFFileType.key }) {
      prepared.attributes[index].value = GGUFFileType.updated(
        prepared.attributes[index].value, for: tensors)
    }
    return (prepared, notes)
  }
}

/// `general.file_type`: the type that most of a model's matrices are of.
enum GGUFFileType {
  static let key = "general.file_type"

  private static let elements: [ElementType: UInt32] = [.f32: 0, .f16: 1, .bf16: 32]
  /// K-quants have several, by the mixtures in which they are used.
  private static let blocks: [BlockType: [UInt32]] = [
    .q40: [2], .q41: [3], .q80: [7], .q50: [8], .q51: [9], .q2K: [10, 21], .q3K: [12, 11, 13],
    .q4K: [15, 14], .q5K: [17, 16], .q6K: [18], .iq4NL: [25],
  ]

  /// The value for tensors, which stays where it is right already.
  static func updated(_ value: Attribute, for tensors: [NamedTensor]) -> Attribute {
    var counts: [[UInt32]: Int] = [:]
    for tensor in tensors where tensor.tensor.shape.rank > 1 {
      let numbers =
        tensor.blocks.map { blocks[$0] } ?? elements[tensor.tensor.elementType].map { [$0] }
      if let numbers { counts[numbers, default: 0] += tensor.tensor.elementCount }
    }
    let most = counts.max { ($0.value, $1.key[0]) < ($1.value, $0.key[0]) }
    guard let fitting = most?.key, !fitting.contains(where: { value.integer == Int($0) }) else {
      return value
    }
    return .uint32(fitting[0])
  }
}
