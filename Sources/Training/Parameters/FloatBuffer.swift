import Glibc
import Tensors

/// Numbers in single precision that training changes, aligned to cache lines, freed with their last owner.
///
/// Memory that was never written to is not taken from the system: a buffer as large as an embedding costs what its touched
/// rows do. Whoever writes sees to it that nobody else reads or writes the same numbers meanwhile.
package final class FloatBuffer: @unchecked Sendable {
  package let start: UnsafeMutablePointer<Float>
  package let count: Int
  private let byteCount: Int

  /// Zeros.
  ///
  /// - Throws: ``Failure`` where there is not so much memory.
  package init(count: Int) throws {
    byteCount = max(1, count) * MemoryLayout<Float>.stride
    let memory = mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { throw Failure(ScratchReason.noMemory(byteCount)) }
    start = memory.bindMemory(to: Float.self, capacity: count)
    self.count = count
  }

  deinit { munmap(start, byteCount) }

  package convenience init(_ values: some Collection<Float>) throws {
    try self.init(count: values.count)
    for (index, value) in values.enumerated() { start[index] = value }
  }

  /// Valid only as long as somebody holds the buffer.
  package var elements: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(start: start, count: count)
  }

  /// A copy of all numbers.
  package var array: [Float] { withExtendedLifetime(self) { Array(elements) } }

  package func fill(with value: Float) { elements.update(repeating: value) }
}
