import Tensors

/// What is known of one byte of all elements.
enum BytePlane: Sendable, Equatable {
  case raw
  case constant(UInt8)
  case coded(ContextModel)

  /// A byte: 0; 1 and the byte of all elements; 2 and the model.
  func write(to bytes: inout [UInt8]) throws {
    switch self {
    case .raw: bytes.append(0)
    case .constant(let byte): bytes += [1, byte]
    case .coded(let model):
      bytes.append(2)
      try model.write(to: &bytes)
    }
  }

  init(from reader: inout ByteReader, rowLength: Int) throws {
    switch try reader.byte("the kind of a plane", in: 0...2) {
    case 0: self = .raw
    case 1: self = .constant(try reader.byte("a constant plane"))
    default: self = .coded(try ContextModel(from: &reader, rowLength: rowLength))
    }
  }

  /// What suits a plane that has each byte so often, without contexts.
  ///
  /// - Parameter chunks: that pay for the beginnings of coders.
  init(counts: ArraySlice<Int>, chunks: Int) {
    let total = counts.reduce(0, +)
    if total > 0, let only = counts.firstIndex(of: total) {
      self = .constant(UInt8(only - counts.startIndex))
      return
    }
    let side = counts.count { $0 > 0 } * 6 + chunks * 8 * 36
    let bits = ShannonBound.bits(counts: counts) + Double(side)
    // To decode a plane takes several times as long as to copy it: it must be worth it.
    self =
      bits < 0.99 * 8 * Double(total)
      ? .coded(ContextModel([FrequencyTable(counts: counts)])) : .raw
  }
}
