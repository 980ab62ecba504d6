import Checkpoints
import Tensors
import Training

/// Options that all published systems have, and the steps that are made of a system's options.
enum PublishedOptions {
  /// What every training of a system takes as it is given.
  static let training: [PassOption] = [
    PassOption("transfer", .file, "Text without labels to learn from too, a line each."),
    PassOption("augment", .integer(0...1000), "Copies of each text with words replaced."),
    PassOption(
      "mlm", .file, "A masked-language model that finds words for copies.",
      standard: "neighbours in the teacher's embedding"),
    PassOption(
      "batch-size", .integer(1...65_536), "Examples in a batch."),
    PassOption(
      "max-length", .integer(4...1 << 20), "Cut sequences to this many tokens.",
      valueName: "tokens"),
    PassOption("examples", .integer(1...1 << 40), "Learn from so many of the task's examples."),
    PassOption("evaluations", .integer(1...10_000), "Evaluations in an epoch.", standard: "1"),
    PassOption(
      "patience", .integer(1...10_000),
      "End a training after so many evaluations without a better one."),
    PassOption("seed", .integer(0...Int.max), "Of everything random.", standard: "42"),
  ]

  /// - Parameter standards: what holds of them for a system, where nothing is said.
  static func training(_ standards: [String: String]) -> [PassOption] {
    training.map { option in
      var option = option
      option.standard = standards[option.name] ?? option.standard
      return option
    }
  }
}

extension PassOption {
  /// How many times a training goes through all examples; one that is left out altogether has none.
  static func epochs(_ name: String, of what: String, _ standard: Int) -> PassOption {
    PassOption(
      name, .integer(0...100_000), "Epochs of \(what); 0 leaves it out.",
      standard: String(standard))
  }

  static func rate(_ name: String, of what: String, _ standard: String) -> PassOption {
    PassOption(
      name, .number(0...10), "The learning rate of \(what).", valueName: "rate",
      standard: standard)
  }
}

extension PassArguments {
  /// The value of an option, or what its declaration says holds without one.
  func number(_ name: String, of declaration: PassDeclaration) -> Double {
    let standard = declaration.options.first { $0.name == name }?.standard
    return number(name) ?? standard.flatMap(Double.init) ?? 0
  }

  func integer(_ name: String, of declaration: PassDeclaration) -> Int {
    Int(number(name, of: declaration))
  }

  func text(_ name: String, of declaration: PassDeclaration) -> String {
    text(name) ?? declaration.options.first { $0.name == name }?.standard ?? ""
  }

  /// Whether something is done that is done unless it is said not to be.
  func isOn(_ name: String) -> Bool { text(name) != "false" }

  /// A step, with those of the common options that have a value.
  ///
  /// - Parameters:
  ///   - declaration: of the system, whose standards hold where nothing is given.
  ///   - own: the options of this step; those without a value are left out.
  ///   - omitted: common options that the step does not take.
  func training(
    _ name: String, of declaration: PassDeclaration, _ own: [(String, [String])],
    without omitted: Set<String> = []
  ) throws -> RecipeStep {
    let common = PublishedOptions.training.map(\.name).filter { !omitted.contains($0) }
    let shared = common.compactMap { name -> (String, [String])? in
      guard let option = declaration.options.first(where: { $0.name == name }) else { return nil }
      let isSaid = PublishedOptions.training.contains {
        $0.name == name && $0.standard == option.standard
      }
      guard let value = text(name) ?? (isSaid ? nil : option.standard) else { return nil }
      // Without copies there is nothing for which words would be sought.
      if name == "augment", value == "0" { return nil }
      if name == "mlm", text("augment", of: declaration) == "0" { return nil }
      return (name, [value])
    }
    return try RecipeStep(
      name, (own + shared).filter { !$0.1.isEmpty }.map { (option: $0.0, values: $0.1) })
  }
}

/// The learning rate that was published for BERT-base, for a model of another width: the narrower, the greater.
///
/// Rates of what Adam updates go with the reciprocal of the width (Yang et al., "Tensor Programs V", 2022).
func scaled(_ rate: Double, to hidden: Int) -> Double { rate * 768 / Double(max(1, hidden)) }

/// A rate in four significant digits, as recipes have it.
func rateText(_ rate: Double) -> String {
  guard rate > 0 else { return "0" }
  var (mantissa, exponent) = (rate, 0)
  while mantissa < 1000 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  while mantissa >= 10_000 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
  return "\(Double("\(Int(mantissa.rounded()))e\(exponent)") ?? rate)"
}

/// A share as schedules take it, such as `12.5%`.
func percent(_ share: Double) -> String { shortest((share * 1e6).rounded() / 1e4) + "%" }
