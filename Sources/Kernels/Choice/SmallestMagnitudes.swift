import Synchronization
import Tensors

/// The choice of exactly so many numbers of the least magnitude among those of several tensors.
///
/// Of equal ones the earlier are taken: by the order of the tensors, then by their place. NaN counts as greater than
/// infinity. The bits of a magnitude are ordered as the magnitudes are, so three sweeps suffice, whatever the
/// number of elements: one finds the upper half of the bits of the greatest that is taken, one the lower half, and one
/// where the ties end. They hold nothing but counts, which are the same for any number of threads.
package struct SmallestMagnitudes: Sendable {
  /// What is taken of each tensor.
  package let cuts: [MagnitudeCut]

  /// - Parameters:
  ///   - count: how many to take; all are taken where there are not so many.
  ///   - tensors: of F32.
  /// - Throws: ``Failure`` if a tensor cannot be read.
  package init(
    _ count: Int, of tensors: [Tensor], threads: Int = 1
  ) throws {
    precondition(tensors.allSatisfy { $0.elementType == .f32 })
    let total = tensors.reduce(0) { $0 + $1.elementCount }
    guard count > 0, count < total else {
      let cut: MagnitudeCut = count > 0 ? .everything : .nothing
      cuts = tensors.map { _ in cut }
      return
    }
    let sweep = MagnitudeSweep(tensors, threads: threads)
    var rest = count
    let upper = try sweep.histogram { key in Int(key >> 16) }.bin(holding: &rest)
    let lower = try sweep.histogram { key in
      Int(key >> 16) == upper ? Int(key & 0xFFFF) : nil
    }.bin(holding: &rest)
    let key = UInt32(upper) << 16 | UInt32(lower)
    cuts = try sweep.cuts(at: key, ties: rest)
  }
}

/// Which elements of a tensor are among the smallest: those below a magnitude, and of those at it the ones before
/// some place.
package struct MagnitudeCut: Sendable, Equatable {
  /// The bits of the magnitude.
  package var key: UInt32
  /// The first place from which on elements of that magnitude are not taken.
  package var end: Int

  package static let nothing = MagnitudeCut(key: 0, end: 0)
  package static let everything = MagnitudeCut(key: .max, end: 0)

  /// The bits of a single's magnitude.
  @inline(__always)
  package static func key(_ bits: UInt32) -> UInt32 { bits & 0x7FFF_FFFF }

  /// So many of one array, the earlier of equal ones.
  package init(smallest count: Int, of values: [Float]) {
    guard count > 0, count < values.count else {
      self = count > 0 ? .everything : .nothing
      return
    }
    var rest = count
    let upper = values.histogram { Int($0 >> 16) }.bin(holding: &rest)
    let lower = values.histogram { Int($0 >> 16) == upper ? Int($0 & 0xFFFF) : nil }
      .bin(holding: &rest)
    let key = UInt32(upper) << 16 | UInt32(lower)
    var end = 0
    while rest > 0 {
      if Self.key(values[end].bitPattern) == key { rest -= 1 }
      end += 1
    }
    (self.key, self.end) = (key, end)
  }

  init(key: UInt32, end: Int) {
    (self.key, self.end) = (key, end)
  }

  @inline(__always)
  package func takes(_ key: UInt32, at index: Int) -> Bool {
    key < self.key || (key == self.key && index < end)
  }
}

/// Tensors gone through piece by piece, several at a time.
private struct MagnitudeSweep: Sendable {
  private let tensors: [Tensor]
  private let pieces: [Piece]
  private let threads: Int

  struct Piece {
    let tensor: Int
    let range: Range<Int>
  }

  init(_ tensors: [Tensor], threads: Int) {
    self.tensors = tensors
    self.threads = threads
    pieces = tensors.enumerated().flatMap { index, tensor in
      tensor.piecesOfElements.map { Piece(tensor: index, range: $0) }
    }
  }

