import Tensors

/// Which of the indices along an axis are taken, in the order in which they are taken.
package struct Gather: Sendable, Equatable {
  /// Runs of consecutive indices.
  package let runs: [Range<Int>]
  package let count: Int

  package init(_ indices: [Int]) {
    var runs: [Range<Int>] = []
    for index in indices {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<(index + 1)
      } else {
        runs.append(index..<(index + 1))
      }
    }
    self.runs = runs
    count = indices.count
  }

  package var indices: [Int] { runs.flatMap { Array($0) } }

  /// The indices counted in steps of so many, where nothing but whole steps is taken: `[4, 5, 0, 1]` in steps of 2 is
  /// `[2, 0]`; nil otherwise.
  package func inSteps(of size: Int) -> Gather? {
    guard size > 1 else { return size == 1 ? self : nil }
    var steps: [Int] = []
    for run in runs {
      guard run.lowerBound % size == 0, run.count % size == 0 else { return nil }
      steps += (run.lowerBound / size)..<(run.upperBound / size)
    }
    return Gather(steps)
  }

  /// The same taken of indices each of which is a run of so many.
  package func times(_ size: Int) -> Gather {
    Gather(indices.flatMap { ($0 * size)..<(($0 + 1) * size) })
  }
}

extension Tensor {
  /// Some rows and some columns of a tensor, gathered whenever its bytes are asked for; nil takes all.
  ///
  /// Rows lie along the first axis, columns along the last; a vector has rows only.
  ///
  /// - Precondition: elements are whole bytes, indices lie within the tensor, the rank is 2 where columns are taken,
  ///   else at least 1.
  package func taking(rows: Gather? = nil, columns: Gather? = nil) -> Tensor {
    precondition(elementType.byteWidth != nil && shape.rank >= (columns == nil ? 1 : 2))
    precondition(columns == nil || shape.rank == 2)
    precondition(rows?.runs.allSatisfy { $0.upperBound <= shape[0] } ?? true)
    precondition(columns?.runs.allSatisfy { $0.upperBound <= shape[1] } ?? true)
    guard rows != nil || columns != nil else { return self }
    var lengths = shape.lengths
    if let rows { lengths[0] = rows.count }
    if let columns { lengths[1] = columns.count }
    let taken = Shape(lengths)
    return Tensor(
      elementType, taken,
      source: GatheredSource(
        base: self, rows: rows ?? Gather(Array(0..<shape[0])), columns: columns,
        rowSize: taken.elementCount / max(1, lengths[0]) * elementType.byteWidth!,
        byteCount: taken.byteCount(of: elementType)!))
  }
}

/// The bytes of some rows and columns of a tensor.
private struct GatheredSource: TensorSource {
  let base: Tensor
  let rows: Gather
  let columns: Gather?
  /// Of a row as taken, in bytes.
  let rowSize: Int
  let byteCount: Int

  var pieceSize: Int {
    let isWhole = base.source.pieceSize >= base.byteCount
    guard rowSize > 0, !isWhole else { return max(1, byteCount) }
    return max(1, Self.usualPieceSize / max(1, baseRowSize)) * rowSize
  }

  /// Of a row of the tensor that is taken from, in bytes.
  private var baseRowSize: Int {
    base.elementCount / max(1, base.shape[0]) * base.elementType.byteWidth!
  }

  func withBytes<Result>(
    _ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) throws -> Result {
    guard !range.isEmpty else { return try body(UnsafeRawBufferPointer(start: nil, count: 0)) }
    let band = (range.lowerBound / rowSize)..<((range.upperBound + rowSize - 1) / rowSize)
    let wanted = range.lowerBound - band.lowerBound * rowSize
    let runs = runs(of: band)
    if columns == nil, runs.count == 1 {
      let start = runs[0].lowerBound * rowSize + wanted
      return try base.source.withBytes(start..<(start + range.count), body)
    }
    return try withScratch(band.count * rowSize) { scratch in
      try fill(scratch, with: runs)
      return try body(
        UnsafeRawBufferPointer(rebasing: scratch[wanted..<(wanted + range.count)]))
    }
  }

  /// The rows of the base that are some of those taken.
  private func runs(of band: Range<Int>) -> [Range<Int>] {
    var place = 0
    var found: [Range<Int>] = []
    for run in rows.runs {
      let part = band.clamped(to: place..<(place + run.count))
      if !part.isEmpty {
        let shift = run.lowerBound - place
        found.append((part.lowerBound + shift)..<(part.upperBound + shift))
      }
      place += run.count
      if place >= band.upperBound { break }
    }
    return found
  }

  private func fill(_ scratch: UnsafeMutableRawBufferPointer, with runs: [Range<Int>]) throws {
    var output = 0
    let step = max(1, max(base.source.pieceSize, Self.usualPieceSize) / max(1, baseRowSize))
    for run in runs {
      for first in stride(from: run.lowerBound, to: run.upperBound, by: step) {
        let some = first..<min(first + step, run.upperBound)
        let range = (some.lowerBound * baseRowSize)..<(some.upperBound * baseRowSize)
        try base.source.withBytes(range) { bytes in
          copy(bytes, to: UnsafeMutableRawBufferPointer(rebasing: scratch[output...]))
        }
        output += some.count * rowSize
      }
    }
  }

  /// Copies whole rows, or the columns of them that are taken.
  private func copy(_ bytes: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer) {
    guard let columns else { return target.copyMemory(from: bytes) }
    let width = base.elementType.byteWidth!
    var output = 0
    for row in stride(from: 0, to: bytes.count, by: max(1, baseRowSize)) {
      for run in columns.runs {
        let start = row + run.lowerBound * width
        let part = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + run.count * width)])
        UnsafeMutableRawBufferPointer(rebasing: target[output...]).copyMemory(from: part)
        output += part.count
      }
    }
  }
}
