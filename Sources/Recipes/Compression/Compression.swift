import Checkpoints
import Formats
import Reports
import Tasks
import Tensors

/// What to compress, how, and into what.
public struct CompressionRequest: Sendable {
  public var recipe: Recipe
  public var output: Destination
  /// The name of the target format; nil for that of the output's name.
  public var format: String?
  public var carriesSidecars: Bool
  /// Replaces an existing output.
  public var replaces: Bool
  /// Goes on where a run that was killed has stopped, if it was the same.
  public var resumes: Bool
  public var threads: Int
  public var progress: Progress?
  /// What models learn in the trainings among the steps; nil where nothing is said.
  public var task: TaskRequest?
  /// How long the trainings may take together; nil for as long as they do.
  package var budget: TimeBudget?
  /// How the input is opened again, where another model teaches by its outputs, or a report is made.
  public var input: ModelRequest?
  /// Whether what is measured of the model is kept beside the output.
  public var keepsStatistics = true
  /// How the recipe was found, where it brings the model down to a size; told by reports.
  public var plan: BudgetReport?
  /// Opens statistics in another way than from their file; nil for that.
  var openStatistics: (@Sendable (String) throws -> Statistics)?
  /// What was done before the recipe begins: what is kept of it with the output, and told by reports.
  var history = History()

  /// Steps that were done to a model before.
  struct History: Sendable {
    /// The whole recipe; nil for the request's own.
    var recipe: Recipe?
    var ledger: [StepReport] = []
    /// What the trainings among them went through.
    var trainings: [RunHistory] = []
    /// The model that it all began with.
    var origin: Model?
  }

  public init(
    _ recipe: Recipe, output: Destination, format: String? = nil, carriesSidecars: Bool = true,
    replaces: Bool = false, resumes: Bool = false, threads: Int = 1, progress: Progress? = nil
  ) {
    self.recipe = recipe
    self.output = output
    self.format = format
    self.carriesSidecars = carriesSidecars
    self.replaces = replaces
    self.resumes = resumes
    self.threads = threads
    self.progress = progress
  }
}

/// A chain of passes over a model, measured where they measure, and ready to be written.
public struct Compression: Sendable {
  public let model: Model
  public let request: CompressionRequest
  public let ledger: [StepReport]
  /// All that was done.
  let recipe: Recipe
  /// What the passes give.
  let result: Model
  /// How what the passes give is written; its tensors are worked out as they are.
  public let conversion: Conversion

  /// Applies a recipe.
  ///
  /// - Throws: ``Failure`` where a pass does not fit the model, or the target cannot carry what it gives.
  public init(of model: Model, request: CompressionRequest) throws {
    let reading = model.checkpoint.container.files.first
    var context = PassContext(
      threads: request.threads, progress: request.progress,
      openStatistics: request.openStatistics
        ?? { try Statistics(SafetensorsFormat().read($0, options: ReadOptions())) },
      openVocabulary: { try TokenizerVocabulary(folder: model.folder) })
    context.calibrate = Self.calibration(of: model, request)
    let result: (checkpoint: Checkpoint, ledger: [StepReport])
    do {
      result = try request.recipe.run(on: model.checkpoint, in: context)
    } catch let failure as Failure {
      throw failure.within(Place(file: reading))
    }
    self.model = model
    self.request = request
    ledger = request.history.ledger + result.ledger
    recipe = request.history.recipe ?? request.recipe
    var writing = ConversionRequest(
      output: request.output, format: request.format, selection: try Selection(),
      allowsUnmapped: true, carriesSidecars: request.carriesSidecars, replaces: request.replaces,
      writing: WriteOptions(threads: request.threads, progress: request.progress),
      metadata: [(Recipe.metadataKey, recipe.text)])
    writing.journal = JournalRequest(
      fingerprint: Self.fingerprint(of: model, request), resumes: request.resumes)
    self.result = model.holding(result.checkpoint)
    conversion = try Conversion(of: self.result, request: writing)
  }

  /// What was done, in one line: what the weights take now, and what they took.
  public var summary: String {
    let path = request.output.path
    let files = conversion.files.map { request.output.isForFolder ? joinPath(path, $0.name) : path }
    let after = files.reduce(0) { $0 + (fileSize($1) ?? 0) }
    let before = origin.checkpoint.container.byteCount
    let ratio = after > 0 ? ", \(fixed(Double(before) / Double(after), 2)) × smaller" : ""
    return
      "wrote \(printable(path)): \(byteText(after)) of weights from \(byteText(before))\(ratio)"
  }

  /// The model before anything was done.
  var origin: Model { request.history.origin ?? model }

  /// Writes what the passes give.
  ///
  /// - Returns: what the user should know of it.
  ///
  /// - Parameter progress: told of the bytes of tensors as they are written.
  public func run(progress: Progress? = nil) throws -> [Diagnostic] {
    let notes = conversion.diagnostics.filter { $0.severity != .note || $0.code == .densified }
    return notes + (try conversion.run(progress: progress))
  }
}
