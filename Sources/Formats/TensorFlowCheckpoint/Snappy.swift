import Tensors

/// Snappy's raw format, which tables may be compressed with (`format_description.txt` of google/snappy): the length,
/// then literals and copies of what is there already.
enum Snappy {
  /// No three bytes, the shortest copy, give more than 64.
  private static let highestRatio = 22

  /// - Throws: ``Failure``, its offset that of a wrong byte among these, unless they give exactly the length that they begin with.
  static func decompress(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> [UInt8] {
    var input = ProtobufReader(bytes)
    let length = try input.varint()
    guard length <= UInt64(bytes.count) * UInt64(highestRatio), length <= UInt32.max else {
      throw Failure(SnappyReason.length(length, from: bytes.count), at: Place(offset: 0))
    }
    var decoder = Decoder(bytes: bytes, position: input.position, limit: Int(length))
    decoder.output.reserveCapacity(Int(length))
    while decoder.position < bytes.count { try decoder.step() }
    guard decoder.output.count == decoder.limit else {
      throw Failure(
        SnappyReason.short(decoder.output.count, expected: decoder.limit),
        at: Place(offset: bytes.count))
    }
    return decoder.output
  }

  private struct Decoder {
    let bytes: UnsafeRawBufferPointer
    var position: Int
    let limit: Int
    var output: [UInt8] = []

    /// Decodes one literal or copy.
    mutating func step() throws(Failure) {
      let tag = Int(try number(1))
      let upper = tag >> 2
      switch tag & 3 {
      case 0: try literal(upper < 60 ? upper + 1 : Int(try number(upper - 59)) + 1)
      case 1: try copy((upper & 7) + 4, from: (tag >> 5) << 8 | Int(try number(1)))
      case 2: try copy(upper + 1, from: Int(try number(2)))
      default: try copy(upper + 1, from: Int(try number(4)))
      }
    }

    private mutating func literal(_ count: Int) throws(Failure) {
      guard count <= bytes.count - position else { throw failure(.ends) }
      try checkRoom(count)
      output.append(contentsOf: bytes[position..<(position + count)])
      position += count
    }

    private mutating func copy(_ count: Int, from distance: Int) throws(Failure) {
      guard distance > 0, distance <= output.count else {
        throw failure(.distance(distance, written: output.count))
      }
      try checkRoom(count)
      // What is copied may be what is being written.
      for index in (output.count - distance)..<(output.count - distance + count) {
        output.append(output[index])
      }
    }

    private func checkRoom(_ count: Int) throws(Failure) {
      guard count <= limit - output.count else { throw failure(.long(limit)) }
    }

    private mutating func number(_ count: Int) throws(Failure) -> UInt32 {
      guard count <= bytes.count - position else { throw failure(.ends) }
      var value: UInt32 = 0
      for index in 0..<count { value |= UInt32(bytes[position + index]) << (8 * UInt32(index)) }
      position += count
      return value
    }

    private func failure(_ reason: SnappyReason) -> Failure {
      Failure(reason, at: Place(offset: position))
    }
  }
}

/// What can be wrong with bytes that Snappy compressed.
enum SnappyReason: Reason {
  case length(UInt64, from: Int)
  case ends
  case distance(Int, written: Int)
  case long(Int)
  case short(Int, expected: Int)

  var description: String {
    switch self {
    case .length(let length, let count):
      "\(count) bytes compressed by Snappy cannot give the \(length) that they declare"
    case .ends: "the bytes compressed by Snappy end within an element"
    case .distance(let distance, let written):
      "Snappy copies from \(distance) bytes before, where \(written) have been written"
    case .long(let limit): "Snappy gives more than the \(limit) bytes that were declared"
    case .short(let count, let expected):
      "Snappy gives \(count) bytes where \(expected) were declared"
    }
  }
}
