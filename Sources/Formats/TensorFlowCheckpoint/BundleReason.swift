import Tensors

/// What can be wrong with a checkpoint of TensorFlow's.
enum BundleReason: Reason {
  case firstVersion
  case noHeader
  case laterVersion(Int)
  case shardCount(Int)
  case noIndex(String)
  case nameNotText
  case shard(Int, of: Int)
  case shape([Int])
  case range(Int, Int)
  case size(declared: Int, needed: Int)
  case checksum(expected: UInt32, found: UInt32)
  case sliceRank(Int, of: Shape)
  case sliceRange(Int, Int, axis: Int)
  case sliceMissing
  case sliceGap(Int, Int, axis: Int)
  case slicedAxes
  case slicedType(String)

  var description: String {
    switch self {
    case .firstVersion:
      "is a checkpoint of the first version, as TensorFlow wrote them before 2016; it is not read"
    case .noHeader: "is a table without the header of a checkpoint"
    case .laterVersion(let version):
      "asks for a reader of version \(version), this one is of version 1"
    case .shardCount(let count): "is said to lie in \(count) files"
    case .noIndex(let name): "the checkpoint's index '\(printable(name))' is missing"
    case .nameNotText: "the name of a tensor is not UTF-8"
    case .shard(let shard, let count): "is said to lie in file \(shard) of \(count)"
    case .shape(let shape): "the shape \(shape) has a negative length or too many elements"
    case .range(let offset, let count): "is said to take \(count) bytes from \(offset) on"
    case .size(let declared, let needed):
      "type and shape need \(needed) bytes, the index says \(declared)"
    case .checksum(let expected, let found):
      "the checksum of the tensor is \(hexadecimal(found)), not \(hexadecimal(expected)): it is damaged"
    case .sliceRank(let count, let shape):
      "a slice has \(count) axes of a variable of shape \(shape)"
    case .sliceRange(let start, let count, let axis):
      "a slice takes \(count) from \(start) on of an axis of length \(axis)"
    case .sliceMissing:
      "a slice of the variable is missing from the index, or is of another type or shape"
    case .sliceGap(let expected, let found, let axis):
      "the slices of axis \(axis) do not follow one another: \(found) after \(expected)"
    case .slicedAxes: "the variable is sliced along several axes, which cannot be put together"
    case .slicedType(let type): "a variable of type \(type) is sliced"
    }
  }

  var hint: String? {
    switch self {
    case .firstVersion:
      "TensorFlow 1 saves what it restores from it in the second version: Saver(write_version=saver_pb2.SaverDef.V2)"
    case .noIndex: "the data mean nothing without it; fetch it too"
    default: nil
    }
  }
}