  /// How many elements fall into each bin of 2¹⁶.
  func histogram(_ bin: @Sendable (UInt32) -> Int?) throws -> [Int] {
    let total = Mutex([Int](repeating: 0, count: 1 << 16))
    let next = Atomic<Int>(0)
    try Workers.forEach(Array(0..<max(1, min(threads, pieces.count))), threads: threads) { _ in
      var counts = [Int](repeating: 0, count: 1 << 16)
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < pieces.count else { break }
        try lend(index) { keys in
          counts.withUnsafeMutableBufferPointer { counts in
            for place in 0..<keys.count {
              if let bin = bin(keys[place]) { counts[bin] &+= 1 }
            }
          }
        }
      }
      total.withLock { total in
        for index in total.indices { total[index] += counts[index] }
      }
    }
    return total.withLock { $0 }
  }

  /// What is taken of each tensor where all below a key are, and the first so many at it.
  func cuts(at key: UInt32, ties: Int) throws -> [MagnitudeCut] {
    let equals = Mutex([Int](repeating: 0, count: pieces.count))
    try Workers.forEach(Array(pieces.indices), threads: threads) { index in
      let count = try lend(index) { keys in
        var count: UInt32 = 0
        for place in 0..<keys.count { count &+= keys[place] == key ? 1 : 0 }
        return Int(count)
      }
      equals.withLock { $0[index] = count }
    }
    var rest = ties
    var cuts = tensors.map { MagnitudeCut(key: key, end: $0.elementCount) }
    var last = tensors.count
    for (index, count) in equals.withLock({ $0 }).enumerated() {
      if count < rest {
        rest -= count
      } else {
        last = pieces[index].tensor
        cuts[last].end = try place(ofTie: rest, at: key, in: index) + 1
        break
      }
    }
    for index in cuts.indices where index > last { cuts[index].end = 0 }
    return cuts
  }

  /// Where in its tensor the so-many-th element of a key in a piece is, counted from 1.
  private func place(ofTie number: Int, at key: UInt32, in index: Int) throws -> Int {
    try lend(index) { keys in
      var rest = number
      for place in 0..<keys.count where keys[place] == key {
        rest -= 1
        if rest == 0 { return pieces[index].range.lowerBound + place }
      }
      preconditionFailure("a piece has changed between two sweeps")
    }
  }

  private func lend<Result>(_ index: Int, _ body: (MagnitudeKeys) throws -> Result) throws -> Result
  {
    let piece = pieces[index]
    let range = (piece.range.lowerBound * 4)..<(piece.range.upperBound * 4)
    return try tensors[piece.tensor].source.withBytes(range) { try body(MagnitudeKeys($0)) }
  }
}

/// The magnitudes of singles, by their bits.
private struct MagnitudeKeys {
  private let start: UnsafeRawPointer?
  let count: Int

  init(_ bytes: UnsafeRawBufferPointer) {
    start = bytes.baseAddress
    count = bytes.count / 4
  }

  @inline(__always)
  subscript(place: Int) -> UInt32 {
    MagnitudeCut.key(start!.loadUnaligned(fromByteOffset: place &* 4, as: UInt32.self))
  }
}

extension [Float] {
  /// How many fall into each bin of 2¹⁶, by the bits of their magnitudes.
  fileprivate func histogram(_ bin: (UInt32) -> Int?) -> [Int] {
    var counts = [Int](repeating: 0, count: 1 << 16)
    for value in self {
      if let bin = bin(MagnitudeCut.key(value.bitPattern)) { counts[bin] += 1 }
    }
    return counts
  }
}

extension [Int] {
  /// The bin in which the so-many-th of all that are counted lies; the number becomes that within the bin.
  fileprivate func bin(holding number: inout Int) -> Int {
    for (bin, count) in enumerated() {
      if number <= count { return bin }
      number -= count
    }
    preconditionFailure("fewer elements than were counted")
  }
}

extension Tensor {
  /// The ranges of elements in which all are best asked for.
  package var piecesOfElements: [Range<Int>] {
    let step = Swift.max(1, source.pieceSize / elementType.byteWidth!)
    return stride(from: 0, to: elementCount, by: step).map {
      $0..<Swift.min($0 + step, elementCount)
    }
  }
}
