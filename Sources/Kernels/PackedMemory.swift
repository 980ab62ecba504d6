import Glibc
import Tensors

/// Memory that holds packed weights: aligned to cache lines, freed with its last owner.
///
/// It is written while its one owner is being made, and only read afterwards.
final class PackedMemory: @unchecked Sendable {
  let bytes: UnsafeMutableRawBufferPointer

  /// Memory filled with zeros.
  ///
  /// - Throws: ``Failure`` where there is not so much.
  init(byteCount: Int) throws {
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, Self.alignment, max(byteCount, 1)) == 0, let start else {
      throw Failure(ScratchReason.noMemory(byteCount))
    }
    memset(start, 0, byteCount)
    bytes = UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  deinit { free(bytes.baseAddress) }

  private static let alignment = 64

  /// The start as elements of a type.
  func elements<Element>(as _: Element.Type) -> UnsafeMutablePointer<Element> {
    bytes.baseAddress!.assumingMemoryBound(to: Element.self)
  }
}

/// The size of an array whose dimensions come from a file.
///
/// - Throws: ``Failure`` if it overflows.
func checkedProduct(_ factors: Int...) throws -> Int {
  try factors.reduce(1) { product, factor in
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    guard !overflow else { throw Failure(ScratchReason.noMemory(.max)) }
    return next
  }
}

extension Int {
  /// How many groups of a size hold so many things.
  func groups(of size: Int) -> Int { self / size + (self % size == 0 ? 0 : 1) }
}
