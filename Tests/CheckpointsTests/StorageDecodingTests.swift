import Tensors
import TestSupport
import Testing

@testable import Checkpoints

/// Decoding some rows of storage, against the formulas applied to one element after the other.
@Suite struct StorageDecodingTests {
  private static let (rows, columns) = (12, 20)
  private static let types: [ElementType] = [.i8, .u8, .i16, .u16, .i32, .u32, .i64, .u64]

  private struct Sample {
    let storage: Storage
    let values: [Float]
  }

  private static func codes(_ type: ElementType, _ codes: [Int], _ shape: Shape) -> Tensor {
    let width = type.byteWidth!
    let bytes = codes.flatMap { code in
      withUnsafeBytes(of: Int64(code).littleEndian) { Array($0.prefix(width)) }
    }
    return Tensor(type, shape, source: InPieces(bytes))
  }

  private static func random(_ count: Int, _ range: ClosedRange<Int>, seed: UInt64) -> [Int] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Int.random(in: range, using: &generator) }
  }

  private static func floats(_ count: Int, seed: UInt64) -> [Float] {
    random(count, -1000...1000, seed: seed).map { Float($0) / 64 }
  }

  private static let granularities: [QuantizationScheme.Granularity] = [
    .tensor, .axis(0), .axis(1), .group(4), .group(10), .block(rows: 5, columns: 8),
  ]

  /// The formula, one element after the other: codes are those of all places.
  private static func uniform(
    _ granularity: QuantizationScheme.Granularity, _ type: ElementType, zeros: Bool,
    shuffled: Bool = false
  ) -> (scheme: QuantizationScheme, codes: [Int], values: [Float]) {
    let (height, width) =
      switch granularity {
      case .tensor: (rows, columns)
      case .axis(0): (1, columns)
      case .axis: (rows, 1)
      case .group(let size): (1, size)
      case .block(let height, let width): (height, width)
      }
    let across = (columns + width - 1) / width
    let down = (rows + height - 1) / height
    let scales = floats(across * down, seed: 1)
    let points = random(across * down, -100...100, seed: 2)
    let groups = shuffled ? random(columns, 0...(across - 1), seed: 9) : nil
    let codes = random(rows * columns, 0...127, seed: 3)
    let values = codes.enumerated().map { place, code in
      let column = place % columns
      let step = place / columns / height * across + (groups?[column] ?? column / width)
      return scales[step] * Float(code - (zeros ? points[step] : 0))
    }
    let scheme = QuantizationScheme.uniform(
      bits: 8, granularity: granularity, scales: Tensor(scales, [down, across]),
      zeroPoints: zeros ? Self.codes(.i8, points, [down, across]) : nil,
      groupIndex: groups.map { Self.codes(.i32, $0, [columns]) })
    return (scheme, codes, values)
  }

  @Test(arguments: granularities, types)
  func uniformCodes(_ granularity: QuantizationScheme.Granularity, _ type: ElementType) throws {
    for (zeros, shuffled) in [(false, false), (true, false), (true, true)] {
      let made = Self.uniform(granularity, type, zeros: zeros, shuffled: shuffled)
      let codes = Self.codes(type, made.codes, [Self.rows, Self.columns])
      try expect(.quantized(codes: codes, scheme: made.scheme), made.values)
    }
  }

  @Test(arguments: granularities, [[1, 1], [4, 1], [2, 5], [1, 4]] as [Shape])
  func codesUnderMasks(_ granularity: QuantizationScheme.Granularity, _ block: Shape) throws {
    let made = Self.uniform(granularity, .i8, zeros: true)
    let (mask, places) = Self.mask(block)
    let codes = Self.codes(.i8, places.map { made.codes[$0] }, [places.count])
    var values = [Float](repeating: 0, count: made.values.count)
    for place in places { values[place] = made.values[place] }
    try expect(
      .sparse(mask: mask, values: .quantized(codes: codes, scheme: made.scheme)), values)
    let survivors = Tensor(places.map { made.values[$0] }, [places.count])
    try expect(.sparse(mask: mask, values: .dense(survivors)), values)
  }

  /// A mask and the places that it keeps, in the order of their values.
  private static func mask(_ block: Shape) -> (Mask, places: [Int]) {
    let across = columns / block[1]
    let kept = random(rows / block[0] * across, 0...2, seed: 7).map { $0 / 2 }
    let places = kept.indices.filter { kept[$0] != 0 }.flatMap { index in
      (0..<block.elementCount).map { member in
        let row = index / across * block[0] + member / block[1]
        return row * columns + index % across * block[1] + member % block[1]
      }
    }
    let tensor = Tensor(
      .bool, [rows / block[0], across], source: InPieces(kept.map { UInt8($0) }))
    return (Mask(kept: tensor, denseShape: [rows, columns], block: block), places)
  }

  @Test func codebooksProductsAndSteps() throws {
    let (rows, columns) = (Self.rows, Self.columns)
    let entries = Self.floats(16, seed: 1)
    let few = Self.random(rows * columns, 0...15, seed: 3)
    try expect(
      .quantized(
        codes: Self.codes(.u8, few, [rows, columns]),
        scheme: .codebook(bits: 4, entries: Tensor(entries, [16]))), few.map { entries[$0] })
    let vectors = Self.floats(5 * 16 * 4, seed: 1)
    let parts = Self.random(rows * 5, 0...15, seed: 3)
    try expect(
      .quantized(
        codes: Self.codes(.u16, parts, [rows, 5]),
        scheme: .product(entries: Tensor(vectors, [5, 16, 4]))),
      parts.enumerated().flatMap { index, code in
        (0..<4).map { vectors[(index % 5 * 16 + code) * 4 + $0] }
      })
    let steps = Self.floats(rows, seed: 5)
    let wide = Self.random(rows * columns, -3000...3000, seed: 3)
    try expect(
      .quantized(
        codes: Self.codes(.i16, wide, [rows, columns]),
        scheme: .rowStep(steps: Tensor(steps, [rows]))),
      wide.enumerated().map { steps[$0 / columns] * Float($1) })
  }

  /// All values; any rows alone; and bytes of a tensor from anywhere to anywhere.
  private func expect(_ storage: Storage, _ values: [Float]) throws {
    let shape: Shape = [Self.rows, Self.columns]
    #expect(try storage.values(of: shape) == values)
    let reader = try storage.rows(of: shape)
    for some in [0..<1, 11..<12, 3..<8, 2..<12] {
      let members = (some.lowerBound * Self.columns)..<(some.upperBound * Self.columns)
      let found = try [Float](unsafeUninitializedCapacity: members.count) { buffer, count in
        try reader.read(some, into: UnsafeMutableBufferPointer(rebasing: buffer[..<members.count]))
        count = members.count
      }
      #expect(found == Array(values[members]))
    }
    let bytes = values.withUnsafeBytes { [UInt8]($0) }
    let tensor = storage.tensor(of: shape, as: .f32)
    for range in [0..<bytes.count, 5..<81, 399..<400, 400..<800, 7..<7] {
      #expect(try tensor.source.withBytes(range) { $0.elementsEqual(bytes[range]) })
    }
  }

  /// Every part that does not fit is an error, never a trap.
  @Test(arguments: Hostile.all.indices)
  func partsThatDoNotFitAreErrors(_ index: Int) {
    #expect(throws: Failure.self, "\(Hostile.all[index])") {
      try Hostile.all[index].values(of: [4, 6])
    }
  }
}

