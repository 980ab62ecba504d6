import CZlib
import Tensors

/// Undoes deflate, when it is known how many bytes must come out.
enum Inflation {
  /// The window of a zlib stream, and that of a raw deflate stream as ZIP has it.
  static let zlibWindow: Int32 = 15
  static let rawWindow: Int32 = -15

  /// No deflate stream yields more than this many bytes for one of its own (RFC 1951: 258 bytes for
  /// two bits).
  private static let highestRatio = 1032

  /// Whether a stream of that many bytes can yield that many at all.
  static func isPossible(_ inflated: Int, from deflated: Int) -> Bool {
    inflated / highestRatio <= deflated
  }

  /// Inflates a stream through a buffer, which is handed over whenever it is full, and at the end.
  ///
  /// - Parameter byteCount: what must come out, no more and no less.
  /// - Throws: ``Failure`` if the stream is damaged, and what the closure throws.
  static func inflate(
    _ deflated: UnsafeRawBufferPointer, byteCount: Int, window: Int32,
    through buffer: UnsafeMutableRawBufferPointer,
    _ body: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    var stream = z_stream()
    guard pare_inflate_begin(&stream, window) == Z_OK else {
      throw Failure(InflationReason.noMemory)
    }
    defer { inflateEnd(&stream) }
    let (source, target) = (deflated.bindMemory(to: UInt8.self), buffer.bindMemory(to: UInt8.self))
    guard let start = target.baseAddress, !target.isEmpty else {
      throw Failure(InflationReason.noMemory)
    }
    var (read, written, filled) = (0, 0, 0)
    // zlib counts in 32 bits.
    let most = 1 << 30
    while true {
      let (given, room) = (min(most, source.count - read), min(most, target.count - filled))
      stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress.map { $0 + read })
      stream.avail_in = UInt32(given)
      stream.next_out = start + filled
      stream.avail_out = UInt32(room)
      let status = CZlib.inflate(&stream, Z_NO_FLUSH)
      let (taken, made) = (given - Int(stream.avail_in), room - Int(stream.avail_out))
      read += taken
      filled += made
      written += made
      guard written <= byteCount else { throw Failure(InflationReason.tooMuch(byteCount)) }
      if status == Z_STREAM_END || filled == target.count {
        try body(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<filled]))
        filled = 0
      }
      switch status {
      case Z_STREAM_END where written == byteCount: return
      case Z_STREAM_END: throw Failure(InflationReason.tooLittle(written, expected: byteCount))
      case Z_OK where taken > 0 || made > 0: continue
      case Z_OK, Z_BUF_ERROR: throw Failure(InflationReason.cutOff)
      default: throw Failure(InflationReason.notDeflate)
      }
    }
  }
}

/// What can be wrong with compressed bytes.
enum InflationReason: Reason {
  case notDeflate
  case cutOff
  case tooMuch(Int)
  case tooLittle(Int, expected: Int)
  case impossible(Int)
  case noMemory

  var description: String {
    switch self {
    case .notDeflate: "the compressed data are damaged"
    case .cutOff: "the compressed data end too early"
    case .tooMuch(let expected): "the compressed data hold more than the \(expected) bytes expected"
    case .tooLittle(let found, let expected):
      "the compressed data hold \(found) bytes, expected are \(expected)"
    case .impossible(let expected): "the compressed data are too few to hold \(expected) bytes"
    case .noMemory: "out of memory"
    }
  }
}
