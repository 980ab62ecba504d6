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
}
