import Checkpoints
import Tensors

/// A way to hold a matrix: passes, one after the other.
struct Treatment: Sendable, Hashable {
  /// What kind of thing is done: treatments of one family differ in how far they go.
  var family: Family
  /// How far: the greater, the smaller the file.
  var strength: Double
  var passes: [PassCall]
  /// The step that an entropy coder's codes have, which may be anything in between; nil where there is none.
  var step: Double?

  /// A pass and its options, without which matrices it is for.
  struct PassCall: Sendable, Hashable {
    var name: String
    var options: [Option]

    init(_ name: String, _ options: [(String, String)]) {
      self.name = name
      self.options = options.map { Option(name: $0.0, value: $0.1) }
    }

    func recipeStep(for roles: [Role]) throws -> RecipeStep {
      try RecipeStep(
        name, options.map { ($0.name, [$0.value]) } + [("only", roles.map(\.description))])
    }

    struct Option: Sendable, Hashable {
      var name: String
      var value: String
    }
  }

  /// The families, in the order of reports.
  enum Family: String, Sendable, CaseIterable {
    case keep
    case half = "half precision"
    case steps
    case rotated = "rotated steps"
    case uniform = "uniform bits"
    case product = "product codes"
    case pruned
    case patterned = "4x1 blocks"
    case factorized

    /// The method by which `--methods` admits it; nil where it always is.
    var method: BudgetMethod? {
      switch self {
      case .keep, .half: nil
      case .steps, .rotated, .uniform, .product: .quantize
      case .pruned, .patterned: .prune
      case .factorized: .factorize
      }
    }
  }

  init(_ family: Family, _ strength: Double, step: Double? = nil, _ passes: [PassCall]) {
    (self.family, self.strength, self.step, self.passes) = (family, strength, step, passes)
  }

  /// The same with another step.
  func scaled(by factor: Double) -> Treatment {
    guard let step, let last = passes.indices.last else { return self }
    var result = self
    let value = Self.rounded(min(16, max(0.01, step * factor)))
    result.step = value
    result.strength = strength * factor
    for (index, option) in passes[last].options.enumerated() where option.name == "step" {
      result.passes[last].options[index].value = "\(value)"
    }
    return result
  }

  /// Steps are written with four digits, and are what is written.
  static func rounded(_ step: Double) -> Double {
    var unit = 1.0
    while step / unit < 1000 { unit /= 10 }
    while step / unit >= 10000 { unit *= 10 }
    let digits = (step / unit).rounded()
    // Division gives the number nearest to the decimals where multiplication does not.
    return unit < 1 ? digits / (1 / unit).rounded() : digits * unit
  }

  /// The steps of a recipe that do it to some matrices.
  func recipeSteps(for roles: [Role]) throws -> [RecipeStep] {
    try passes.map { try $0.recipeStep(for: roles) }
  }

  /// The same without what it goes by: as fast when it is done, and done at once.
  var uncalibrated: Treatment {
    var result = self
    for index in result.passes.indices {
      result.passes[index].options.removeAll { Self.calibrating.contains($0.name) }
    }
    return result
  }

  private static let calibrating: Set = ["method", "statistics", "repair", "damping"]

  /// All passes with all options, but where their statistics lie.
  var signature: String {
    passes.map { pass in
      let options = pass.options.filter { $0.name != "statistics" }
      return ([pass.name] + options.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
    }.joined(separator: ", ")
  }

  /// Whether it comes first in lists: by family, then by strength.
  func isBefore(_ other: Treatment) -> Bool {
    let order = Family.allCases
    let (own, its) = (order.firstIndex(of: family)!, order.firstIndex(of: other.family)!)
    return (own, strength, text) < (its, other.strength, other.text)
  }

  /// In a few words.
  var text: String {
    guard !passes.isEmpty else { return "as it is" }
    return passes.map { pass in
      let said = pass.options.filter { Self.telling.contains($0.name) }
      return ([pass.name] + said.map { "\($0.name)=\($0.value)" }).joined(separator: " ")
    }.joined(separator: ", ")
  }

  /// Options that a reader of a table wants to see.
  private static let telling: Set = [
    "method", "bits", "step", "sparsity", "pattern", "ratio", "rank", "residual", "dtype",
    "frequency-power", "subvector", "entries",
  ]
}

/// What a budget may be met by.
package enum BudgetMethod: String, Sendable, CaseIterable {
  case quantize, prune, factorize, trim, shrink

  /// Those by which files become small, and those by which models become fast.
  package static let (forSizes, forSpeeds): ([Self], [Self]) = (
    [.quantize, .prune, .factorize, .trim], [.prune, .factorize, .shrink]
  )

  /// Those that are used where nothing is said: words go only where that is asked for, as no text that is at hand tells what they are worth elsewhere.
  package static let usual = Set(allCases).subtracting([.trim])
}
