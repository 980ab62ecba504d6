import Tensors

/// How the bits of an element stand in byte planes, the first being the highest byte.
///
/// Those of a floating-point number are rotated so that its exponent begins the first plane and the sign
/// follows it: `exponent, sign, mantissa`. Elements narrower than a byte count as bytes.
struct ByteArrangement: Sendable, Equatable {
  /// Bytes of an element, and so planes.
  let width: Int
  /// Bits of the mantissa; nil where bits stand as they are.
  private let mantissa: Int?

  init(_ kind: StreamKind, _ type: ElementType) throws {
    width = type.byteWidth ?? 1
    switch (kind, type) {
    case (.floats, .f16): mantissa = 10
    case (.floats, .bf16): mantissa = 7
    case (.floats, .f32): mantissa = 23
    case (.floats, .f64): mantissa = 52
    case (.bytes, _): mantissa = nil
    default: throw Failure(CodingReason.uncodable(kind, type))
    }
  }

  /// How many elements, or bytes of narrower ones, a tensor has.
  static func count(_ elements: Int, of type: ElementType) -> Int {
    guard type.byteWidth == nil else { return elements }
    return elements / 8 * type.bitWidth + (elements % 8 * type.bitWidth + 7) / 8
  }

  /// Writes the planes of elements one after another.
  func divide(_ elements: UnsafeRawBufferPointer, into planes: UnsafeMutableRawBufferPointer) {
    switch width {
    case 1: planes.copyMemory(from: elements)
    case 2: divide(elements, planes, UInt16.self)
    case 4: divide(elements, planes, UInt32.self)
    default: divide(elements, planes, UInt64.self)
    }
  }

  /// Writes the elements whose planes are given, each as many bytes as there are elements.
  func join(_ planes: [UnsafePointer<UInt8>], into elements: UnsafeMutableRawBufferPointer) {
    switch width {
    case 1:
      elements.copyMemory(from: UnsafeRawBufferPointer(start: planes[0], count: elements.count))
    case 2: join(planes, elements, UInt16.self)
    case 4: join(planes, elements, UInt32.self)
    default: join(planes, elements, UInt64.self)
    }
  }

  private func divide<Bits: FixedWidthInteger & UnsignedInteger>(
    _ elements: UnsafeRawBufferPointer, _ planes: UnsafeMutableRawBufferPointer, _: Bits.Type
  ) {
    let count = elements.count / width
    let rotation = Rotation<Bits>(mantissa)
    for index in 0..<count {
      let bits = elements.loadUnaligned(fromByteOffset: index &* width, as: Bits.self)
      let rotated = rotation.apply(bits)
      for plane in 0..<width {
        planes[plane &* count &+ index] = UInt8(
          truncatingIfNeeded: rotated >> Bits(8 &* (width &- 1 &- plane)))
      }
    }
  }

  private func join<Bits: FixedWidthInteger & UnsignedInteger>(
    _ planes: [UnsafePointer<UInt8>], _ elements: UnsafeMutableRawBufferPointer, _: Bits.Type
  ) {
    let rotation = Rotation<Bits>(mantissa)
    let size = MemoryLayout<Bits>.size
    let count = elements.count / size
    planes.withUnsafeBufferPointer { planes in
      // Apart from one another, the loops of these widths need no loop over planes, and become vectors.
      switch size {
      case 2:
        let (first, second) = (planes[0], planes[1])
        for index in 0..<count {
          let bits = Bits(first[index]) &<< 8 | Bits(second[index])
          elements.storeBytes(of: rotation.undo(bits), toByteOffset: index &* 2, as: Bits.self)
        }
      case 4:
        let (first, second, third, fourth) = (planes[0], planes[1], planes[2], planes[3])
        for index in 0..<count {
          let upper = Bits(first[index]) &<< 8 | Bits(second[index])
          let bits = upper &<< 16 | Bits(third[index]) &<< 8 | Bits(fourth[index])
          elements.storeBytes(of: rotation.undo(bits), toByteOffset: index &* 4, as: Bits.self)
        }
      default:
        for index in 0..<count {
          let bits = planes.reduce(0) { $0 &<< 8 | Bits($1[index]) }
          elements.storeBytes(of: rotation.undo(bits), toByteOffset: index &* size, as: Bits.self)
        }
      }
    }
  }
}

/// Moves the sign of a floating-point number below its exponent.
private struct Rotation<Bits: FixedWidthInteger & UnsignedInteger> {
  private let mantissa: Bits
  private let lower: Bits
  private let isNone: Bool

  init(_ mantissa: Int?) {
    isNone = mantissa == nil
    self.mantissa = Bits(mantissa ?? 0)
    lower = 1 << self.mantissa - 1
  }

  @inline(__always) func apply(_ bits: Bits) -> Bits {
    if isNone { return bits }
    let sign = bits &>> Bits(Bits.bitWidth - 1)
    return (bits & ~lower) &<< 1 | sign &<< mantissa | bits & lower
  }

  @inline(__always) func undo(_ bits: Bits) -> Bits {
    if isNone { return bits }
    let sign = bits &>> mantissa & 1
    return sign &<< Bits(Bits.bitWidth - 1) | (bits &>> 1) & ~lower | bits & lower
  }
}
