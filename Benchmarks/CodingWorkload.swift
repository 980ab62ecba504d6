import Checkpoints
import Coding
import Formats
import Glibc
import Kernels
import Tensors

/// Real weights, and what compression makes of them: codes and masks of the linears of an encoder.
struct CodingWorkload {
  let floats: [Tensor]
  let linears: [Linear]

  /// A matrix `[rows, columns]` in F32.
  struct Linear {
    let columns: Int
    let values: [Float]

    init(_ tensor: Tensor) throws {
      columns = tensor.shape[1]
      values = try tensor.cast(to: .f32).withBytes { bytes in
        (0..<tensor.elementCount).map {
          bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self)
        }
      }
    }

    /// Codes of so many bits, the largest magnitude of each row being the largest code.
    func codes(bits: Int) -> [Int8] {
      let largest = Float(1 << (bits - 1) - 1)
      var codes: [Int8] = []
      codes.reserveCapacity(values.count)
      for start in stride(from: 0, to: values.count, by: columns) {
        let row = values[start..<(start + columns)]
        let scale = row.reduce(0) { max($0, abs($1)) } / largest
        codes += row.map { scale > 0 ? Int8(($0 / scale).rounded(.toNearestOrEven)) : 0 }
      }
      return codes
    }

    func mask(above threshold: Float) -> [UInt8] { values.map { abs($0) >= threshold ? 1 : 0 } }
  }

  /// The model that `PARE_CODING_MODEL` names, or the one in the folder `PARE_SHARED`; nil if it is not there.
  init?() throws {
    let shared = getenv("PARE_SHARED").map { String(cString: $0) } ?? "../shared"
    let path =
      getenv("PARE_CODING_MODEL").map { String(cString: $0) }
      ?? "\(shared)/models/minilm-sst2/model.safetensors"
    guard access(path, R_OK) == 0 else {
      print("  skipped: \(path) is not there")
      return nil
    }
    let tensors = try SafetensorsFormat().read(path, options: ReadOptions()).tensors
    floats = tensors.map(\.tensor).filter { $0.elementType.isFloat }
    linears = try tensors.filter { named in
      named.tensor.shape.rank == 2 && named.name.contains("encoder.layer.")
    }.map { try Linear($0.tensor) }
  }

  /// The magnitude below which a share of the weights of all linears lie.
  func threshold(_ share: Double) -> Float {
    let sorted = linears.flatMap { $0.values.map(abs) }.sorted()
    return sorted[Int(share * Double(sorted.count))]
  }
}

/// A coded tensor, and how to decode it.
struct CodedTensor: Sendable {
  let kind: StreamKind
  let type: ElementType
  let elementCount: Int
  let table: [UInt8]
  let chunks: [[UInt8]]

  init(_ kind: StreamKind, _ type: ElementType, _ bytes: [UInt8], rowLength: Int?) throws {
    let encoder = try kind.encoder(of: MemorySource(bytes), type, rowLength: rowLength)
    let width = type.byteWidth!
    (self.kind, self.type, elementCount) = (kind, type, bytes.count / width)
    table = encoder.table
    chunks = try (0..<encoder.layout.chunkCount).map { index in
      let range = encoder.layout.chunk(index)
      return try bytes[(range.lowerBound * width)..<(range.upperBound * width)].withUnsafeBytes {
        try encoder.encode($0, chunk: index)
      }
    }
  }

  var size: Int { table.count + chunks.reduce(0) { $0 + $1.count } }

  func decoder(_ instructions: DecoderInstructions = .available) throws -> any StreamDecoder {
    try table.withUnsafeBytes {
      try kind.decoder(table: $0, type, elementCount: elementCount, instructions: instructions)
    }
  }

  /// Decodes all chunks, each into the beginning of the same buffer, as a reader with one piece does.
  func decode(
    _ instructions: DecoderInstructions = .available, into output: UnsafeMutableRawBufferPointer
  ) throws {
    let decoder = try decoder(instructions)
    for index in chunks.indices {
      let count = decoder.layout.chunk(index).count * type.byteWidth!
      try chunks[index].withUnsafeBytes {
        try decoder.decode(
          $0, chunk: index, into: UnsafeMutableRawBufferPointer(rebasing: output[..<count]))
      }
    }
  }
}
