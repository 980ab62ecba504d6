import Tensors

/// Decodes the index of a file's structure, whose grammar is at the end of `chdf5.h`.
enum HDF5Index {
  private static let magic = Array("PAREHDF5".utf8)

  static func decode(_ bytes: UnsafeRawBufferPointer) throws(Failure) -> HDF5Structure {
    var cursor = HDF5IndexCursor(bytes)
    guard try cursor.bytes(magic.count) == magic, try cursor.number32() == 1 else {
      throw HDF5IndexCursor.damaged("not an index")
    }
    let entryCount = Int(try cursor.number32())
    guard try cursor.integer() == bytes.count else { throw HDF5IndexCursor.damaged("wrong length") }
    _ = try cursor.integer()  // the size of the user block, which all offsets include
    // Kind, length, path.
    guard entryCount <= cursor.rest / 16 else {
      throw HDF5IndexCursor.damaged("a count beyond the end")
    }
    var structure = HDF5Structure()
    for _ in 0..<entryCount {
      let kind = try cursor.number32()
      var body = try cursor.part(try cursor.integer())
      let entry = try entry(kind, &body)
      try body.expectEnd("an entry")
      guard structure.append(entry) else {
        throw Failure(HDF5Reason.duplicatePath, at: Place(tensor: entry.path))
      }
    }
    try cursor.expectEnd("the index")
    guard structure[""] != nil else { throw HDF5IndexCursor.damaged("no root group") }
    return structure
  }

  private static func entry(
    _ kind: UInt32, _ body: inout HDF5IndexCursor
  ) throws(Failure) -> HDF5Entry {
    let path = try path(&body)
    let found: HDF5Entry.Kind
    switch kind {
    case 1: found = .group(try attributes(&body))
    case 2: found = .dataset(try dataset(&body))
    case 3:
      _ = try type(&body)
      _ = try attributes(&body)
      found = .namedType
    case 4: found = .softLink(target: try body.text())
    case 5:
      found = .externalLink(file: try body.text())
      _ = try body.text()
    case 6: found = .alias(of: try self.path(&body))
    case 7: found = .userDefinedLink(class: try body.number32())
    case 8: found = .unreadable(reason: try body.text())
    default: throw HDF5IndexCursor.damaged("entry of kind \(kind)")
    }
    return HDF5Entry(path: path, kind: found)
  }

  /// A path, without its leading slash.
  private static func path(_ body: inout HDF5IndexCursor) throws(Failure) -> String {
    let raw = try body.rawString()
    guard let path = String(validating: raw, as: UTF8.self) else {
      throw Failure(
        HDF5Reason.nameNotText, at: Place(tensor: String(decoding: raw, as: UTF8.self)))
    }
    guard path.utf8.first == UInt8(ascii: "/") else {
      throw HDF5IndexCursor.damaged("a relative path")
    }
    return String(path.dropFirst())
  }

  private static func dataset(_ body: inout HDF5IndexCursor) throws(Failure) -> HDF5Dataset {
    let type = try type(&body)
    let space = try space(&body)
    let (storage, storedByteCount) = try storage(&body)
    let filters = try filters(&body)
    let fill = try fill(&body)
    return HDF5Dataset(
      type: type, space: space, storage: storage, storedByteCount: storedByteCount,
      filters: filters, fill: fill, attributes: try attributes(&body))
  }

  private static func type(_ body: inout HDF5IndexCursor) throws(Failure) -> HDF5Type {
    let (typeClass, order, flags) = (try body.byte(), try body.byte(), try body.byte())
    _ = try body.byte()  // how strings are padded
    let byteCount = try body.integer()
    let (precision, bitOffset) = (try body.number32(), try body.number32())
    let float = HDF5Type.FloatLayout(
      signPosition: try body.number32(), exponentPosition: try body.number32(),
      exponentBits: try body.number32(), mantissaPosition: try body.number32(),
      mantissaBits: try body.number32(), normalization: try body.number32(),
      bias: try body.number64())
    _ = try body.text()  // the tag of an opaque type
    return HDF5Type(
      typeClass: typeClass, order: order, flags: flags, byteCount: byteCount,
      precision: precision, bitOffset: bitOffset, float: float, description: try body.text())
  }

  private static func space(_ body: inout HDF5IndexCursor) throws(Failure) -> HDF5Space {
    let (kind, rank) = (try body.byte(), Int(try body.byte()))
    let lengths = try integers(rank, &body)
    switch kind {
    case 0: return .scalar
    case 1: return .simple(lengths)
    case 2: return .null
    default: throw HDF5IndexCursor.damaged("dataspace of kind \(kind)")
    }
  }

