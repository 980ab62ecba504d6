import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct SHA256Tests {
  private func digest(_ text: String) -> String {
    var digest = SHA256()
    digest.update(text)
    return digest.text
  }

  /// The examples of FIPS 180-4, and a million letters.
  @Test func knownDigests() {
    #expect(
      digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")
        == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
    #expect(
      digest(String(repeating: "a", count: 1_000_000))
        == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  /// Pieces of any sizes give what the whole gives.
  @Test func piecesMakeTheWhole() {
    var generator = SeededGenerator(seed: 9)
    for count in [1, 55, 56, 63, 64, 65, 119, 128, 1000] {
      let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
      var digest = SHA256()
      var start = 0
      while start < count {
        let end = min(count, start + Int.random(in: 1...70, using: &generator))
        bytes[start..<end].withUnsafeBytes { digest.update($0) }
        start = end
      }
      #expect(digest.text == bytes.withUnsafeBytes { sha256($0) })
    }
  }
}
