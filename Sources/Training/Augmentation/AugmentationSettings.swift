/// How many copies of a text are made, and how much of it is replaced (Jiao et al., "TinyBERT", 2020, algorithm 1).
package struct AugmentationSettings: Sendable, Equatable {
  /// How often a text is copied: those copies count that differ from it and from one another.
  package var copies = 20
  /// The number of words of which one is put in another's place.
  package var candidates = 15
  /// That a word which may be replaced is.
  package var probability = 0.4
  package var seed: UInt64 = 42

  package init() {}
}
