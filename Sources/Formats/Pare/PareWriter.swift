import Checkpoints
import Documents
import Tensors

/// Writes a planned file: tensors are coded on several threads and appended in their order behind the room for the
/// header, which is written last.
///
/// Memory: a tensor for each thread, with what it is coded to, and what waits for its turn.
final class PareWriter {
  private let plan: ParePlan
  private let file: OutputFile
  private let options: WriteOptions
  /// Where the next tensor goes.
  private var end: Int
  private var entries: [Int: PareManifest.Entry] = [:]
  private var header: [SafetensorsHeader.Placed] = []
  /// Those that are written, by what tells most of them apart.
  private var known: [Signature: (index: Int, range: Range<Int>)] = [:]

  private struct Signature: Hashable {
    var entry: String
    var checksum: UInt32
    var byteCount: Int
  }

  init(_ plan: ParePlan, _ file: OutputFile, _ options: WriteOptions) {
    self.plan = plan
    self.file = file
    self.options = options
    end = plan.headerSize
  }

  func write() throws {
    try writePlain()
    let done = try takeUp()
    let rest = plan.coded.dropFirst(done)
    let (tensors, progress) = (plan.tensors, options.progress)
    let indices = Array(rest)
    let handover = OrderedHandover<CodedStreams> { [self] place, streams in
      try append(streams, of: indices[place])
    }
    try handover.run(indices.count, threads: options.threads) { place in
      let tensor = tensors[indices[place]]
      do {
        let streams = try CodedStreams(tensor.heldStorage)
        progress?.advance(tensor.tensor.byteCount)
        return (streams, streams.bytes.count)
      } catch let failure as Failure {
        throw failure.within(Place(tensor: tensor.name))
      }
    }
    try writeHeader()
  }

  private func writePlain() throws {
    for index in plan.plain {
      let tensor = plan.tensors[index]
      do {
        try tensor.tensor.withBytes { bytes in
          try file.write(bytes, at: end)
          entries[index] = .plain(checksum: checksum(bytes))
        }
      } catch let failure as Failure {
        throw failure.within(Place(tensor: tensor.name))
      }
      place(tensor.name, tensor.tensor.elementType, tensor.tensor.shape, tensor.tensor.byteCount)
      options.progress?.advance(tensor.tensor.byteCount)
    }
  }

  private func place(_ name: String, _ type: ElementType, _ shape: Shape, _ byteCount: Int) {
    let start = end - plan.headerSize
    header.append(.init(name, type, shape, start..<(start + byteCount)))
    end += byteCount
  }

  private func writeHeader() throws {
    let manifest = PareManifest(
      plan.tensors.indices.map { (plan.tensors[$0].name, entries[$0]!) })
    let bytes = try SafetensorsHeader.bytes(
      header, manifest.metadata(beside: plan.metadata), paddedTo: plan.headerSize)
    guard bytes.count == plan.headerSize else {
      throw Failure(PareReason.headerOutgrown(bytes.count, reserved: plan.headerSize))
    }
    // What an earlier run left beyond the end goes.
    try file.reserve(end)
    try file.write(bytes, at: 0)
  }
}

extension PareWriter {
  /// Appends a tensor, or says of it that it shares the values of one that is already there.
  private func append(_ streams: CodedStreams, of index: Int) throws {
    let tensor = plan.tensors[index]
    let entry = PareManifest.Entry.coded(tensor, streams.streams)
    let key = journalKey(index)
    if let owner = try equal(to: streams.bytes, entry, index) {
      let entry = PareManifest.Entry.shared(with: plan.tensors[owner].name)
      entries[index] = entry
      options.journal?.record(
        key, UnsafeRawBufferPointer(start: nil, count: 0), at: end, note: entry.json.text())
      return
    }
    let range = end..<(end + streams.bytes.count)
    try streams.bytes.withUnsafeBytes { bytes in
      try file.write(bytes, at: range.lowerBound)
      options.journal?.record(key, bytes, at: range.lowerBound, note: entry.json.text())
    }
    file.startFlushing(range)
    add(entry, index, range, checksum(streams.bytes))
  }

  private func add(
    _ entry: PareManifest.Entry, _ index: Int, _ range: Range<Int>, _ checksum: UInt32
  ) {
    entries[index] = entry
    let signature = Signature(
      entry: entry.json.text(), checksum: checksum, byteCount: range.count)
    if known[signature] == nil { known[signature] = (index, range) }
    place(plan.tensors[index].name, .u8, [range.count], range.count)
  }

  /// The tensor whose streams are the same to the byte, where it takes no more to say so.
  private func equal(
    to bytes: [UInt8], _ entry: PareManifest.Entry, _ index: Int
  ) throws -> Int? {
    let signature = Signature(
      entry: entry.json.text(), checksum: checksum(bytes), byteCount: bytes.count)
    guard let owner = known[signature], try file.bytes(owner.range) == bytes else { return nil }
    let name = JSON.string(plan.tensors[owner.index].name).text()
    let longest = ParePlan.longestEntry(plan.tensors[index]).json.text()
    return name.utf8.count <= longest.utf8.count ? owner.index : nil
  }

  /// Takes up what an earlier run has appended, and returns for how many tensors.
  private func takeUp() throws -> Int {
    guard let journal = options.journal else { return 0 }
    for (done, index) in plan.coded.enumerated() {
      guard let found = journal.entry(journalKey(index), in: file), found.range.lowerBound == end,
        let entry = try? PareManifest.Entry(
          reading: JSON.parse([UInt8](found.note.utf8), file: file.path))
      else { return done }
      if case .shared = entry {
        entries[index] = entry
      } else {
        add(entry, index, found.range, checksum(try file.bytes(found.range)))
      }
      options.progress?.advance(plan.tensors[index].tensor.byteCount)
    }
    return plan.coded.count
  }

  private func journalKey(_ index: Int) -> String { "coded \(index)" }
}
