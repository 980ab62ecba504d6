/// A type of blocks: neighbouring elements of a row that are held as small integers and share what
/// scales them, by the names of ggml.
///
/// Rows are whole numbers of blocks. What a block's bytes mean is said where they are decoded.
public enum BlockType: String, CaseIterable, Sendable, Hashable {
  case q40 = "Q4_0"
  case q41 = "Q4_1"
  case q50 = "Q5_0"
  case q51 = "Q5_1"
  case q80 = "Q8_0"
  case q2K = "Q2_K"
  case q3K = "Q3_K"
  case q4K = "Q4_K"
  case q5K = "Q5_K"
  case q6K = "Q6_K"
  case iq4NL = "IQ4_NL"

  /// How many elements a block holds.
  public var elementCount: Int {
    switch self {
    case .q40, .q41, .q50, .q51, .q80, .iq4NL: 32
    case .q2K, .q3K, .q4K, .q5K, .q6K: 256
    }
  }

  /// The size of a block in bytes.
  public var byteCount: Int {
    switch self {
    case .q40, .iq4NL: 18
    case .q41: 20
    case .q50: 22
    case .q51: 24
    case .q80: 34
    case .q2K: 84
    case .q3K: 110
    case .q4K: 144
    case .q5K: 176
    case .q6K: 210
    }
  }
}
