import Tensors
import TestSupport
import Testing

@testable import Coding

/// The order-0 bound of tensors: what is a symbol depends on the element type.
@Suite struct TensorBoundTests {
  private func tensor<Value: FixedWidthInteger>(_ type: ElementType, _ values: [Value]) -> Tensor {
    Tensor(
      type, [values.count],
      source: MemorySource(values.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) }))
  }

  @Test func codesAreSymbols() throws {
    // Four symbols, equally often: two bits each. One alone: none.
    let codes = tensor(.i8, [Int8](repeating: -3, count: 4) + [5, 5, 5, 5, 0, 0, 0, 0, 7, 7, 7, 7])
    #expect(try ShannonBound.bits(of: codes) == 32)
    #expect(try ShannonBound.bits(of: tensor(.u8, [UInt8](repeating: 9, count: 100))) == 0)
    #expect(try ShannonBound.bits(of: tensor(.bool, [UInt8](arrayLiteral: 0, 1, 1, 0))) == 4)
  }

  @Test(arguments: [ElementType.i16, .u16, .i32, .u32, .i64, .u64])
  func widthDoesNotMatter(_ type: ElementType) throws {
    // A half, a quarter, two eighths: 1.75 bits each.
    let values = [3, 3, 3, 3, 200, 200, 1, 0]
    let wide =
      switch type.byteWidth! {
      case 2: tensor(type, values.map(UInt16.init))
      case 4: tensor(type, values.map(UInt32.init))
      default: tensor(type, values.map(UInt64.init))
      }
    #expect(try ShannonBound.bits(of: wide) == 14)
  }

  @Test func largeIntegersAreBytes() throws {
    // Two planes of two symbols each; as whole numbers there would be two symbols too, but no table of them.
    let values: [Int32] = [0x0100_0001, 0x0200_0002, 0x0100_0001, 0x0200_0002]
    #expect(try ShannonBound.bits(of: tensor(.i32, values)) == 8)
  }

  @Test func exponentsAreAPlane() throws {
    // The same fraction, two exponents: one bit each, not one for each byte that the exponent touches.
    let values = (0..<64).map { Float($0 % 2 == 0 ? 1.5 : 3) }
    #expect(try ShannonBound.bits(of: Tensor(values, [64])) == 64)
    // Signs stand below the fraction.
    let signs = (0..<64).map { Float($0 % 2 == 0 ? 1.5 : -1.5) }
    #expect(try ShannonBound.bits(of: Tensor(signs, [64])) == 64)
    let bits = values.map { UInt16($0.bitPattern >> 16) }
    #expect(try ShannonBound.bits(of: tensor(.bf16, bits)) == 64)
  }

  @Test func nothingTakesNoBits() throws {
    for type in ElementType.allCases where type.byteWidth != nil {
      let empty = Tensor(type, [0], source: MemorySource([]))
      #expect(try ShannonBound.bits(of: empty) == 0)
    }
  }
}
