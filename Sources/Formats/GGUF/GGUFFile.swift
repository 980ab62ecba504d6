import Checkpoints
import Tensors

/// One GGUF file, opened and held against the format's law: data lie within the file, aligned, and do
/// not overlap.
struct GGUFFile {
  let file: InputFile
  let attributes: [(key: String, value: Attribute)]
  private(set) var tensors: [NamedTensor] = []
  private(set) var foreign: [ForeignTensor] = []
  private(set) var diagnostics: [Diagnostic]

  /// - Throws: ``Failure`` with the byte and the tensor that break the law.
  init(_ path: String, access: FileAccess) throws {
    file = try InputFile(path, access: access)
    let header = try GGUFHeader(reading: file)
    attributes = header.attributes
    diagnostics = header.diagnostics
    var ranges: [(entry: GGUFHeader.Entry, range: Range<Int>)] = []
    ranges.reserveCapacity(header.entries.count)
    for entry in header.entries { ranges.append((entry, try range(of: entry, header))) }
    try checkOrder(ranges, header)
    for (entry, range) in ranges {
      switch entry.type {
      case .elements(let type):
        let source = try FileSource(file, range)
        tensors.append(NamedTensor(entry.name, Tensor(type, entry.shape, source: source)))
      case .blocks(let type):
        let source = BlockSource(try FileSource(file, range), type)
        tensors.append(
          NamedTensor(
            entry.name, Tensor(.f32, entry.shape, source: source), in: type,
            byteCount: range.count))
      case .foreign:
        foreign.append(
          ForeignTensor(
            name: entry.name, type: entry.type.name, shape: entry.shape.lengths,
            byteCount: range.count, content: try FileSource(file, range)))
      case .unknown:
        foreign.append(
          ForeignTensor(
            name: entry.name, type: entry.type.name, shape: entry.shape.lengths,
            byteCount: range.count))
      }
    }
  }

  /// Where the data of a tensor lie in the file; of an unknown type it is known only where they begin.
  private func range(of entry: GGUFHeader.Entry, _ header: GGUFHeader) throws -> Range<Int> {
    func failure(_ reason: GGUFReason) -> Failure {
      Failure(reason, at: Place(file: file.path, offset: entry.place, tensor: entry.name))
    }
    let offset = entry.dataOffset
    guard offset % UInt64(header.alignment) == 0 else {
      throw failure(.misaligned(offset, alignment: header.alignment))
    }
    let byteCount: Int
    if case .unknown = entry.type {
      byteCount = 0
    } else if let count = entry.type.byteCount(of: entry.shape) {
      byteCount = count
    } else {
      throw failure(.shapeOverflow(entry.shape.lengths.map(UInt64.init)))
    }
    let size = UInt64(byteCount) + UInt64(header.dataStart)
    let (end, overflow) = offset.addingReportingOverflow(size)
    guard !overflow, end <= UInt64(file.byteCount) else {
      throw failure(.beyondFile(end: overflow ? .max : end, file: file.byteCount))
    }
    return (Int(end) - byteCount)..<Int(end)
  }

  /// Fails where data overlap; says it where they do not follow one another as the reader of ggml wants.
  private mutating func checkOrder(
    _ ranges: [(entry: GGUFHeader.Entry, range: Range<Int>)], _ header: GGUFHeader
  ) throws {
    var isInOrder = true
    var expected = header.dataStart
    for (_, range) in ranges {
      if range.lowerBound != expected { isInOrder = false }
      // No overflow: the end lies within the file.
      expected = GGUF.aligned(range.upperBound, to: header.alignment)
    }
    guard !isInOrder else { return }
    let sorted = ranges.filter { !$0.range.isEmpty }.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for (former, latter) in zip(sorted, sorted.dropFirst())
    where latter.range.lowerBound < former.range.upperBound {
      throw Failure(
        GGUFReason.overlap(former.entry.name),
        at: Place(file: file.path, offset: latter.entry.place, tensor: latter.entry.name))
    }
    diagnostics.append(
      Diagnostic(
        .warning, .header,
        "the tensors do not follow one another without holes, so llama.cpp does not open the file"))
  }
}
