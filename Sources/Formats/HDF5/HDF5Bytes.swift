import Tensors

/// The bytes of an HDF5 file: a file of its own, or a part of another one.
struct HDF5Bytes: Sendable {
  let file: InputFile
  /// Where it begins, and how long it is.
  let whole: Range<Int>

  init(_ file: InputFile) {
    self.file = file
    whole = 0..<file.byteCount
  }

  /// - Throws: ``Failure`` if the part does not lie within the file.
  init(_ file: InputFile, _ part: Range<Int>) throws {
    try file.check(part)
    self.file = file
    whole = part
  }

  /// The place in the outer file of a range that the HDF5 file speaks of.
  ///
  /// - Throws: ``Failure`` if it does not lie within the HDF5 file.
  func range(_ offset: Int, _ byteCount: Int) throws -> Range<Int> {
    let (end, overflow) = offset.addingReportingOverflow(byteCount)
    guard offset >= 0, byteCount >= 0, !overflow, end <= whole.count else {
      throw Failure(
        InputReason.truncated(needed: overflow ? .max : end, found: whole.count),
        at: Place(file: file.path, offset: offset))
    }
    return (whole.lowerBound + offset)..<(whole.lowerBound + end)
  }
}
