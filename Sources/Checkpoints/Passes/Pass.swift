import Tensors

/// A compression pass: takes a checkpoint and gives one that holds its values otherwise, or holds fewer.
///
/// Adding one is one file and one line in the list of passes: the subcommand, the step of a recipe and
/// the reference of recipes all come from its declaration.
///
/// A pass reads no tensor's data before it must: what it makes of one parameter is worked out when a
/// writer pulls that (``Computation``). A pass that must measure first, as for a threshold over all parameters, sweeps
/// the data piece by piece and keeps the measurement only. The same checkpoint and arguments give the same
/// values, whatever ``PassContext/threads`` is.
public protocol Pass: Declared {
  /// - Throws: ``Failure`` of usage if arguments contradict one another.
  init(_ arguments: PassArguments) throws

  /// - Throws: ``Failure`` naming the tensor where the pass does not fit what is there.
  func apply(to checkpoint: Checkpoint, in context: PassContext) throws -> Checkpoint
}

/// What a pass may use beside the checkpoint.
public struct PassContext: Sendable {
  public var threads: Int
  /// Told of the bytes that a sweep has gone through.
  public var progress: Progress?
  /// Opens a file of statistics that later work has written.
  public var openStatistics: (@Sendable (String) throws -> Statistics)?
  /// Lets the model that a chain began with read a text, and measures it.
  public var calibrate: (@Sendable (_ text: String, _ measures: Set<String>) throws -> Statistics)?
  /// The model that a chain of passes began with, of which statistics may be too; nil where nothing was done before.
  public var origin: ChainOrigin?
  /// Opens the model's vocabulary, where there is one beside its weights.
  public var openVocabulary: (@Sendable () throws -> any VocabularyEditing)?

  public init(
    threads: Int = 1, progress: Progress? = nil,
    openStatistics: (@Sendable (String) throws -> Statistics)? = nil,
    openVocabulary: (@Sendable () throws -> any VocabularyEditing)? = nil
  ) {
    self.threads = threads
    self.progress = progress
    self.openStatistics = openStatistics
    self.openVocabulary = openVocabulary
  }

  /// The model's vocabulary.
  ///
  /// - Throws: ``Failure`` if it cannot be read, or there is none.
  public func vocabulary() throws -> any VocabularyEditing {
    guard let openVocabulary else { throw Failure(PassReason.noVocabulary) }
    return try openVocabulary()
  }

  /// The statistics of a checkpoint from the file that a pass was given, or measured on the text that it was given; nil where it was
  /// given neither.
  ///
  /// - Parameter measures: what is needed, as `pare calibrate` calls it.
  /// - Throws: ``Failure`` of usage if both were given; if the file cannot be read or belongs to another model; if nothing can be measured.
  public func statistics(
    _ arguments: PassArguments, measuring measures: Set<String> = ["inputs"],
    of checkpoint: Checkpoint
  ) throws -> Statistics? {
    let (file, calibration) = (PassOption.statistics.name, PassOption.calibration.name)
    guard let text = arguments.text(calibration) else {
      return try statistics(arguments.text(file), of: checkpoint)
    }
    guard arguments.text(file) == nil else { throw Failure(PassReason.conflict(file, calibration)) }
    guard let calibrate else { throw Failure(PassReason.noStatistics, at: Place(file: text)) }
    return try checked(try calibrate(text, measures), of: checkpoint)
  }

  /// The statistics of a checkpoint; nil where a pass was given none.
  ///
  /// - Throws: ``Failure`` if the file cannot be read or belongs to another model.
  public func statistics(_ path: String?, of checkpoint: Checkpoint) throws -> Statistics? {
    guard let path else { return nil }
    guard let openStatistics else { throw Failure(PassReason.noStatistics, at: Place(file: path)) }
    return try checked(try openStatistics(path), of: checkpoint)
  }

  /// Fails unless they are of the checkpoint, or of the one that a chain of passes began with, of which they tell what the checkpoint has kept.
  private func checked(_ statistics: Statistics, of checkpoint: Checkpoint) throws -> Statistics {
    guard try origin?.isDescribed(by: statistics) == true, !statistics.isOfTheMoment else {
      try statistics.check(isOf: checkpoint)
      return statistics
    }
    return checkpoint.keptTokens.map(statistics.keeping) ?? statistics
  }
}

/// Why a pass cannot be done.
package enum PassReason: Reason {
  case noStatistics
  case noVocabulary
  case nothingSelected(pass: String)
  case unfit(pass: String, why: String)
  case missing(option: String, pass: String)
  case conflict(String, String)
  case unknownOption(String, pass: String, known: [String])
  case badValue(option: String, value: String, expected: String)
  case repeated(option: String)
  case unknownModel

  package var outcome: Outcome {
    switch self {
    case .noStatistics, .noVocabulary, .unfit, .unknownModel: .badInput
    default: .usage
    }
  }

  package var description: String {
    switch self {
    case .noStatistics: "statistics cannot be opened here"
    case .noVocabulary: "there is no vocabulary beside the weights"
    case .nothingSelected(let pass):
      "\(pass): there is no parameter that it works on, or none matches --only and --except"
    case .unfit(let pass, let why): "\(pass): \(why)"
    case .missing(let option, let pass): "\(pass) needs '\(option)'"
    case .conflict(let first, let second): "'\(first)' and '\(second)' exclude each other"
    case .unknownOption(let name, let pass, _): "\(pass) has no option '\(printable(name))'"
    case .badValue(let option, let value, let expected):
      "'\(option)' takes \(expected), not '\(printable(value))'"
    case .repeated(let option): "'\(option)' is given twice"
    case .unknownModel: "the model's architecture is not known, so no pass can be applied"
    }
  }

  package var hint: String? {
    switch self {
    case .unknownOption(let name, _, let known):
      nearest(to: name, among: known).map { "did you mean '\($0)'?" }
        ?? "it has \(known.joined(separator: ", "))"
    default: nil
    }
  }
}

/// The name that a misspelt one was probably meant to be, by Levenshtein's distance; nil if none is near.
package func nearest(to name: String, among known: [String]) -> String? {
  let scored = known.map { ($0, distance(Array(name.prefix(64).utf8), Array($0.utf8))) }
  return scored.min { $0.1 < $1.1 }.flatMap { $0.1 <= max(2, $0.0.utf8.count / 3) ? $0.0 : nil }
}

private func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
  var row = Array(0...right.count)
  for (index, byte) in left.enumerated() {
    var diagonal = row[0]
    row[0] = index + 1
    for (place, other) in right.enumerated() {
      let above = row[place + 1]
      row[place + 1] = min(above + 1, row[place] + 1, diagonal + (byte == other ? 0 : 1))
      diagonal = above
    }
  }
  return row[right.count]
}
