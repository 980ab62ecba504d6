import Checkpoints

extension Dialects {
  /// The dialect that knows the most names of a container, going by the names alone.
  ///
  /// It must know a parameter without which there is no model of its families. Among equals, as bare encoders of several
  /// families are, the one that serves the configuration's model type is taken, else the first.
  public static func detect(
    _ container: Container, configuration: Configuration? = nil
  ) -> (any Dialect)? {
    let names = container.tensors.map(\.name)
    let family = configuration?.modelType.flatMap(Family.init(modelType:))
    var best: (dialect: any Dialect, score: [Int])?
    for dialect in DialectList.all {
      let meanings = dialect.meanings(of: dialect.unpacked(names)).each
      guard meanings.contains(where: { $0?.role.map(dialect.isAnchor) ?? false }) else { continue }
      let isServed = family.map(dialect.families.contains) ?? false
      let score = [meanings.count { $0 != nil }, isServed ? 1 : 0]
      if let best, !best.score.lexicographicallyPrecedes(score) { continue }
      best = (dialect, score)
    }
    return best?.dialect
  }
}

extension Meaning {
  var role: Role? {
    switch self {
    case .parameter(let role, _), .copy(let role, _), .addend(let role, _): role
    case .buffer: nil
    }
  }
}
