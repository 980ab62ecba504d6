import Checkpoints
import Tensors

/// A tensor and the offset in a file at which its bytes go.
struct PlacedTensor: Sendable {
  let tensor: NamedTensor
  let offset: Int

  init(_ tensor: NamedTensor, at offset: Int) {
    self.tensor = tensor
    self.offset = offset
  }

  /// The ranges in which the bytes are pulled.
  fileprivate var pieces: [Piece] {
    tensor.tensor.source.pieces.map { Piece(tensor: self, range: $0) }
  }
}

private struct Piece: Sendable {
  let tensor: PlacedTensor
  let range: Range<Int>
}

extension OutputFile {
  /// Pulls the bytes of tensors and writes them to their places, on several threads.
  ///
  /// - Parameter watch: told of each piece and its place in the file, also where an earlier run has written it.
  func write(
    _ tensors: [PlacedTensor], options: WriteOptions,
    watching watch: (@Sendable (UnsafeRawBufferPointer, Int) -> Void)? = nil
  ) throws {
    let (progress, journal) = (options.progress, isSequential ? nil : options.journal)
    try Workers.forEach(tensors.flatMap(\.pieces), threads: isSequential ? 1 : options.threads) {
      piece in
      let (tensor, offset) = (piece.tensor.tensor, piece.tensor.offset + piece.range.lowerBound)
      let key = "\(path)@\(offset)+\(piece.range.count)"
      if let journal, let entry = journal.entry(key, in: self) {
        if let watch { try bytes(entry.range).withUnsafeBytes { watch($0, offset) } }
        progress?.advance(piece.range.count)
        return
      }
      do {
        try tensor.tensor.source.withBytes(piece.range) {
          try write($0, at: offset)
          watch?($0, offset)
          journal?.record(key, $0, at: offset)
        }
      } catch let failure as Failure {
        throw failure.within(Place(tensor: tensor.name))
      }
      startFlushing(offset..<(offset + piece.range.count))
      progress?.advance(piece.range.count)
    }
  }
}
