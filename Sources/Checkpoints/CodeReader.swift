import Kernels
import Tensors

/// Turns codes into numbers, by the scheme they were made with.
struct CodeReader {
  private let codes: [Int]
  private let scheme: QuantizationScheme
  private let extent: MatrixExtent
  /// The place of each code in the row-major dense matrix; nil where there is one for every element.
  private let places: [Int]?

  init(
    codes: Tensor, scheme: QuantizationScheme, extent: MatrixExtent, places: [Int]? = nil
  ) throws {
    let expected = (places?.count ?? extent.count) / scheme.codeWidth
    guard codes.elementCount == expected, extent.count % scheme.codeWidth == 0 else {
      throw Failure(
        StorageReason.misfit("codes", shape: codes.shape, of: extent.description))
    }
    self.codes = try codes.integers()
    self.scheme = scheme
    self.extent = extent
    self.places = places
  }

  func values() throws -> [Float] {
    switch scheme {
    case .uniform(_, let granularity, let scales, let zeroPoints, let groupIndex):
      let steps = try StepTable(
        scales: scales, zeroPoints: zeroPoints, groupIndex: groupIndex, granularity: granularity,
        extent: extent)
      return codes.enumerated().map { steps.value(of: $1, at: places?[$0] ?? $0) }
    case .codebook(_, let entries):
      let entries = try entries.singles()
      return try codes.map { try entry($0, of: entries.count) { entries[$0] } }
    case .product(let entries):
      return try subvectors(entries)
    case .rowStep(let steps):
      let steps = try steps.singles()
      try check(steps.count == extent.rows, "steps")
      return codes.enumerated().map { index, code in
        steps[(places?[index] ?? index) / extent.columns] * Float(code)
      }
    }
  }

  /// Entries are `[sub-spaces, entries, width]`; a code for each sub-vector of each row.
  private func subvectors(_ entries: Tensor) throws -> [Float] {
    let width = scheme.codeWidth
    try check(
      places == nil && entries.shape.rank == 3 && entries.shape[0] * width == extent.columns,
      "a product code's entries")
    let (spaces, count) = (entries.shape[0], entries.shape[1])
    let table = try entries.singles()
    var result: [Float] = []
    result.reserveCapacity(extent.count)
    for (index, code) in codes.enumerated() {
      let start = try entry(code, of: count) { (index % spaces * count + $0) * width }
      result += table[start..<(start + width)]
    }
    return result
  }

  private func entry<Value>(_ code: Int, of count: Int, _ body: (Int) -> Value) throws -> Value {
    guard code >= 0, code < count else { throw Failure(StorageReason.code(code, entries: count)) }
    return body(code)
  }

  private func check(_ fits: Bool, _ what: String) throws {
    guard fits else { throw Failure(StorageReason.parts(what, of: extent.description)) }
  }
}

/// The scale and the zero point of each element of a uniformly quantized matrix.
struct StepTable {
  let scales: [Float]
  let zeroPoints: [Int]?
  private let columnGroup: [Int]
  private let rowStride: Int
  private let rowsPerStep: Int
  private let columns: Int

  init(
    scales: Tensor, zeroPoints: Tensor?, groupIndex: Tensor?,
    granularity: QuantizationScheme.Granularity, extent: MatrixExtent
  ) throws {
    self.scales = try scales.singles()
    self.zeroPoints = try zeroPoints?.integers()
    columns = extent.columns
    var (height, width) = (1, max(1, extent.columns))
    switch granularity {
    case .tensor: height = max(1, extent.rows)
    case .axis(0): break
    case .axis: (height, width) = (max(1, extent.rows), 1)
    case .group(let size): width = size
    case .block(let rows, let columns): (height, width) = (rows, columns)
    }
    guard height > 0, width > 0 else {
      throw Failure(StorageReason.parts("a granularity", of: extent.description))
    }
    let across = (extent.columns + width - 1) / width
    let groups = try groupIndex?.integers() ?? (0..<extent.columns).map { $0 / width }
    let down = (extent.rows + height - 1) / height
    let fits =
      groups.count == extent.columns && groups.allSatisfy { (0..<across).contains($0) }
      && self.scales.count == down * across
      && (self.zeroPoints.map { $0.count == down * across } ?? true)
    guard fits else { throw Failure(StorageReason.parts("scales", of: extent.description)) }
    columnGroup = groups
    rowStride = across
    rowsPerStep = height
  }

  /// `scale · (code − zeroPoint)`.
  func value(of code: Int, at place: Int) -> Float {
    let step = place / columns / rowsPerStep * rowStride + columnGroup[place % columns]
    return scales[step] * Float(code - (zeroPoints?[step] ?? 0))
  }
}

extension QuantizationScheme {
  /// How many values a code stands for.
  var codeWidth: Int {
    if case .product(let entries) = self { return max(1, entries.shape.lengths.last ?? 1) }
    return 1
  }
}

extension Tensor {
  /// The elements as integers.
  ///
  /// - Throws: ``Failure`` if the type is no integer type, or a number is greater than `Int.max`.
  package func integers() throws -> [Int] {
    func read<Value: FixedWidthInteger>(_: Value.Type) throws -> [Int] {
      try withBytes { bytes in
        try (0..<elementCount).map { index in
          let offset = index * MemoryLayout<Value>.size
          let value = bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
          guard let number = Int(exactly: value) else { throw Failure(StorageReason.tooGreat) }
          return number
        }
      }
    }
    return switch elementType {
    case .i8: try read(Int8.self)
    case .u8: try read(UInt8.self)
    case .i16: try read(Int16.self)
    case .u16: try read(UInt16.self)
    case .i32: try read(Int32.self)
    case .u32: try read(UInt32.self)
    case .i64: try read(Int64.self)
    case .u64: try read(UInt64.self)
    default: throw Failure(StorageReason.notInteger(elementType))
    }
  }
}
