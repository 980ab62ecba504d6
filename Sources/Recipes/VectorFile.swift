import Tensors

/// Vectors of sentences as a file.
public enum VectorFormat: String, Sendable, CaseIterable {
  /// A matrix of singles as NumPy keeps it.
  case npy
  /// A line for each sentence, numbers with tabs between.
  case tsv
}

/// Writes vectors one after the other, whole or not at all.
public final class VectorFile {
  private let output: OutputTransaction
  private let file: SequentialOutput
  private let format: VectorFormat
  private let width: Int

  /// - Parameter rows: how many vectors are going to be written.
  public init(
    _ format: VectorFormat, to destination: Destination, rows: Int, width: Int, replacing: Bool
  ) throws {
    output = try OutputTransaction(destination, replacing: replacing)
    file = SequentialOutput(try output.makeFile("vectors"))
    self.format = format
    self.width = width
    if format == .npy { try file.write(Self.header(rows: rows, width: width)) }
  }

  public func write(_ vectors: [[Float]]) throws {
    switch format {
    case .npy: try file.write(vectors.flatMap { $0.withUnsafeBytes(Array.init) })
    case .tsv:
      let lines = vectors.map { $0.map { "\($0)" }.joined(separator: "\t") + "\n" }
      try file.write(lines.joined().utf8)
    }
  }

  public func commit() throws {
    try file.finish()
    try output.commit()
  }

  /// Version 1.0 of the format (numpy/lib/format.py): a Python literal padded to a multiple of 64 bytes.
  static func header(rows: Int, width: Int) -> [UInt8] {
    let literal = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(width)), }"
    let length = (10 + literal.utf8.count + 1 + 63) / 64 * 64 - 10
    let padded = literal + String(repeating: " ", count: length - literal.utf8.count - 1) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)]
      + Array(padded.utf8)
  }
}
