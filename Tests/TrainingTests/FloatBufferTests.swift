import Tensors
import Testing

@testable import Training

@Suite struct FloatBufferTests {
  @Test func beginsWithZerosAndHoldsWhatIsWritten() throws {
    let buffer = try FloatBuffer(count: 1000)
    #expect(buffer.elements.allSatisfy { $0 == 0 })
    buffer.fill(with: 2)
    buffer.start[999] = 3
    #expect(buffer.elements[998] == 2 && buffer.elements[999] == 3)
    #expect(try Array(FloatBuffer([1, 2, 3]).elements) == [1, 2, 3])
    #expect(try FloatBuffer(count: 0).elements.isEmpty)
  }

  @Test func refusesMoreThanThereIs() {
    #expect(throws: Failure.self) { try FloatBuffer(count: 1 << 58) }
  }
}
