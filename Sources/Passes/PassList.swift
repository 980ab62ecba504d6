import Checkpoints

/// The passes that `pare` knows, in the order in which they are listed.
///
/// Adding a pass is one line here; its subcommand is one more in `Pare.swift`.
package enum PassList {
  package static let all: [any Pass.Type] = [
    Shrink.self,
    Trim.self,
    Drop.self,
    Tie.self,
    Cast.self,
    Quantize.self,
    Merge.self,
    Prune.self,
    Factorize.self,
  ]

  package static func named(_ name: String) -> (any Pass.Type)? {
    all.first { $0.declaration.name == name }
  }
}
