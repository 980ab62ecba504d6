import Checkpoints
import Synchronization
import Tensors

/// Packs chunks on several threads and sends them in their order, so that the file is the same
/// whatever the number of threads.
///
/// Memory: a batch of small tensors, or one large tensor, and what they are packed to.
struct HDF5Compression {
  struct Item: Sendable {
    var tensor: NamedTensor
    var chunking: HDF5Chunking
    var number: Int
  }

  private let batches: [[Item]]
  private let level: Int
  private let options: WriteOptions

  private static let batchSize = 8 << 20

  init(_ items: [Item], level: Int, options: WriteOptions) {
    self.level = level
    self.options = options
    var batches: [[Item]] = []
    var size = Int.max
    for item in items {
      if size >= Self.batchSize {
        batches.append([])
        size = 0
      }
      batches[batches.count - 1].append(item)
      size += item.tensor.tensor.byteCount
    }
    self.batches = batches
  }

  func send(to writer: borrowing HDF5Writer) throws {
    for batch in batches {
      // A batch of one is shared out by its chunks, a larger one by its tensors.
      let isSplit = batch.count == 1
      let packed = Mutex<[Int: [HDF5Chunking.Packed]]>([:])
      try Workers.forEach(Array(batch.indices), threads: isSplit ? 1 : options.threads) { index in
        let chunks = try pack(batch[index], threads: isSplit ? options.threads : 1)
        packed.withLock { $0[index] = chunks }
      }
      let chunks = packed.withLock { $0 }
      for (index, item) in batch.enumerated() {
        for (piece, chunk) in zip(item.chunking.pieces, chunks[index] ?? []) {
          try writer.write(chunk, of: item.number, at: piece.start)
        }
      }
    }
  }

  private func pack(_ item: Item, threads: Int) throws -> [HDF5Chunking.Packed] {
    let pieces = item.chunking.pieces
    do {
      return try item.tensor.tensor.withBytes { bytes in
        let lent = LentBytes(bytes)
        let packed = Mutex<[Int: HDF5Chunking.Packed]>([:])
        try Workers.forEach(Array(pieces.indices), threads: threads) { index in
          let part = UnsafeRawBufferPointer(rebasing: lent.bytes[pieces[index].range])
          let chunk = try item.chunking.pack(part, level: level)
          packed.withLock { $0[index] = chunk }
          options.progress?.advance(part.count)
        }
        let chunks = packed.withLock { $0 }
        return pieces.indices.compactMap { chunks[$0] }
      }
    } catch let failure as Failure {
      throw failure.within(Place(tensor: item.tensor.name))
    }
  }
}

/// Bytes that several threads read while they are lent.
private struct LentBytes: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }
}
