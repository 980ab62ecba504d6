/// How many tokens of two texts are kept within a limit.
enum Truncation {
  /// Cuts the longer text down to the shorter one, then both alike; the second keeps the odd token.
  ///
  /// - Parameters:
  ///   - second: nil where there is one text only.
  ///   - room: how many tokens of the texts there may be; nil for any number.
  static func longestFirst(
    _ first: Int, _ second: Int?, room: Int?
  ) -> (first: Int, second: Int) {
    guard let room, first + (second ?? 0) > room else { return (first, second ?? 0) }
    guard let second else { return (room, 0) }
    var (shorter, longer) = (min(first, second), max(first, second))
    longer = shorter > room ? shorter : max(shorter, room - shorter)
    if shorter + longer > room {
      shorter = room / 2
      longer = shorter + room % 2
    }
    return first > second ? (longer, shorter) : (shorter, longer)
  }
}
