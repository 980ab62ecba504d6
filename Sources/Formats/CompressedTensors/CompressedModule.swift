import Checkpoints
import Tensors

/// The tensors of a file that together stand for the weight of one module.
struct CompressedModule {
  /// Such as `bert.pooler.dense`; empty for tensors without a dot in their names.
  let name: String
  /// By the last component of their names.
  let parts: [String: Tensor]

  var weightName: String { name.isEmpty ? "weight" : "\(name).weight" }

  /// What holds the values.
  enum Kind: String {
    case packed = "weight_packed"
    case integers = "weight"
    case sparse = "bitmask"
    case gptq = "qweight"
  }

  /// Nil for a module whose weight is nothing but a tensor.
  var kind: Kind? {
    if parts["weight_packed"] != nil { return .packed }
    if parts["qweight"] != nil { return .gptq }
    if parts["bitmask"] != nil, parts["compressed"] != nil { return .sparse }
    if let weight = parts["weight"], parts["weight_scale"] != nil, !weight.elementType.isFloat {
      return .integers
    }
    return nil
  }

  /// The components of names that are taken for parts of a module's weight, in compressed-tensors.
  static let usual: Set = [
    "weight", "weight_packed", "weight_scale", "weight_zero_point", "weight_g_idx", "weight_shape",
    "bitmask", "compressed", "shape", "row_offsets",
  ]
  /// And in GPTQ and AWQ.
  static let transposed: Set = ["qweight", "qzeros", "scales", "g_idx"]
  /// Scales of activations, which pare does not quantize.
  static let activations: Set = [
    "input_scale", "input_zero_point", "input_g_idx", "output_scale", "output_zero_point",
  ]

  func part(_ name: String) throws -> Tensor {
    guard let tensor = parts[name] else { throw Failure(CompressedTensorsReason.missing(name)) }
    return tensor
  }

  /// A part that must be of a type and a shape.
  func part(_ name: String, _ type: ElementType, _ shape: Shape) throws -> Tensor {
    let tensor = try part(name, [type])
    guard tensor.shape == shape else {
      throw Failure(
        CompressedTensorsReason.shape(name, tensor.shape, expected: shape.description))
    }
    return tensor
  }

  /// A part that must be of one of some types.
  func part(_ name: String, _ types: [ElementType]) throws -> Tensor {
    let tensor = try part(name)
    guard types.contains(tensor.elementType) else {
      let expected = types.map(\.rawValue).joined(separator: " or ")
      throw Failure(
        CompressedTensorsReason.elementType(name, tensor.elementType, expected: expected))
    }
    return tensor
  }

  /// A part that must be a matrix with at least one element, of one of some types.
  func matrix(_ name: String, _ types: [ElementType]) throws -> Tensor {
    let tensor = try part(name, types)
    guard tensor.shape.rank == 2, tensor.elementCount > 0 else {
      throw Failure(
        CompressedTensorsReason.shape(name, tensor.shape, expected: "rows and columns"))
    }
    return tensor
  }

  /// The dense shape that a part of two integers says.
  func denseShape(_ name: String) throws -> Shape {
    let tensor = try part(name, [.i64, .i32])
    let lengths = tensor.elementCount == 2 ? try tensor.integers() : []
    guard lengths.count == 2, lengths.allSatisfy({ $0 > 0 }), let shape = Shape(checking: lengths)
    else {
      throw Failure(
        CompressedTensorsReason.shape(
          name, lengths.isEmpty ? tensor.shape : Shape([2]), expected: "two positive lengths"))
    }
    return shape
  }

  /// The types that scales may have.
  static let floats: [ElementType] = [.f32, .bf16, .f16]
}

extension CompressedModule {
  /// The group of each column of a matrix; nil where they stand in order, or where a negative index says that
  /// none was set.
  func groupIndex(_ name: String, columns: Int, groups: Int, size: Int) throws -> Tensor? {
    guard parts[name] != nil else { return nil }
    let tensor = try part(name, [.i32, .i64]).reshaped([try part(name).elementCount])
    guard tensor.elementCount == columns else {
      throw Failure(
        CompressedTensorsReason.shape(name, tensor.shape, expected: "[\(columns)]"))
    }
    let index = try tensor.integers()
    if index.contains(-1) || index.indices.allSatisfy({ index[$0] == $0 / size }) { return nil }
    guard index.allSatisfy({ (0..<groups).contains($0) }) else {
      throw Failure(CompressedTensorsReason.groupIndex)
    }
    return tensor
  }
}

extension CompressedModule {
  /// A composed weight, its shape and the type of its dense values.
  struct Weight {
    var storage: Storage
    var shape: Shape
    var elementType: ElementType

    var isQuantized: Bool {
      switch storage {
      case .quantized, .sparse(_, .quantized): true
      default: false
      }
    }
  }
}
