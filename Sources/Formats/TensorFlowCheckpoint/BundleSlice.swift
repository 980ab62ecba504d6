import Tensors

/// Which part of a variable is stored by itself (`TensorSliceProto`): a range of each axis.
struct BundleSlice {
  /// Nil for the whole axis.
  private let ranges: [(start: Int, length: Int)?]

  init(_ field: ProtobufField) throws {
    var (message, ranges) = (try field.message(), [(start: Int, length: Int)?]())
    while let field = try message.next() {
      guard field.number == 1 else { continue }
      var (extent, start) = (try field.message(), 0)
      var length: Int?
      while let field = try extent.next() {
        switch field.number {
        case 1: start = try field.integer()
        case 2: length = try field.integer()
        default: break
        }
      }
      ranges.append(length.map { (start, $0) })
    }
    self.ranges = ranges
  }

  /// The ranges of the axes of a variable.
  ///
  /// - Throws: ``Failure`` if one does not lie within its axis.
  func ranges(within shape: Shape, of entry: BundleEntry) throws -> [Range<Int>] {
    guard ranges.count == shape.rank else {
      throw Failure(BundleReason.sliceRank(ranges.count, of: shape), at: Place(offset: entry.place))
    }
    return try zip(ranges, shape.lengths).map { range, length in
      guard let range else { return 0..<length }
      guard range.start >= 0, range.start <= length, range.length >= 0,
        range.length <= length - range.start
      else {
        throw Failure(
          BundleReason.sliceRange(range.start, range.length, axis: length),
          at: Place(offset: entry.place))
      }
      return range.start..<(range.start + range.length)
    }
  }

  /// The key under which a slice has an entry of its own (`EncodeTensorNameSlice` of
  /// `tensorflow/core/util/saved_tensor_slice_util.cc`): a zero byte, the name, and numbers, so encoded that the order of
  /// the keys is that of what they say.
  func key(of name: [UInt8]) -> [UInt8] {
    var key: [UInt8] = [0]
    for byte in name {
      switch byte {
      case 0: key += [0, 0xFF]
      case 0xFF: key += [0xFF, 0]
      default: key.append(byte)
      }
    }
    key += [0, 1]
    Self.append(UInt64(ranges.count), to: &key)
    for range in ranges {
      Self.append(signed: range?.start ?? 0, to: &key)
      Self.append(signed: range?.length ?? -1, to: &key)
    }
    return key
  }

  /// The number of its bytes, then the bytes from the highest.
  private static func append(_ number: UInt64, to key: inout [UInt8]) {
    let count = (64 - number.leadingZeroBitCount + 7) / 8
    key.append(UInt8(count))
    for index in (0..<count).reversed() {
      key.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(index))))
    }
  }

  /// In two's complement, in as few bytes as leave room for as many ones before it as there are bytes: all that turned
  /// round by the sign, so that negative numbers come first.
  private static func append(signed number: Int, to key: inout [UInt8]) {
    let magnitude = UInt64(bitPattern: Int64(number < 0 ? ~number : number))
    let count = (64 - magnitude.leadingZeroBitCount) / 7 + 1
    let sign: UInt8 = number < 0 ? 0xFF : 0
    var bytes = [sign, sign]
    for index in (0..<8).reversed() {
      bytes.append(UInt8(truncatingIfNeeded: number >> (8 * index)))
    }
    bytes = bytes.suffix(count)
    let ones = UInt16.max << UInt16(16 - count)
    bytes[0] ^= UInt8(ones >> 8)
    if count > 1 { bytes[1] ^= UInt8(truncatingIfNeeded: ones) }
    key += bytes
  }
}
