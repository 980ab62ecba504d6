import Glibc

/// Lends memory for the duration of a call. Its content is whatever was there.
///
/// Each thread keeps what it used for its next calls, one buffer for each depth of nesting: work on
/// many pieces of about one size neither asks the system for memory again nor holds more than it needs.
///
/// - Throws: ``Failure`` where there is not so much: sizes come from files.
package func withScratch<Result>(
  _ byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
) throws -> Result {
  let stack = ScratchStack.ofThisThread
  let buffer = try stack.push(byteCount)
  defer { stack.pop() }
  return try body(UnsafeMutableRawBufferPointer(rebasing: buffer[..<byteCount]))
}

/// The scratch memory of one thread.
private final class ScratchStack {
  private var buffers: [UnsafeMutableRawBufferPointer] = []
  private var depth = 0

  /// Buffers beyond this are not kept: they were for one large tensor.
  private static let largestKept = 8 << 20

  deinit { for buffer in buffers { free(buffer.baseAddress) } }

  func push(_ byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
    if depth == buffers.count { buffers.append(Self.nothing) }
    if buffers[depth].count < byteCount {
      drop(depth)
      buffers[depth] = try Self.allocate(byteCount)
    }
    depth += 1
    return buffers[depth - 1]
  }

  func pop() {
    depth -= 1
    if buffers[depth].count > Self.largestKept { drop(depth) }
  }

  private func drop(_ index: Int) {
    free(buffers[index].baseAddress)
    buffers[index] = Self.nothing
  }

  private static var nothing: UnsafeMutableRawBufferPointer { .init(start: nil, count: 0) }

  private static func allocate(_ byteCount: Int) throws -> UnsafeMutableRawBufferPointer {
    var start: UnsafeMutableRawPointer?
    guard posix_memalign(&start, 64, byteCount) == 0 else {
      throw Failure(ScratchReason.noMemory(byteCount))
    }
    return UnsafeMutableRawBufferPointer(start: start, count: byteCount)
  }

  static var ofThisThread: ScratchStack {
    if let known = pthread_getspecific(key) {
      return Unmanaged<ScratchStack>.fromOpaque(known).takeUnretainedValue()
    }
    let stack = ScratchStack()
    pthread_setspecific(key, Unmanaged.passRetained(stack).toOpaque())
    return stack
  }

  /// The thread's end releases its stack.
  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    pthread_key_create(&key) { stack in
      if let stack { Unmanaged<ScratchStack>.fromOpaque(stack).release() }
    }
    return key
  }()
}

/// Why no memory is lent.
package enum ScratchReason: Reason {
  case noMemory(Int)

  package var description: String {
    switch self {
    case .noMemory(let count): "cannot be read: \(count) bytes of memory are not to be had"
    }
  }
}
