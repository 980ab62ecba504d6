import Checkpoints
import Tensors

extension CompressedModule {
  /// A weight of which a bitmask says where it is not zero: sparse-bitmask, sparse-24-bitmask, and either of
  /// them over integers.
  func sparseWeight(_ configuration: CompressedTensorsConfiguration) throws -> Weight {
    if let other = ["weight", "weight_packed"].first(where: { parts[$0] != nil }) {
      throw Failure(CompressedTensorsReason.several("bitmask", other))
    }
    let shape = try denseShape("shape")
    let bits = try part("bitmask", .u8, [shape[0], Bitmask.rowByteCount(shape[1])])
    let survivors = try part("compressed", Self.floats + [.i8])
    guard survivors.elementCount <= shape.elementCount else {
      throw Failure(
        CompressedTensorsReason.shape(
          "compressed", survivors.shape, expected: "at most \(shape.elementCount) elements"))
    }
    let mask = Mask(kept: Bitmask.kept(bits, shape), denseShape: shape)
    let values = survivors.reshaped([survivors.elementCount])
    guard survivors.elementType == .i8 else {
      return Weight(
        storage: .sparse(mask: mask, values: .dense(values)), shape: shape,
        elementType: survivors.elementType)
    }
    return try quantized(values, under: mask, configuration)
  }

  /// Integers under a mask. What is masked is a code of 0, which is the number 0 only without zero points: with
  /// them, the codes are spread to the whole matrix.
  private func quantized(
    _ survivors: Tensor, under mask: Mask, _ configuration: CompressedTensorsConfiguration
  ) throws -> Weight {
    let codes = try StoredCodes(Self.spread(survivors, under: mask), in: self)
    let whole = try codes.weight(try codes.group(of: configuration, in: self), in: self)
    guard case .quantized(_, let scheme) = whole.storage,
      case .uniform(_, _, _, nil, _) = scheme
    else { return whole }
    return Weight(
      storage: .sparse(mask: mask, values: .quantized(codes: survivors, scheme: scheme)),
      shape: whole.shape, elementType: whole.elementType)
  }

  private static func spread(_ survivors: Tensor, under mask: Mask) -> Tensor {
    let shape = mask.denseShape
    return Computation.tensors([(.i8, shape)]) {
      var codes = [UInt8](repeating: 0, count: shape.elementCount)
      try mask.kept.withBytes { kept in
        try survivors.withBytes { survivors in
          let places = kept.indices.filter { kept[$0] != 0 }
          try Bitmask.check(places.count, values: survivors.count)
          for (place, code) in zip(places, survivors) { codes[place] = code }
        }
      }
      return [codes]
    }[0]
  }
}
