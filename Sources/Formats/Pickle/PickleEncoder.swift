/// Writes values as a pickle of protocol 2, which every Python since 2.3 reads.
struct PickleEncoder {
  private(set) var bytes: [UInt8] = [0x80, 2]
  /// Globals that were written, which later ones refer to.
  private var globals: [PickleGlobal: UInt8] = [:]

  mutating func write(_ opcode: PickleOpcode) { bytes.append(opcode.rawValue) }

  mutating func write(_ text: String) {
    write(.binUnicode)
    bytes.append(number: UInt32(text.utf8.count))
    bytes += text.utf8
  }

  mutating func write(_ number: Int) {
    if let small = UInt8(exactly: number) {
      write(.binInt1)
      bytes.append(small)
    } else if let small = UInt16(exactly: number) {
      write(.binInt2)
      bytes.append(number: small)
    } else if let small = Int32(exactly: number) {
      write(.binInt)
      bytes.append(number: small)
    } else {
      write(.long1)
      bytes.append(8)
      bytes.append(number: Int64(number))
    }
  }

  /// A tuple of numbers.
  mutating func write(_ numbers: [Int]) {
    write(.mark)
    for number in numbers { write(number) }
    write(.tuple)
  }

  mutating func write(_ global: PickleGlobal) {
    if let known = globals[global] {
      write(.binGet)
      return bytes.append(known)
    }
    write(.global)
    bytes += "\(global.module)\n\(global.name)\n".utf8
    guard let number = UInt8(exactly: globals.count) else { return }
    globals[global] = number
    write(.binPut)
    bytes.append(number)
  }
}
