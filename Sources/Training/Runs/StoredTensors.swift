import Checkpoints
import Tensors

/// The tensors of a run's state as they lie in a file, found by their names.
package struct StoredTensors: Sendable {
  package let file: String
  private let tensors: [String: Tensor]

  package init(_ container: Container) {
    file = container.files.first ?? ""
    tensors = Dictionary(container.tensors.map { ($0.name, $0.tensor) }) { first, _ in first }
  }

  package var names: [String] { tensors.keys.sorted() }

  package func contains(_ name: String) -> Bool { tensors[name] != nil }

  /// - Throws: ``Failure`` if there is no such tensor, or it is of another type or shape.
  private func tensor(_ name: String, _ type: ElementType, _ shape: Shape?) throws -> Tensor {
    let place = Place(file: file, tensor: name)
    guard let tensor = tensors[name] else {
      throw Failure(RunReason.missing("'\(printable(name))'"), at: Place(file: file))
    }
    guard tensor.elementType == type else {
      throw Failure(
        RunReason.damaged("is \(tensor.elementType.rawValue), not \(type.rawValue)"), at: place)
    }
    if let shape, tensor.shape != shape {
      throw Failure(RunReason.shape(found: tensor.shape, expected: shape), at: place)
    }
    return tensor
  }

  /// Fills a buffer with a tensor `[rows, columns]`.
  package func read(_ name: String, into buffer: FloatBuffer, rows: Int, columns: Int) throws {
    let tensor = try tensor(name, .f32, [rows, columns])
    try tensor.copy(to: UnsafeMutableRawBufferPointer(buffer.elements), buffer)
  }

  /// Other numbers that were kept with a run; nil where there are none of that name.
  func extra(_ name: String) throws -> FloatBuffer? {
    guard let known = tensors["extra/\(name)"] else { return nil }
    let buffer = try FloatBuffer(count: known.elementCount)
    try read("extra/\(name)", into: buffer, rows: 1, columns: buffer.count)
    return buffer
  }

  /// Fills some rows of a buffer with the rows of a tensor.
  func read(_ name: String, into buffer: FloatBuffer, rows: [Int], columns: Int) throws {
    guard rows.count * columns < buffer.count else {
      return try read(name, into: buffer, rows: rows.count, columns: columns)
    }
    let tensor = try tensor(name, .f32, [rows.count, columns])
    let width = columns * 4
    for (place, row) in rows.enumerated() {
      try tensor.source.withBytes((place * width)..<((place + 1) * width)) { bytes in
        UnsafeMutableRawBufferPointer(start: buffer.start + row * columns, count: width)
          .copyMemory(from: bytes)
      }
    }
  }

  /// A mask of ones and zeros; nil where the state has none of that name.
  func mask(_ name: String, rows: Int, columns: Int) throws -> FloatBuffer? {
    guard contains(name) else { return nil }
    let tensor = try tensor(name, .u8, [rows, columns])
    let buffer = try FloatBuffer(count: rows * columns)
    var index = 0
    for piece in tensor.source.pieces {
      try tensor.source.withBytes(piece) { bytes in
        for byte in bytes {
          buffer.start[index] = byte == 0 ? 0 : 1
          index += 1
        }
      }
    }
    return buffer
  }

  /// Ascending numbers of rows; nil where the state has none of that name.
  func rows(_ name: String, below bound: Int) throws -> [Int]? {
    guard let known = tensors[name] else { return nil }
    let place = Place(file: file, tensor: name)
    guard known.shape.rank == 1, known.shape[0] <= bound else {
      throw Failure(RunReason.shape(found: known.shape, expected: [bound]), at: place)
    }
    let rows = try tensor(name, .i32, nil).withBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map {
        Int(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self)))
      }
    }
    let isAscending = zip(rows, rows.dropFirst()).allSatisfy { $0 < $1 }
    guard isAscending, (rows.first ?? 0) >= 0, (rows.last ?? 0) < bound else {
      throw Failure(RunReason.damaged("rows that are not ascending, or too great"), at: place)
    }
    return rows
  }
}

extension Tensor {
  fileprivate func copy(to target: UnsafeMutableRawBufferPointer, _ owner: FloatBuffer) throws {
    for piece in source.pieces {
      try source.withBytes(piece) { bytes in
        UnsafeMutableRawBufferPointer(rebasing: target[piece]).copyMemory(from: bytes)
      }
    }
    withExtendedLifetime(owner) {}
  }
}
