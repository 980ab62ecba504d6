import Tensors
import Testing

@testable import Training

@Suite struct FloatBufferTests {
  @Test func beginsWithZerosAndHoldsWhatIsWritten() throws {
    let buffer = try FloatBuffer(count: 1000)
    #expect(buffer.array == [Float](repeating: 0, count: 1000))
    buffer.fill(with: 2)
    buffer.start[999] = 3
    #expect(buffer.array.suffix(2) == [2, 3])
    #expect(try FloatBuffer([1, 2, 3]).array == [1, 2, 3])
    #expect(try FloatBuffer(count: 0).array.isEmpty)
  }

  @Test func refusesMoreThanThereIs() {
    #expect(throws: Failure.self) { try FloatBuffer(count: 1 << 58) }
  }
}
