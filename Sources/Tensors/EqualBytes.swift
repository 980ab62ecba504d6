import Glibc

extension Tensor {
  /// Whether two tensors have the same type, shape and bytes.
  ///
  /// Bytes are compared piece by piece, so that no tensor is held.
  package func hasEqualBytes(as other: Tensor) throws -> Bool {
    guard elementType == other.elementType, shape == other.shape else { return false }
    let piece = max(source.pieceSize, other.source.pieceSize)
    for start in stride(from: 0, to: byteCount, by: piece) {
      let range = start..<min(start + piece, byteCount)
      let areEqual = try source.withBytes(range) { ours in
        try other.source.withBytes(range) { theirs in ours.elementsEqual(of: theirs) }
      }
      guard areEqual else { return false }
    }
    return true
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func elementsEqual(of other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard let ours = baseAddress, let theirs = other.baseAddress else { return true }
    return memcmp(ours, theirs, count) == 0
  }
}
