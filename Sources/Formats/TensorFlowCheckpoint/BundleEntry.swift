import Tensors

/// What the first entry of a checkpoint's index says of the whole (`BundleHeaderProto`).
struct BundleHeader {
  var shardCount = 0
  var isBigEndian = false

  /// What the files of TensorFlow 1 and 2 are: later ones may ask readers for more.
  private static let version = 1

  init() {}

  /// - Throws: ``Failure`` also where the file is a checkpoint of the first version, which is a table too.
  init(_ entry: TableEntry) throws {
    self = try entry.value.withUnsafeBytes { bytes in
      var message = ProtobufReader(bytes, at: entry.offset)
      return try BundleHeader(&message, at: entry.offset)
    }
  }

  private init(_ message: inout ProtobufReader, at offset: Int) throws {
    while let field = try message.next() {
      switch field.number {
      case 1:
        if case .bytes = field.value { throw Failure(BundleReason.firstVersion) }
        shardCount = try field.integer()
      case 2: isBigEndian = try field.integer() == 1
      case 3: try Self.checkVersion(field)
      default: break
      }
    }
    guard (0...Self.shardLimit).contains(shardCount) else {
      throw Failure(BundleReason.shardCount(shardCount), at: Place(offset: offset))
    }
  }

  /// File names have five digits for the number of a shard.
  private static let shardLimit = 99_999

  private static func checkVersion(_ field: ProtobufField) throws {
    var message = try field.message()
    while let field = try message.next() {
      guard field.number == 2, try field.integer() > version else { continue }
      throw Failure(BundleReason.laterVersion(try field.integer()), at: Place(offset: field.offset))
    }
  }
}

/// What the index says of one tensor, or of one slice of it (`BundleEntryProto`).
struct BundleEntry {
  var type = 0
  var shape: [Int] = []
  var shard = 0
  var offset = 0
  var byteCount = 0
  /// As it is stored, masked.
  var checksum: UInt32 = 0
  /// The parts that a variable is stored in; none where it is stored whole.
  var slices: [BundleSlice] = []
  /// Where this stands in the index.
  let place: Int

  init(_ entry: TableEntry) throws {
    self = try entry.value.withUnsafeBytes { bytes in
      var message = ProtobufReader(bytes, at: entry.offset)
      return try BundleEntry(&message, at: entry.offset)
    }
  }

  private init(_ message: inout ProtobufReader, at place: Int) throws {
    self.place = place
    while let field = try message.next() {
      switch field.number {
      case 1: type = try field.integer()
      case 2: shape = try Self.shape(field)
      case 3: shard = try field.integer()
      case 4: offset = try field.integer()
      case 5: byteCount = try field.integer()
      case 6: checksum = try field.fixed32()
      case 7: slices.append(try BundleSlice(field))
      default: break
      }
    }
  }

  /// `TensorShapeProto`: the length of each axis in a message of its own.
  private static func shape(_ field: ProtobufField) throws -> [Int] {
    var (message, lengths) = (try field.message(), [Int]())
    while let field = try message.next() {
      guard field.number == 2 else { continue }
      var (axis, length) = (try field.message(), 0)
      while let field = try axis.next() {
        if field.number == 1 { length = try field.integer() }
      }
      lengths.append(length)
    }
    return lengths
  }
}
