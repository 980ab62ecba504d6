/// A text on its way through a tokenizer: its bytes as normalized so far, and for each of them the
/// bytes of the original text that it stands for.
///
/// The bytes are valid UTF-8 at all times; spans begin and end between scalars of the original.
struct NormalizedText {
  var bytes: [UInt8]
  /// One for each byte; none at all as long as every byte stands for the original's byte in its place.
  private(set) var spans: [Span] = []
  /// Where this part of the original text begins.
  let base: Int

  /// Bytes of the original text.
  struct Span {
    var start: Int
    var end: Int
  }

  /// A scalar of a normalized text, and how it came about: 0 replaces a scalar, 1 is added behind the
  /// one before, −n replaces a scalar and removes the n that follow.
  struct Change {
    var scalar: Unicode.Scalar
    var change: Int

    init(_ scalar: Unicode.Scalar, _ change: Int) {
      self.scalar = scalar
      self.change = change
    }
  }

  init(_ bytes: UnsafeBufferPointer<UInt8>, base: Int) {
    self.bytes = [UInt8](bytes)
    self.base = base
  }

  init(_ bytes: [UInt8], base: Int = 0) {
    self.bytes = bytes
    self.base = base
  }

  /// The bytes of the original text that a range of normalized ones stands for: whole scalars, also
  /// where the range is a part of one.
  func original(_ range: Range<Int>) -> Range<Int> {
    guard spans.isEmpty else { return spanned(range) }
    var (start, end) = (range.lowerBound, range.upperBound)
    while start > 0, start < bytes.count, !UTF8Scalar.begins(bytes[start]) { start -= 1 }
    while end < bytes.count, !UTF8Scalar.begins(bytes[end]) { end += 1 }
    return base + start..<base + end
  }

  private func spanned(_ range: Range<Int>) -> Range<Int> {
    guard !range.isEmpty, range.lowerBound < spans.count else { return base..<base }
    let start = spans[range.lowerBound].start
    return start..<max(start, spans[min(range.upperBound, spans.count) - 1].end)
  }

  var scalars: Scalars { Scalars(bytes: bytes) }

  /// Replaces the scalars, after the first few, by others.
  mutating func transform(_ changes: [Change], removingFirst: Int = 0) {
    align()
    var position = 0
    for _ in 0..<removingFirst { position += scalarLength(at: position) }
    var output = TextWriter(capacity: bytes.count + 8)
    for change in changes {
      let span: Span
      if change.change > 0 {
        span = position == 0 ? Span(start: base, end: base) : spans[min(position, spans.count) - 1]
      } else {
        span = position < spans.count ? spans[position] : spans.last ?? Span(start: base, end: base)
        for _ in 0...(-change.change) { position += scalarLength(at: position) }
      }
      output.append(change.scalar, span)
    }
    (bytes, spans) = (output.bytes, output.spans)
  }

  /// Puts other bytes, with their spans, in place of all.
  mutating func replace(with output: TextWriter) {
    (bytes, spans) = (output.bytes, output.spans)
  }

  /// Gives every byte its span.
  mutating func align() {
    guard spans.isEmpty else { return }
    spans.reserveCapacity(bytes.count)
    var position = 0
    while position < bytes.count {
      let end = min(bytes.count, position + UTF8Scalar.length(of: bytes[position]))
      for _ in position..<end { spans.append(Span(start: base + position, end: base + end)) }
      position = end
    }
  }

  private func scalarLength(at position: Int) -> Int {
    position < bytes.count ? min(UTF8Scalar.length(of: bytes[position]), bytes.count - position) : 0
  }

  /// Collects normalized bytes and their spans.
  struct TextWriter {
    private(set) var bytes: [UInt8] = []
    private(set) var spans: [Span] = []

    init(capacity: Int) {
      bytes.reserveCapacity(capacity)
      spans.reserveCapacity(capacity)
    }

    mutating func append(_ scalar: Unicode.Scalar, _ span: Span) {
      let before = bytes.count
      UTF8Scalar.append(scalar, to: &bytes)
      for _ in before..<bytes.count { spans.append(span) }
    }

    mutating func append(_ byte: UInt8, _ span: Span) {
      bytes.append(byte)
      spans.append(span)
    }
  }

  /// The scalars of a text.
  struct Scalars: Sequence, IteratorProtocol {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> Unicode.Scalar? {
      guard position < bytes.count else { return nil }
      let (scalar, length) = bytes.withUnsafeBufferPointer { UTF8Scalar.decode($0, at: position) }
      position += length
      return scalar
    }
  }
}
