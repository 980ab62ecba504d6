import Tensors

extension Decomposition {
  func factors() throws -> (left: [Float], right: [Float], singularValues: [Double]) {
    switch side {
    case .columns:
      let (projection, right) = columnFactors()
      return (try project(onColumns: projection), right, singularValues)
    case .rows:
      let (left, projection) = rowFactors()
      return (left, try project(onRows: projection), singularValues)
    }
  }

  /// What W is multiplied by for the left factor, transposed, and the right factor; both `[rank, columns]`.
  private func columnFactors() -> (projection: [Float], right: [Float]) {
    switch weights {
    case .none, .rows:
      return (scaled(vectors, power: -0.5), scaled(vectors, power: 0.5))
    case .inputs(let root, let gram):
      let size = matrix.columns
      let transformed = blas.product(vectors, root, rows: rank, inner: size, columns: size)
      let projected = blas.product(transformed, gram, rows: rank, inner: size, columns: size)
      return (scaled(transformed, power: -0.5), scaled(projected, power: -1.5))
    }
  }

  /// The left factor, `[rows, rank]`, and what W is multiplied by for the right one, `[rank, rows]`.
  private func rowFactors() -> (left: [Float], projection: [Float]) {
    var (outer, inner) = (vectors, vectors)
    if case .rows(let weights) = weights {
      for place in outer.indices {
        outer[place] /= weights[place % matrix.rows]
        inner[place] *= weights[place % matrix.rows]
      }
    }
    let transposed = scaled(outer, power: 0.5)
    var left = [Float](repeating: 0, count: transposed.count)
    for index in 0..<rank {
      for row in 0..<matrix.rows {
        left[row * rank + index] = transposed[index * matrix.rows + row]
      }
    }
    return (left, scaled(inner, power: -0.5))
  }

  /// Rows times a power of their singular values; nothing where rounding is all there is to a value.
  private func scaled(_ rows: [Double], power: Double) -> [Float] {
    let width = rows.count / rank
    let least = (singularValues.first ?? 0) * 1e-9
    return [Float](unsafeUninitializedCapacity: rows.count) { result, filled in
      for index in 0..<rank {
        let root = singularValues[index].squareRoot()
        var scale = root
        if power < 0 { scale = singularValues[index] > least ? 1 / root : 0 }
        if power < -1 { scale /= max(singularValues[index], least, .leastNormalMagnitude) }
        for place in (index * width)..<((index + 1) * width) {
          result[place] = Float(rows[place] * scale)
        }
      }
      filled = rows.count
    }
  }

  /// W · projectionᵀ, `[rows, rank]`.
  private func project(onColumns projection: [Float]) throws -> [Float] {
    let memory = try PackedMemory(byteCount: checkedProduct(matrix.rows, rank, 4))
    try Workers.forEach(matrix.bands, threads: threads) { [matrix, rank, blas] band in
      projection.withUnsafeBufferPointer {
        blas.multiply(
          Factor(start: matrix.row(band.lowerBound), stride: matrix.columns),
          Factor(start: $0.baseAddress!, stride: matrix.columns, isTransposed: true),
          rows: band.count, inner: matrix.columns, columns: rank,
          into: memory.elements(as: Float.self) + band.lowerBound * rank, stride: rank)
      }
    }
    return [Float](memory.bytes.bindMemory(to: Float.self))
  }

  /// projection · W, `[rank, columns]`.
  private func project(onRows projection: [Float]) throws -> [Float] {
    let memory = try PackedMemory(byteCount: checkedProduct(rank, matrix.columns, 4))
    let parts = (0..<matrix.columns).split(by: 256)
    try Workers.forEach(parts, threads: threads) { [matrix, rank, blas] part in
      projection.withUnsafeBufferPointer {
        blas.multiply(
          Factor(start: $0.baseAddress!, stride: matrix.rows),
          Factor(start: matrix.start + part.lowerBound, stride: matrix.columns),
          rows: rank, inner: matrix.rows, columns: part.count,
          into: memory.elements(as: Float.self) + part.lowerBound, stride: matrix.columns)
      }
    }
    return [Float](memory.bytes.bindMemory(to: Float.self))
  }
}
