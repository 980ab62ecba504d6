import Tensors

/// Turns the codes of a matrix into numbers, a row at a time.
package protocol CodeDecoder: Sendable {
  /// How many values in a row a code stands for.
  var codeWidth: Int { get }

  /// Decodes one row.
  ///
  /// - Throws: ``Failure`` if a code stands for nothing.
  func decode(
    row: Int, _ codes: UnsafeBufferPointer<Int32>, into target: UnsafeMutablePointer<Float>) throws
}

/// `x = scale · (code − zeroPoint)`, scales and zero points `[down, across]` of a ``ScaleGrid``.
package struct UniformDecoder: CodeDecoder {
  package static let largestZeroPoint = 1 << 24
  /// Tiles narrower than this are not worth a loop each.
  private static let narrow = 8

  package var codeWidth: Int { 1 }
  private let grid: ScaleGrid
  private let scales: [Float]
  private let zeroPoints: [Int32]?
  /// The tile of each column, where tiles are not taken one after the other.
  private let tiles: [Int32]?

  /// - Parameter tiles: the tile across of each column; nil where they follow one another.
  /// - Throws: ``Failure`` if the parts do not fit one another.
  package init(_ grid: ScaleGrid, scales: [Float], zeroPoints: [Int32]?, tiles: [Int32]? = nil)
    throws
  {
    func check(_ fits: Bool, _ what: String) throws {
      guard fits else {
        throw Failure(CodeReason.parts(what, rows: grid.rows, columns: grid.columns))
      }
    }
    try check(scales.count == grid.count, "scales")
    try check(zeroPoints.map { $0.count == grid.count } ?? true, "zero points")
    if let tiles {
      let fits = tiles.count == grid.columns && tiles.allSatisfy { 0 <= $0 && $0 < grid.across }
      try check(fits, "groups of columns")
    }
    let limit = Self.largestZeroPoint
    if let wrong = zeroPoints?.first(where: { !(-limit...limit).contains(Int($0)) }) {
      throw Failure(CodeReason.zeroPoint(Int(wrong)))
    }
    self.grid = grid
    self.scales = scales
    self.zeroPoints = zeroPoints
    let isNarrow = grid.width < Self.narrow && grid.across > 1
    self.tiles =
      tiles ?? (isNarrow ? (0..<grid.columns).map { Int32($0 / grid.width) } : nil)
  }

  package func decode(
    row: Int, _ codes: UnsafeBufferPointer<Int32>, into target: UnsafeMutablePointer<Float>
  ) {
    precondition(codes.count == grid.columns && row < grid.rows)
    let first = row / grid.height * grid.across
    if let tiles {
      for column in 0..<grid.columns {
        let step = first &+ Int(tiles[column])
        target[column] = scales[step] * Float(codes[column] &- (zeroPoints?[step] ?? 0))
      }
      return
    }
    for tile in 0..<grid.across {
      let (scale, zero) = (scales[first + tile], zeroPoints?[first + tile] ?? 0)
      for column in grid.columns(of: tile) {
        target[column] = scale * Float(codes[column] &- zero)
      }
    }
  }
}

/// `x = entries[code]`.
package struct CodebookDecoder: CodeDecoder {
  package var codeWidth: Int { 1 }
  private let entries: [Float]

  package init(entries: [Float]) { self.entries = entries }

  package func decode(
    row: Int, _ codes: UnsafeBufferPointer<Int32>, into target: UnsafeMutablePointer<Float>
  ) throws {
    try checkCodes(codes, entries: entries.count)
    entries.withUnsafeBufferPointer { entries in
      for column in 0..<codes.count { target[column] = entries[Int(codes[column])] }
    }
  }
}

/// Every sub-vector of a row is an entry of its sub-space's codebook (Jégou et al., "Product quantization for
/// nearest neighbor search", 2011); entries are `[sub-spaces, entries, width]`, codes `[rows, sub-spaces]`.
package struct ProductDecoder: CodeDecoder {
  package let codeWidth: Int
  private let spaces: Int
  private let count: Int
  private let entries: [Float]

  /// - Precondition: there are `spaces · count · width` entries.
  package init(spaces: Int, count: Int, width: Int, entries: [Float]) {
    precondition(entries.count == spaces * count * width && width > 0)
    self.spaces = spaces
    self.count = count
    self.entries = entries
    codeWidth = width
  }

  package func decode(
    row: Int, _ codes: UnsafeBufferPointer<Int32>, into target: UnsafeMutablePointer<Float>
  ) throws {
    precondition(codes.count == spaces)
    try checkCodes(codes, entries: count)
    entries.withUnsafeBufferPointer { entries in
      for space in 0..<spaces {
        let entry = (space &* count &+ Int(codes[space])) &* codeWidth
        for member in 0..<codeWidth {
          target[space &* codeWidth &+ member] = entries[entry &+ member]
        }
      }
    }
  }
}

/// - Throws: ``Failure`` if a code is negative or beyond the entries.
private func checkCodes(_ codes: UnsafeBufferPointer<Int32>, entries: Int) throws {
  var greatest: UInt32 = 0
  for code in codes { greatest = max(greatest, UInt32(bitPattern: code)) }
  guard codes.isEmpty || Int(greatest) < entries else {
    let wrong = codes.first { $0 < 0 || $0 >= entries } ?? 0
    throw Failure(CodeReason.code(Int(wrong), entries: entries))
  }
}
