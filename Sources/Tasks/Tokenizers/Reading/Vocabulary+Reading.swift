import Tensors

extension Vocabulary {
  /// The lines of a vocab.txt: a token each, whose id is its line's number from 0.
  init(lines path: String) throws {
    let bytes = try TextFile.read(path)
    self.init(byteCount: bytes.count)
    var id = 0
    try bytes.withUnsafeBufferPointer { bytes in
      try TextFile.eachLine(bytes) { (line, offset) throws(Failure) in
        do throws(TokenizerReason) {
          try add(line, id: id)
        } catch {
          throw Failure(error, at: Place(file: path, offset: offset))
        }
        id += 1
      }
    }
  }

  /// An object of tokens and their ids.
  init(object scanner: inout JSONScanner, byteCount: Int) throws(Failure) {
    self.init(byteCount: byteCount)
    try scanner.eachMember { (scanner, token) throws(Failure) in
      let offset = scanner.position
      let id = try scanner.integer()
      do throws(TokenizerReason) {
        try add(token, id: id)
      } catch {
        throw scanner.failure(error, at: offset)
      }
    }
  }
}
