/// What is right for each of some sequences.
package enum Targets: Sendable, Equatable {
  /// Nothing is known, as of transfer text.
  case none
  case classes([Int32])
  case scores([Float])
  /// A class for every token of all sequences; ``ignored`` where none counts.
  case tokens([Int32])
  case spans([TokenSpan])

  /// The class of tokens that no loss takes notice of, as in PyTorch.
  package static let ignored: Int32 = -100

  mutating func append(_ other: Targets) {
    switch (self, other) {
    case (.classes(let first), .classes(let second)): self = .classes(first + second)
    case (.scores(let first), .scores(let second)): self = .scores(first + second)
    case (.tokens(let first), .tokens(let second)): self = .tokens(first + second)
    case (.spans(let first), .spans(let second)): self = .spans(first + second)
    case (.none, _): self = other
    default: preconditionFailure("targets of two kinds")
    }
  }

  /// Those of some of the sequences.
  func taking(_ indices: [Int], of store: TokenStore) -> Targets {
    switch self {
    case .none: .none
    case .classes(let classes): .classes(indices.map { classes[$0] })
    case .scores(let scores): .scores(indices.map { scores[$0] })
    case .tokens(let tokens): .tokens(indices.flatMap { tokens[store.range(of: $0)] })
    case .spans(let spans): .spans(indices.map { spans[$0] })
    }
  }
}

/// The tokens of an answer in its sequence, the last included; both 0 where the sequence holds none.
package struct TokenSpan: Sendable, Equatable {
  package var start: Int32
  package var end: Int32

  package init(start: Int32, end: Int32) {
    self.start = start
    self.end = end
  }

  package static let none = TokenSpan(start: 0, end: 0)
}
