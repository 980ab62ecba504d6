import CKernels
import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct CastTests {
  /// Every half, through singles and back, is itself.
  @Test func everyHalfSurvives() {
    let halves = (0...UInt16.max).map { $0 }
    let singles = convert(halves, .f16, .f32, as: UInt32.self)
    let back = convert(singles, .f32, .f16, as: UInt16.self)
    for (half, result) in zip(halves, back) where !Float16(bitPattern: half).isNaN {
      #expect(half == result)
    }
    #expect(
      zip(halves, back).allSatisfy {
        Float16(bitPattern: $0).isNaN == Float16(bitPattern: $1).isNaN
      })
  }

  /// The vector path against the plain one, on random bit patterns at odd lengths and addresses.
  @Test(arguments: [ElementType.f16, .bf16, .f32, .f64], [ElementType.f16, .bf16, .f32])
  func fastIsPlain(_ source: ElementType, _ target: ElementType) {
    var generator = SeededGenerator(seed: 20_240_607)
    for count in [1, 7, 8, 9, 63, 64, 65, 1000] {
      let width = source.byteWidth!
      let bytes = (0..<(count * width + 1)).map { _ in UInt8.random(in: 0...255, using: &generator)
      }
      var fast = [UInt8](repeating: 0, count: count * target.byteWidth! + 1)
      var plain = fast
      bytes.withUnsafeBytes { raw in
        let input = UnsafeRawBufferPointer(rebasing: raw[1...])
        let fastOverflows = fast.withUnsafeMutableBytes {
          Cast.convert(
            input, source, to: UnsafeMutableRawBufferPointer(rebasing: $0[1...]), target)
        }
        let plainOverflows = plain.withUnsafeMutableBytes {
          Cast.convertPlainly(
            input, source, to: UnsafeMutableRawBufferPointer(rebasing: $0[1...]), target, count)
        }
        #expect(source == target || fastOverflows == plainOverflows)
      }
      #expect(sameNumbers(fast, plain, target), "\(source) to \(target), \(count) elements")
    }
  }

  @Test func roundsToNearestEven() {
    // Half-way cases between neighbours, and the edge at which halves overflow.
    let cases: [(Float, UInt16)] = [
      (1 + 1 / 2048, 0x3C00), (1 + 3 / 2048, 0x3C02), (65519.996, 0x7BFF), (65520, 0x7C00),
      (5.9604645e-8, 0x0001), (2.9802322e-8, 0x0000), (-0.0, 0x8000),
    ]
    for (value, expected) in cases {
      #expect(convert([value.bitPattern], .f32, .f16, as: UInt16.self) == [expected])
    }
    // bfloat16: 1 + 2^-8 is half-way, 1 + 3·2^-8 too.
    #expect(convert([Float(1.00390625).bitPattern], .f32, .bf16, as: UInt16.self) == [0x3F80])
    #expect(convert([Float(1.01171875).bitPattern], .f32, .bf16, as: UInt16.self) == [0x3F82])
  }

  /// A double just above a half-way point must not be rounded twice, through a single.
  @Test func doublesAreRoundedOnce() {
    let value = 1 + 0x1p-9 + 0x1p-40
    #expect(convert([value.bitPattern], .f64, .bf16, as: UInt16.self) == [0x3F80])
    let above = 1 + 0x1p-8 + 0x1p-40
    #expect(convert([above.bitPattern], .f64, .bf16, as: UInt16.self) == [0x3F81])
    let half = 1 + 0x1p-11 + 0x1p-40
    #expect(convert([half.bitPattern], .f64, .f16, as: UInt16.self) == [0x3C01])
  }

  @Test func countsOverflows() throws {
    let tensor = Tensor([1, 1e5, -1e5, .infinity, .nan, 65504], [6])
    let counter = OverflowCounter()
    _ = try tensor.cast(to: .f16, countingIn: counter).allBytes()
    #expect(counter.count == 2)
  }

  @Test func castLendsAnyPart() throws {
    let tensor = Tensor((0..<100).map { Float($0) }, [100]).cast(to: .f16)
    let whole = try tensor.allBytes()
    for range in [0..<1, 3..<9, 199..<200, 0..<200, 50..<50] {
      #expect(try tensor.source.withBytes(range) { [UInt8]($0) } == Array(whole[range]))
    }
  }

  private func convert<Source, Target>(
    _ values: [Source], _ from: ElementType, _ to: ElementType, as _: Target.Type
  ) -> [Target] {
    values.withUnsafeBytes { input in
      [Target](unsafeUninitializedCapacity: values.count) { output, count in
        Cast.convert(input, from, to: UnsafeMutableRawBufferPointer(output), to)
        count = values.count
      }
    }
  }

  /// Equal bits, or both NaN.
  private func sameNumbers(_ left: [UInt8], _ right: [UInt8], _ type: ElementType) -> Bool {
    let width = type.byteWidth!
    return stride(from: 1, to: left.count, by: width).allSatisfy { start in
      let (a, b) = (Array(left[start..<(start + width)]), Array(right[start..<(start + width)]))
      return a == b
        || a.withUnsafeBytes { Cast.loadDouble($0, type, 0) }.isNaN
          && b.withUnsafeBytes { Cast.loadDouble($0, type, 0) }.isNaN
    }
  }
}
