/// The scalars that stand for bytes in byte-level vocabularies (GPT-2): visible bytes for themselves,
/// the others for scalars from U+0100 on, in order.
enum ByteLevelAlphabet {
  /// The sign for a space: Ġ.
  static let space: Unicode.Scalar = "\u{120}"

  /// For each byte its sign.
  static let signs: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0..<256).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(UInt8(byte))
      default:
        defer { next += 1 }
        return Unicode.Scalar(next) ?? "\u{FFFD}"
      }
    }
  }()

  /// The signs in UTF-8: one byte and 0, or two.
  static let encoded: [(UInt8, UInt8)] = signs.map { sign in
    var bytes: [UInt8] = []
    UTF8Scalar.append(sign, to: &bytes)
    return (bytes[0], bytes.count > 1 ? bytes[1] : 0)
  }
}
