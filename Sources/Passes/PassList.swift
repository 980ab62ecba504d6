import Checkpoints

/// The passes that `pare` knows, in the order in which they are listed.
///
/// Adding a pass is one line here.
package enum PassList {
  package static let all: [any Pass.Type] = [
    Prune.self,
    Factorize.self,
    Shrink.self,
    Trim.self,
    Quantize.self,
    Cast.self,
    Tie.self,
    Drop.self,
    Merge.self,
  ]

  package static func named(_ name: String) -> (any Pass.Type)? {
    all.first { $0.declaration.name == name }
  }
}
