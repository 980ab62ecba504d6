import Encoders
import Tasks
import Testing

@Suite struct EncodingTests {
  @Test func nothingIsTruncatedUnlessSaid() {
    let encoding = Encoding(sequence: TokenSequence(ids: [5]), ranges: [0..<3], words: [0])
    #expect(encoding.truncated == 0)
  }
}
