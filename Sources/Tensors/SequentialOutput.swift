/// Bytes that go into an output file one after the other, gathered into large writes.
package final class SequentialOutput {
  private let file: OutputFile
  private var offset = 0
  private var pending: [UInt8] = []

  package init(_ file: OutputFile) { self.file = file }

  package func write(_ bytes: some Collection<UInt8>) throws {
    pending += bytes
    if pending.count > 1 << 16 { try finish() }
  }

  /// Writes what is still held; to be called before the output is committed.
  package func finish() throws {
    try file.write(pending, at: offset)
    offset += pending.count
    pending.removeAll(keepingCapacity: true)
  }
}