/// Storages of a matrix `[4, 6]` as a hostile file may describe them.
private enum Hostile {
  static let all: [Storage] = schemes.map { .quantized(codes: codes(), scheme: $0) } + others

  private static func codes(_ value: UInt8 = 3, _ shape: Shape = [4, 6]) -> Tensor {
    Tensor(
      .i8, shape, source: MemorySource([UInt8](repeating: value, count: shape.elementCount)))
  }

  private static func wide(_ type: ElementType, _ value: UInt64, _ shape: Shape) -> Tensor {
    let one = withUnsafeBytes(of: value.littleEndian) { Array($0.prefix(type.byteWidth!)) }
    return Tensor(
      type, shape, source: MemorySource((0..<shape.elementCount).flatMap { _ in one }))
  }

  private static func ones(_ shape: Shape) -> Tensor {
    Tensor([Float](repeating: 1, count: shape.elementCount), shape)
  }

  private static func uniform(
    _ granularity: QuantizationScheme.Granularity, _ scales: Tensor, zeros: Tensor? = nil,
    groups: Tensor? = nil
  ) -> QuantizationScheme {
    .uniform(
      bits: 8, granularity: granularity, scales: scales, zeroPoints: zeros, groupIndex: groups)
  }

  private static var schemes: [QuantizationScheme] {
    [
      uniform(.tensor, ones([2])), uniform(.tensor, ones([0])), uniform(.axis(0), ones([5])),
      uniform(.group(0), ones([4])), uniform(.group(-1), ones([4])),
      uniform(.group(.max), ones([8])), uniform(.block(rows: 0, columns: 1), ones([4])),
      uniform(.block(rows: .max, columns: .max), ones([2])), uniform(.axis(0), codes(1, [4])),
      uniform(.axis(0), ones([4]), zeros: codes(1, [3])),
      uniform(.axis(0), ones([4]), zeros: ones([4])),
      uniform(.axis(0), ones([4]), zeros: wide(.i64, 1 << 63, [4])),
      uniform(.axis(0), ones([4]), zeros: wide(.i32, 1 << 29, [4])),
      uniform(.axis(0), ones([4]), zeros: wide(.u64, .max, [4])),
      uniform(.group(3), ones([8]), groups: codes(2, [6])),
      uniform(.group(3), ones([8]), groups: codes(0xFF, [6])),
      uniform(.group(3), ones([8]), groups: codes(0, [5])),
      .codebook(bits: 2, entries: ones([3])), .codebook(bits: 2, entries: ones([0])),
      .codebook(bits: 2, entries: codes(1, [4])), .rowStep(steps: ones([6])),
      .product(entries: ones([6, 4, 2])), .product(entries: ones([24])),
      .product(entries: ones([3, 4, 0])), .product(entries: ones([6, 4, 1, 1])),
      .product(entries: ones([6, 3, 1])),
    ]
  }