  private static func integers(
    _ count: Int, _ body: inout HDF5IndexCursor
  ) throws(Failure) -> [Int] {
    var values: [Int] = []
    for _ in 0..<count { values.append(try body.integer()) }
    return values
  }
}

extension HDF5Index {
  private static func storage(
    _ body: inout HDF5IndexCursor
  ) throws(Failure) -> (HDF5Dataset.Storage, Int) {
    let layout = try body.number32()
    let storedByteCount = Int(clamping: try body.number64())
    let storage: HDF5Dataset.Storage
    switch layout {
    case 0: storage = .compact(try body.bytes(try body.longCount(ofAtLeast: 1)))
    case 1:
      let offset = try body.number64()
      storage = .contiguous(offset: offset == .max ? nil : Int(clamping: offset))
    case 2: storage = .chunked(try chunks(&body))
    case 3: storage = .virtual
    case 4:
      var files: [String] = []
      for _ in 0..<(try body.count(ofAtLeast: 4)) { files.append(try body.text()) }
      storage = .external(files)
    default: storage = .unknown
    }
    return (storage, storedByteCount)
  }

  private static func chunks(_ body: inout HDF5IndexCursor) throws(Failure) -> HDF5ChunkTable {
    let rank = try body.count(ofAtLeast: 8)
    var table = HDF5ChunkTable(lengths: try integers(rank, &body))
    let count = try body.longCount(ofAtLeast: 20 + 8 * rank)
    table.chunks.reserveCapacity(count)
    table.starts.reserveCapacity(count * rank)
    for _ in 0..<count {
      let mask = try body.number32()
      let byteCount = Int(clamping: try body.number64())
      let offset = Int(clamping: try body.number64())
      table.chunks.append(.init(mask: mask, offset: offset, byteCount: byteCount))
      for _ in 0..<rank { table.starts.append(try body.integer()) }
    }
    return table
  }

  private static func filters(_ body: inout HDF5IndexCursor) throws(Failure) -> [HDF5Filter] {
    var filters: [HDF5Filter] = []
    for _ in 0..<(try body.count(ofAtLeast: 16)) {
      let identifier = try body.number32()
      _ = try body.number32()  // whether the writer could go without it
      let name = try body.text()
      var values: [UInt32] = []
      for _ in 0..<(try body.count(ofAtLeast: 4)) { values.append(try body.number32()) }
      filters.append(HDF5Filter(identifier: identifier, name: name, values: values))
    }
    return filters
  }

  private static func fill(_ body: inout HDF5IndexCursor) throws(Failure) -> [UInt8] {
    let isGiven = try body.number32() == 2
    let bytes = try body.bytes(try body.longCount(ofAtLeast: 1))
    return isGiven && bytes.contains { $0 != 0 } ? bytes : []
  }

  private static func attributes(
    _ body: inout HDF5IndexCursor
  ) throws(Failure) -> [HDF5Attribute] {
    var attributes: [HDF5Attribute] = []
    for _ in 0..<(try body.count(ofAtLeast: 8)) {
      var part = try body.part(try body.integer())
      let name = try part.text()
      _ = try type(&part)
      let space = try space(&part)
      attributes.append(HDF5Attribute(name: name, space: space, value: try value(&part)))
      try part.expectEnd("an attribute")
    }
    return attributes
  }

  private static func value(
    _ body: inout HDF5IndexCursor
  ) throws(Failure) -> HDF5Attribute.Value {
    let kind = try body.number32()
    switch kind {
    case 1:
      var values: [String] = []
      for _ in 0..<(try body.longCount(ofAtLeast: 4)) { values.append(try body.text()) }
      return .strings(values)
    case 2: return .signed(try numbers(&body).map { Int64(bitPattern: $0) })
    case 3: return .unsigned(try numbers(&body))
    case 4: return .floats(try numbers(&body).map { Double(bitPattern: $0) })
    case 5:
      _ = try body.part(try body.integer())
      return .none
    case 0, 6, 7: return .none
    default: throw HDF5IndexCursor.damaged("attribute of kind \(kind)")
    }
  }

  private static func numbers(_ body: inout HDF5IndexCursor) throws(Failure) -> [UInt64] {
    var values: [UInt64] = []
    for _ in 0..<(try body.longCount(ofAtLeast: 8)) { values.append(try body.number64()) }
    return values
  }
}
