import Coding
import Tensors

/// A table of keys in ascending order with their values, as LevelDB and TensorFlow write it (`table_format.txt` of
/// google/leveldb; `tensorflow/tsl/lib/io/format.cc`).
///
/// Blocks of entries come first, then one block that says where those lie, then the footer of 48 bytes: the places of
/// two blocks, zeros, and a magic number.
struct SortedTable {
  let file: InputFile
  private let index: BlockHandle

  private static let footerSize = 48
  private static let magic: UInt64 = 0xDB47_7524_8B80_FB57

  /// The place of a block, without the 5 bytes that follow each.
  struct BlockHandle: Equatable {
    let offset: Int
    let byteCount: Int
  }

  /// - Throws: ``Failure`` if the file does not end as a table does.
  init(_ file: InputFile) throws {
    self.file = file
    let start = file.byteCount - Self.footerSize
    guard start >= 0 else { throw Failure(TableReason.noFooter, at: Place(file: file.path)) }
    let footer = try file.bytes(start..<file.byteCount)
    let magic = footer[40...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard magic == Self.magic else {
      throw Failure(TableReason.noFooter, at: Place(file: file.path))
    }
    do {
      index = try footer.withUnsafeBytes { footer in
        var fields = ProtobufReader(UnsafeRawBufferPointer(rebasing: footer[..<40]), at: start)
        _ = try Self.handle(&fields, before: start)
        return try Self.handle(&fields, before: start)
      }
    } catch let failure as Failure {
      throw failure.within(Place(file: file.path))
    }
  }

  /// Hands over every entry, by ascending keys.
  ///
  /// - Throws: ``Failure`` at the first block whose checksum is wrong, or that breaks the law.
  func visitEntries(_ body: (TableEntry) throws -> Void) throws {
    do {
      var (end, latest) = (0, [UInt8]?.none)
      var budget = KeyBudget(tableSize: file.byteCount)
      var budgetOfPlaces = budget
      try TableBlock(index, of: file).visitEntries(&budgetOfPlaces, after: nil) { place in
        let handle = try place.value.withUnsafeBytes { value in
          var fields = ProtobufReader(value, at: place.offset)
          return try Self.handle(&fields, before: index.offset)
        }
        // Each block once: a table cannot make more of its bytes than there are.
        guard handle.offset >= end else {
          throw Failure(TableReason.order(handle.offset, end: end), at: Place(offset: place.offset))
        }
        end = handle.offset + handle.byteCount
        latest = try TableBlock(handle, of: file).visitEntries(&budget, after: latest, body)
      }
    } catch let failure as Failure {
      throw failure.within(Place(file: file.path))
    }
  }

  /// The place of a block that ends, with the bytes that follow it, before a place in the file.
  private static func handle(_ fields: inout ProtobufReader, before limit: Int) throws
    -> BlockHandle
  {
    let (offset, byteCount) = (try fields.varint(), try fields.varint())
    let room = UInt64(max(0, limit - TableBlock.trailerSize))
    guard offset <= room, byteCount <= room - offset else {
      throw Failure(TableReason.place(offset, byteCount, limit: limit))
    }
    return BlockHandle(offset: Int(offset), byteCount: Int(byteCount))
  }
}

/// A key of a table and its value.
struct TableEntry {
  let key: [UInt8]
  let value: [UInt8]
  /// Where the value lies in the file, or, of a compressed block, where that begins.
  let offset: Int
}

/// How many bytes of keys a table may give: keys are stored without what they share with the one before, so that a
/// small table could make very many of very long ones.
struct KeyBudget {
  private var rest: Int
  private let limit: Int

  init(tableSize: Int) {
    limit = min(tableSize, 1 << 40) * 16 + (1 << 20)
    rest = limit
  }

  mutating func spend(_ count: Int) throws(Failure) {
    guard count <= rest else { throw Failure(TableReason.longKeys(limit)) }
    rest -= count
  }
}

/// What can be wrong with a table.
enum TableReason: Reason {
  case noFooter
  case place(UInt64, UInt64, limit: Int)
  case order(Int, end: Int)
  case checksum(expected: UInt32, found: UInt32)
  case compression(UInt8)
  case restarts(UInt32, blockSize: Int)
  case endsWithin
  case shared(UInt64, of: Int)
  case keyOrder
  case longKeys(Int)

  var description: String {
    switch self {
    case .noFooter:
      "is no table of TensorFlow's, or it is cut off: it does not end with the magic number"
    case .place(let offset, let count, let limit):
      "a block of \(count) bytes is said to lie at \(offset), where blocks end before \(limit)"
    case .order(let offset, let end):
      "a block is said to lie at \(offset), before the end of another at \(end)"
    case .checksum(let expected, let found):
      "the checksum of a block is \(hexadecimal(found)), not \(hexadecimal(expected)): it is damaged"
    case .compression(let type): "a block is compressed by method \(type), only Snappy is known"
    case .restarts(let count, let size):
      "a block of \(size) bytes is said to have \(count) places to begin at"
    case .endsWithin: "a block ends within an entry"
    case .shared(let count, let length):
      "a key is said to share \(count) bytes with the one before it, which has \(length)"
    case .keyOrder: "keys are not in ascending order"
    case .longKeys(let limit): "the keys have more than \(limit) bytes together"
    }
  }

  var hint: String? {
    switch self {
    case .noFooter: "the file may be cut off; fetch it again"
    default: nil
    }
  }
}
