import Checkpoints
import Tensors

extension CTranslate2Format {
  package func write(
    _ container: Container, to output: OutputTransaction, options: WriteOptions
  ) throws {
    let layout = try CTranslate2Layout(container)
    let file = try output.makeFile(Self.fileName)
    try file.reserve(layout.byteCount)
    for piece in layout.pieces { try file.write(piece.bytes, at: piece.offset) }
    try file.write(layout.tensors, options: options)
  }

  package func plannedFiles(
    _ container: Container, options: WriteOptions
  ) throws -> [PlannedFile] {
    [PlannedFile(name: Self.fileName, byteCount: try CTranslate2Layout(container).byteCount)]
  }

  /// Weights as int8 with a scale for each row, where that is asked for.
  package func prepared(
    _ container: Container, options: WriteOptions
  ) throws -> (container: Container, notes: [Diagnostic]) {
    switch options.quantization {
    case nil: return (container, [])
    case .blocks(let type): throw Failure(CTranslate2Reason.blocks(type.rawValue))
    case .int8Rows:
      var prepared = container
      prepared.tensors = container.tensors.flatMap { tensor -> [NamedTensor] in
        let (name, values) = (tensor.name, tensor.tensor)
        guard name.hasSuffix(CTranslate2.weightEnding), values.elementType.isFloat,
          values.shape.rank == 2, values.elementCount > 0
        else { return [tensor] }
        let rows = RoundedRows(values)
        return [
          NamedTensor(name, Tensor(.i8, values.shape, source: rows.codes)),
          NamedTensor(
            name + CTranslate2.scaleEnding, Tensor(.f32, [values.shape[0]], source: rows.scales)),
        ]
      }
      return (prepared, [])
    }
  }
}

/// A file laid out: what stands between the data, and where each goes.
private struct CTranslate2Layout {
  private(set) var pieces: [(bytes: [UInt8], offset: Int)] = []
  private(set) var tensors: [PlacedTensor] = []
  private(set) var byteCount = 0

  init(_ container: Container) throws {
    guard let specification = container.attribute(CTranslate2.specification)?.string else {
      throw Failure(CTranslate2Reason.noSpecification)
    }
    let own = [CTranslate2.specification, CTranslate2.revision]
    let numbers = try container.attributes.filter { !own.contains($0.key) }.map(Self.number)
    let variables =
      numbers + container.tensors.map { (name: $0.name, tensor: $0.tensor) }
    var header = StructureBytes()
    header.append(CTranslate2File.version)
    try header.append(specification)
    header.append(UInt32(container.attribute(CTranslate2.revision)?.integer ?? 1))
    header.append(UInt32(variables.count))
    place(header.bytes)
    for (name, tensor) in variables.sorted(by: { $0.name < $1.name }) {
      do {
        place(try Self.record(name, tensor))
      } catch let failure as Failure {
        throw failure.within(Place(tensor: name))
      }
      tensors.append(PlacedTensor(NamedTensor(name, tensor), at: byteCount))
      byteCount += tensor.byteCount
    }
    // No aliases.
    place([0, 0, 0, 0])
  }

  private mutating func place(_ bytes: [UInt8]) {
    pieces.append((bytes, byteCount))
    byteCount += bytes.count
  }

  /// What stands before the data of a variable.
  private static func record(_ name: String, _ tensor: Tensor) throws -> [UInt8] {
    guard let type = CTranslate2File.types.firstIndex(of: tensor.elementType) else {
      throw Failure(FormatReason.noSuchTensorType(tensor.elementType, format: "ctranslate2"))
    }
    guard let size = UInt32(exactly: tensor.byteCount) else {
      throw Failure(CTranslate2Reason.tooLarge(tensor.byteCount))
    }
    var record = StructureBytes()
    try record.append(name)
    record.append(UInt8(tensor.shape.rank))
    for length in tensor.shape.lengths { record.append(UInt32(length)) }
    record.append(UInt8(type))
    record.append(size)
    return record.bytes
  }

  /// A single number as a variable.
  private static func number(
    _ attribute: (key: String, value: Attribute)
  ) throws -> (name: String, tensor: Tensor) {
    func single(_ type: ElementType, _ number: some BitwiseCopyable) -> Tensor {
      Tensor(type, [], source: MemorySource(withUnsafeBytes(of: number) { [UInt8]($0) }))
    }
    let tensor: Tensor
    switch attribute.value {
    case .int8(let value): tensor = single(.i8, value)
    case .int16(let value): tensor = single(.i16, value.littleEndian)
    case .int32(let value): tensor = single(.i32, value.littleEndian)
    case .float32(let value): tensor = single(.f32, value)
    case .bool(let value): tensor = single(.i8, value ? 1 : 0 as Int8)
    default: throw Failure(CTranslate2Reason.noNumber(attribute.key))
    }
    return (attribute.key, tensor)
  }
}

/// Appends numbers and names as the format has them.
private struct StructureBytes {
  var bytes: [UInt8] = []

  mutating func append(_ value: some FixedWidthInteger & BitwiseCopyable) {
    withUnsafeBytes(of: value.littleEndian) { bytes += $0 }
  }

  mutating func append(_ name: String) throws {
    guard let length = UInt16(exactly: name.utf8.count + 1) else {
      throw Failure(CTranslate2Reason.nameTooLong(name.utf8.count))
    }
    append(length)
    bytes += name.utf8
    bytes.append(0)
  }
}
