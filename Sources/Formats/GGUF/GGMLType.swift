import Tensors

/// The type of a tensor's elements by its number in ggml.
enum GGMLType: Equatable {
  case elements(ElementType)
  case blocks(BlockType)
  /// A type whose size is known, and nothing else: elements and bytes of a block.
  case foreign(String, elementCount: Int, byteCount: Int)
  case unknown(UInt32)

  init(number: UInt32) {
    self =
      Self.elementTypes.first { $0.number == number }.map { .elements($0.type) }
      ?? Self.blockTypes.first { $0.number == number }.map { .blocks($0.type) }
      ?? Self.foreignTypes.first { $0.number == number }
      .map { .foreign($0.name, elementCount: $0.elements, byteCount: $0.bytes) }
      ?? .unknown(number)
  }

  /// The number of a type of elements, if there is one.
  static func number(of type: ElementType) -> UInt32? {
    elementTypes.first { $0.type == type }?.number
  }

  static func number(of type: BlockType) -> UInt32 {
    blockTypes.first { $0.type == type }!.number
  }

  /// The number of a type of which nothing but its size is known, by its name.
  static func number(ofForeign name: String) -> UInt32? {
    foreignTypes.first { $0.name == name }?.number
  }

  /// How many elements a row must be a multiple of.
  var blockLength: Int {
    switch self {
    case .elements, .unknown: 1
    case .blocks(let type): type.elementCount
    case .foreign(_, let count, _): count
    }
  }

  /// What elements take in bytes, rows being whole numbers of blocks; nil where it overflows or the type
  /// is not known.
  func byteCount(of shape: Shape) -> Int? {
    let (count, width): (Int, Int)
    switch self {
    case .elements(let type): return shape.byteCount(of: type)
    case .unknown: return nil
    case .blocks(let type):
      (count, width) = (shape.elementCount / type.elementCount, type.byteCount)
    case .foreign(_, let elements, let bytes):
      (count, width) = (shape.elementCount / elements, bytes)
    }
    let (product, overflow) = count.multipliedReportingOverflow(by: width)
    return overflow ? nil : product
  }

  /// The type as diagnostics name it.
  var name: String {
    switch self {
    case .elements(let type): type.rawValue
    case .blocks(let type): type.rawValue
    case .foreign(let name, _, _): name
    case .unknown(let number): "ggml type \(number)"
    }
  }

  private static let elementTypes: [(number: UInt32, type: ElementType)] = [
    (0, .f32), (1, .f16), (24, .i8), (25, .i16), (26, .i32), (27, .i64), (28, .f64), (30, .bf16),
  ]

  private static let blockTypes: [(number: UInt32, type: BlockType)] = [
    (2, .q40), (3, .q41), (6, .q50), (7, .q51), (8, .q80), (10, .q2K), (11, .q3K),
    (12, .q4K), (13, .q5K), (14, .q6K), (20, .iq4NL),
  ]

  private static let foreignTypes: [(number: UInt32, name: String, elements: Int, bytes: Int)] = [
    (9, "Q8_1", 32, 36), (15, "Q8_K", 256, 292), (16, "IQ2_XXS", 256, 66), (17, "IQ2_XS", 256, 74),
    (18, "IQ3_XXS", 256, 98), (19, "IQ1_S", 256, 50), (21, "IQ3_S", 256, 110),
    (22, "IQ2_S", 256, 82), (23, "IQ4_XS", 256, 136), (29, "IQ1_M", 256, 56),
    (34, "TQ1_0", 256, 54), (35, "TQ2_0", 256, 66), (39, "MXFP4", 32, 17), (40, "NVFP4", 64, 36),
    (41, "Q1_0", 128, 18),
  ]
}
