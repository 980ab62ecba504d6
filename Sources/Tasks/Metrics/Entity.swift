/// A run of words that tags say is one thing.
struct Entity: Hashable {
  var type: Substring
  var range: Range<Int>

  /// The entities of a tagged sentence, as seqeval 1.2.2 finds them unless it is strict.
  ///
  /// That is conlleval's way: `B-` and `S-` begin one, and so does a tag that continues nothing of its type:
  /// `I-` without `B-` is an entity too.
  static func all(in tags: [String]) -> [Entity] {
    var entities: [Entity] = []
    var previous = Tag.outside
    var start = 0
    for index in 0...tags.count {
      let tag = index < tags.count ? Tag(tags[index]) : .outside
      if tag.ends(previous) { entities.append(Entity(type: previous.type, range: start..<index)) }
      if tag.begins(after: previous) { start = index }
      previous = tag
    }
    return entities
  }
}

/// A tag in its two parts.
private struct Tag {
  var prefix: Unicode.Scalar
  var type: Substring

  static let outside = Tag("O")

  init(_ text: String) {
    let scalars = text.unicodeScalars
    prefix = scalars.first ?? "O"
    let rest = scalars.dropFirst()
    let afterHyphen = rest.firstIndex(of: "-").map { rest[rest.index(after: $0)...] } ?? rest
    type = afterHyphen.isEmpty ? "_" : Substring(afterHyphen)
  }

  private var isOutside: Bool { prefix == "O" || prefix == "." }

  /// Whether an entity that the previous word is in ends before this word.
  func ends(_ previous: Tag) -> Bool {
    switch (previous.prefix, prefix) {
    case ("E", _), ("S", _), ("B", "B"), ("B", "S"), ("B", "O"), ("I", "B"), ("I", "S"), ("I", "O"):
      true
    default: !previous.isOutside && previous.type != type
    }
  }

  /// Whether an entity begins with this word.
  func begins(after previous: Tag) -> Bool {
    switch (previous.prefix, prefix) {
    case (_, "B"), (_, "S"), ("E", "E"), ("E", "I"), ("S", "E"), ("S", "I"), ("O", "E"), ("O", "I"):
      true
    default: !isOutside && previous.type != type
    }
  }
}
