import Tensors

/// What models weigh and how good they are, beside the model that they came from if there is one.
///
/// Filled by whoever has opened, compressed or evaluated the models; shown as text, Markdown, JSON
/// (`pare.report/1`) or one page of HTML by ``render(as:)``.
public struct SizeReport: Sendable {
  /// At least one.
  public var models: [ModelReport]
  /// The model before compression, with which the others are compared.
  public var reference: ModelReport?
  /// The recipe that made the model, as text that reads back as the same recipe.
  public var recipe: String?
  /// What each step of the recipe did.
  public var steps: [StepReport]
  /// What trainings went through that the models are from.
  public var trainings: [RunHistory]
  public var notes: [String]
  /// How the model was brought down to a size; nil where none was asked for.
  public var budget: BudgetReport?
  /// Whether text and Markdown have a line for each tensor.
  public var listsTensors = false

  public init(
    _ models: [ModelReport], against reference: ModelReport? = nil, recipe: String? = nil,
    steps: [StepReport] = [], trainings: [RunHistory] = [], notes: [String] = []
  ) {
    self.models = models
    self.reference = reference
    self.recipe = recipe
    self.steps = steps
    self.trainings = trainings
    self.notes = notes
  }
}

/// What one step of a recipe did.
public struct StepReport: Sendable, Equatable {
  /// The pass and its arguments as they stand in a recipe.
  public var step: String
  public var parametersBefore: Int
  public var parametersAfter: Int
  /// Of the tensors that hold the model, before any entropy coding.
  public var bytesBefore: Int
  public var bytesAfter: Int
  public var seconds: Double

  public init(
    _ step: String, parametersBefore: Int, parametersAfter: Int, bytesBefore: Int, bytesAfter: Int,
    seconds: Double
  ) {
    self.step = step
    self.parametersBefore = parametersBefore
    self.parametersAfter = parametersAfter
    self.bytesBefore = bytesBefore
    self.bytesAfter = bytesAfter
    self.seconds = seconds
  }
}

/// The forms that a report can be had in.
public enum ReportForm: String, Sendable, CaseIterable {
  case text, markdown, json, html

  /// The form that a file's ending asks for; nil if it asks for none.
  public init?(path: String) {
    let name = splitPath(path).name.lowercased()
    let form = Self.allCases.first { form in form.endings.contains(where: name.hasSuffix) }
    guard let form else { return nil }
    self = form
  }

  private var endings: [String] {
    switch self {
    case .text: [".txt"]
    case .markdown: [".md", ".markdown"]
    case .json: [".json"]
    case .html: [".html", ".htm"]
    }
  }
}
