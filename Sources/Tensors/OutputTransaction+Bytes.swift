extension OutputTransaction {
  /// Writes a small file, whole or not at all, in the place of what is there.
  package static func write(_ bytes: [UInt8], to path: String) throws {
    let output = try OutputTransaction(.file(path), replacing: true)
    let file = SequentialOutput(try output.makeFile(splitPath(path).name))
    try file.write(bytes)
    try file.finish()
    try output.commit()
  }
}