  private static var others: [Storage] {
    let scheme = uniform(.axis(0), ones([4]))
    let step = QuantizationScheme.rowStep(steps: ones([4]))
    func masked(_ kept: Tensor, _ values: Storage, _ block: Shape = [1, 1]) -> Storage {
      .sparse(mask: Mask(kept: kept, denseShape: [4, 6], block: block), values: values)
    }
    func bools(_ shape: Shape) -> Tensor {
      Tensor(
        .bool, shape, source: MemorySource([UInt8](repeating: 9, count: shape.elementCount)))
    }
    return [
      .quantized(codes: codes(1, [23]), scheme: scheme),
      .quantized(codes: codes(1, [0]), scheme: scheme),
      .quantized(codes: ones([4, 6]), scheme: scheme),
      .quantized(codes: wide(.i64, 1 << 40, [4, 6]), scheme: step),
      .quantized(codes: wide(.u32, 0xFFFF_FFFF, [4, 6]), scheme: step),
      .quantized(codes: codes(0xFF), scheme: .codebook(bits: 8, entries: ones([256]))),
      .dense(ones([23])), .dense(codes()), .shared(with: Role(.pooler, .weight)),
      masked(bools([4, 6]), .dense(ones([23]))), masked(bools([4, 5]), .dense(ones([20]))),
      masked(bools([4, 6]), .dense(codes())),
      masked(bools([2, 3]), .dense(ones([24])), [2, 0]),
      masked(bools([1, 6]), .dense(ones([18])), [3, 1]),
      masked(bools([4, 6]), .quantized(codes: codes(1, [25]), scheme: scheme)),
      masked(
        bools([4, 6]), .quantized(codes: codes(), scheme: .codebook(bits: 1, entries: ones([3])))),
      masked(
        bools([4, 6]),
        .quantized(codes: codes(1, [4, 3]), scheme: .product(entries: ones([3, 4, 2])))),
      masked(codes(), .dense(ones([24]))),
      .factorized(left: .dense(ones([4, 2])), right: .dense(ones([3, 6]))),
      .factorized(left: .dense(ones([0])), right: .dense(ones([0]))),
      .factorized(
        left: .dense(ones([8])),
        right: .quantized(codes: codes(1, [6]), scheme: .product(entries: ones([1, 4, 3])))),
      .sum(.dense(ones([4, 6])), .dense(ones([4, 5]))),
    ]
  }
}

/// Bytes that are best asked for a few at a time.
private struct InPieces: TensorSource {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var byteCount: Int { bytes.count }
  var pieceSize: Int { 7 }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }
}
