import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct TransposeTests {
  @Test(arguments: [(1, 1), (3, 5), (32, 33), (70, 31), (0, 4), (128, 1)])
  func movesEveryElement(rows: Int, columns: Int) throws {
    let matrix = Tensor((0..<(rows * columns)).map { Float($0) }, [rows, columns])
    let transposed = matrix.transposed()
    #expect(transposed.shape == [columns, rows])
    let values = try transposed.floats()
    for row in 0..<rows {
      for column in 0..<columns {
        #expect(values[column * rows + row] == Float(row * columns + column))
      }
    }
  }

  @Test(arguments: [(ElementType.u8, 1), (.i16, 2), (.f32, 4), (.f64, 8)])
  func worksOnEveryWidth(type: ElementType, width: Int) throws {
    let bytes = (0..<(6 * width)).map { UInt8($0) }
    let matrix = Tensor(type, [2, 3], source: MemorySource(bytes))
    let elements = stride(from: 0, to: bytes.count, by: width).map {
      Array(bytes[$0..<($0 + width)])
    }
    let expected = [0, 3, 1, 4, 2, 5].flatMap { elements[$0] }
    #expect(try matrix.transposed().allBytes() == expected)
  }

  /// Bands of a matrix too large for one, of a source that lends pieces.
  @Test func bandsMakeTheWhole() throws {
    let (rows, columns) = (1500, 1201)
    let matrix = Tensor((0..<(rows * columns)).map { Float($0) }, [rows, columns]).transposed()
    #expect(matrix.source.pieces.count == 4)
    var column = 0
    for range in matrix.source.pieces {
      try matrix.source.withBytes(range) { bytes in
        for start in stride(from: 0, to: bytes.count, by: rows * 4) {
          for row in [0, 1, 31, 32, 700, rows - 1] {
            let value = bytes.loadUnaligned(fromByteOffset: start + row * 4, as: Float.self)
            #expect(value == Float(row * columns + column))
          }
          column += 1
        }
      }
    }
    #expect(column == columns)
    let inner = 1_234_567..<1_234_599
    let whole = try matrix.allBytes()
    #expect(try matrix.source.withBytes(inner) { [UInt8]($0) } == Array(whole[inner]))
  }

  @Test func twiceIsTheMatrixItself() throws {
    let matrix = Tensor([1, 2, 3, 4, 5, 6], [2, 3])
    #expect(matrix.transposed().transposed().source is MemorySource)
  }
}

@Suite struct StatisticsTests {
  @Test func knowsTheNumbers() throws {
    let tensor = Tensor([1, 2, 0, -3, .nan, .infinity, 0, 4], [8])
    let numbers = try #require(try tensor.statistics(bins: 7))
    #expect(
      numbers.count == 8 && numbers.zeros == 2 && numbers.nans == 1 && numbers.infinities == 1)
    #expect(numbers.minimum == -3 && numbers.maximum == 4)
    #expect(abs(numbers.mean - 4.0 / 6) < 1e-12)
    #expect(abs(numbers.deviation - 2.134375) < 1e-5)
    #expect(numbers.histogram == [1, 0, 0, 2, 1, 1, 1])
  }

  @Test func constantsAndNothing() throws {
    let constant = try #require(try Tensor([5, 5], [2]).statistics(bins: 3))
    #expect(constant.histogram == [2, 0, 0] && constant.deviation == 0)
    let nothing = try #require(try Tensor([Float](), [0]).statistics())
    #expect(nothing.count == 0 && nothing.histogram.isEmpty)
    let onlyNaN = try #require(try Tensor([.nan], [1]).statistics())
    #expect(onlyNaN.nans == 1 && onlyNaN.finite == 0)
  }

  @Test func listsWhatItCannotRead() throws {
    let tensor = Tensor(.f8e4m3, [2], source: MemorySource([1, 2]))
    #expect(try tensor.statistics() == nil)
  }

  /// Distances that overflow, and distances whose inverse does.
  @Test(
    arguments: [
      [1e308, -1e308], [.leastNonzeroMagnitude, 0, 2 * .leastNonzeroMagnitude], [-1.7e308, 1],
    ] as [[Double]])
  func extremesAreCounted(_ values: [Double]) throws {
    let bytes = values.withUnsafeBytes { [UInt8]($0) }
    let tensor = Tensor(.f64, [values.count], source: MemorySource(bytes))
    let numbers = try #require(try tensor.statistics(bins: 4))
    #expect(numbers.histogram.reduce(0, +) == values.count)
    #expect(numbers.histogram[0] > 0 && numbers.histogram[3] > 0)
    #expect(!numbers.deviation.isNaN && !numbers.mean.isNaN)
  }

  @Test func aLargeMeanDoesNotHideTheDeviation() throws {
    let numbers = try #require(try Tensor([16_777_214, 16_777_215, 16_777_216], [3]).statistics())
    #expect(abs(numbers.deviation - 0.816496580927726) < 1e-9)
  }
}
