import Encoders
import Testing

@Suite struct TokenSequenceTests {
  @Test func aSingleTextIsOfTypeZero() {
    let sequence = TokenSequence(ids: [101, 7592, 102])
    #expect(sequence.count == 3)
    #expect(sequence.types == [0, 0, 0])
  }
}
