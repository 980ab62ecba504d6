import Tensors

/// What can be wrong with a file of NumPy.
enum NumPyReason: Reason {
  case noMagic
  case version(Int, Int)
  case headerLength(Int)
  case header(String)
  case shape([Int])
  case wrongSize(needed: Int, found: Int)
  case severalArrays(Int)

  var outcome: Outcome { if case .severalArrays = self { .usage } else { .badInput } }

  var description: String {
    switch self {
    case .noMagic: "does not begin as an array of NumPy does"
    case .version(let major, let minor):
      "is an array in version \(major).\(minor) of NumPy's format; 1.0 to 3.0 are known"
    case .headerLength(let count): "the header of the array has impossible \(count) bytes"
    case .header(let what): "the header of the array is damaged: \(what)"
    case .shape(let lengths): "impossible shape \(lengths)"
    case .wrongSize(let needed, let found):
      "the shape needs \(needed) bytes, \(found) are there"
    case .severalArrays(let count): "a .npy file holds one array, not \(count)"
    }
  }

  var hint: String? {
    if case .severalArrays = self { "write to a name that ends with .npz" } else { nil }
  }
}
