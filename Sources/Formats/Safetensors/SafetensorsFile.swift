import Checkpoints
import Tensors

/// One safetensors file, opened and held against the format's law: tensors fill the data without
/// holes or overlaps, from its first byte to its last.
struct SafetensorsFile {
  let file: InputFile
  let tensors: [NamedTensor]
  let foreign: [ForeignTensor]
  let metadata: [(key: String, value: String)]
  let diagnostics: [Diagnostic]

  /// - Throws: ``Failure`` with the byte and the tensor that break the law.
  init(_ path: String, access: FileAccess) throws {
    file = try InputFile(path, access: access)
    let dataStart = try Self.dataStart(of: file)
    let file = file
    let header = try file.withBytes(8..<dataStart) {
      try SafetensorsScanner.scan($0, from: 8, path: path)
    }
    var tensors: [NamedTensor] = []
    var foreign: [ForeignTensor] = []
    for entry in header.entries {
      if let type = ElementType(rawValue: entry.type) {
        tensors.append(try Self.tensor(entry, type, in: file, dataStart: dataStart))
      } else {
        foreign.append(
          ForeignTensor(
            name: entry.name, type: entry.type, shape: entry.shape, byteCount: entry.range.count))
      }
    }
    try Self.checkCoverage(header.entries, in: file, dataStart: dataStart)
    self.tensors = tensors
    self.foreign = foreign
    metadata = header.metadata
    diagnostics = header.diagnostics
  }

  /// Where the data begins, by the length that the file starts with.
  private static func dataStart(of file: InputFile) throws -> Int {
    guard file.byteCount >= 8 else {
      throw Failure(SafetensorsReason.tooShort(file.byteCount), at: Place(file: file.path))
    }
    let length = try file.withBytes(0..<8) {
      UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self))
    }
    let place = Place(file: file.path, offset: 0)
    guard length <= Safetensors.headerLimit else {
      throw Failure(SafetensorsReason.headerTooLarge(Int(clamping: length)), at: place)
    }
    guard 8 + Int(length) <= file.byteCount else {
      throw Failure(
        SafetensorsReason.headerBeyondFile(Int(length), file: file.byteCount), at: place)
    }
    return 8 + Int(length)
  }

  private static func tensor(
    _ entry: SafetensorsHeader.Entry, _ type: ElementType, in file: InputFile, dataStart: Int
  ) throws -> NamedTensor {
    func failure(_ reason: SafetensorsReason) -> Failure {
      Failure(reason, at: Place(file: file.path, offset: entry.offset, tensor: entry.name))
    }
    guard let shape = Shape(checking: entry.shape),
      !shape.elementCount.multipliedReportingOverflow(by: type.bitWidth).overflow
    else { throw failure(.shapeOverflow(entry.shape)) }
    guard let byteCount = shape.byteCount(of: type) else {
      throw failure(.notWholeBytes(entry.type, elements: shape.elementCount))
    }
    guard byteCount == entry.range.count else {
      throw failure(.wrongSize(declared: entry.range.count, needed: byteCount))
    }
    guard entry.range.upperBound <= file.byteCount - dataStart else {
      throw failure(
        .wrongEnd(data: entry.range.upperBound.addingClamped(dataStart), file: file.byteCount))
    }
    let range = (dataStart + entry.range.lowerBound)..<(dataStart + entry.range.upperBound)
    return NamedTensor(entry.name, Tensor(type, shape, source: try FileSource(file, range)))
  }

  private static func checkCoverage(
    _ entries: [SafetensorsHeader.Entry], in file: InputFile, dataStart: Int
  ) throws {
    var end = 0
    let order: (Range<Int>, Range<Int>) -> Bool = {
      ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound)
    }
    for entry in entries.sorted(by: { order($0.range, $1.range) }) {
      guard entry.range.lowerBound == end else {
        throw Failure(
          SafetensorsReason.hole(expected: end, found: entry.range.lowerBound),
          at: Place(file: file.path, offset: entry.offset, tensor: entry.name))
      }
      end = entry.range.upperBound
    }
    guard end == file.byteCount - dataStart else {
      throw Failure(
        SafetensorsReason.wrongEnd(data: end.addingClamped(dataStart), file: file.byteCount),
        at: Place(file: file.path))
    }
  }
}

extension Int {
  /// The sum, or the largest integer where it is beyond that.
  func addingClamped(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }
}
