import Checkpoints
import Documents
import Glibc
import Tensors

/// The folder in which a run keeps what it needs to be taken up again, and its metrics.
///
/// `state.safetensors` appears whole or not at all, and names the file with the best parameters, which is there before it: whenever a run is
/// killed, what lies here belongs together. One run at a time uses a folder.
package final class RunFolder {
  package let path: String
  private let format: any Format
  private let threads: Int
  private let lock: RunLock

  private static let stateName = "state.safetensors"
  private static let factsKey = "run"
  private static let optimizerKey = "optimizer"
  package static let metricsName = "metrics.jsonl"

  /// - Parameters:
  ///   - format: holds named tensors and text in one file, as safetensors does.
  ///   - resumes: whether what an earlier run has left is kept; else it is removed.
  /// - Throws: ``Failure`` if there is nothing to take up, or if another run is at work.
  package init(
    _ path: String, format: any Format, resumes: Bool, threads: Int = 1
  ) throws {
    self.path = path
    self.format = format
    self.threads = threads
    if resumes, !Tensors.exists(joinPath(path, Self.stateName)) {
      throw Failure(RunReason.nothingToResume, at: Place(file: path))
    }
    lock = try RunLock(path)
    if !resumes { for name in folderEntries(path) where isOwn(name) { removeTree(file(name)) } }
  }

  /// Whether a run has left its state there.
  package static func canResume(_ path: String) -> Bool {
    Tensors.exists(joinPath(path, stateName))
  }

  package var metricsPath: String { file(Self.metricsName) }

  /// Keeps a run's state.
  ///
  /// - Parameter extra: other numbers that whoever trains has to know again, by name: importances, ranges of observers.
  package func save(
    _ state: RunState, _ optimizer: Optimizer, extra: [String: FloatBuffer] = [:]
  ) throws {
    var tensors = try optimizer.stateTensors()
    tensors += Self.tensors(of: optimizer.parameters)
    for (name, buffer) in extra.sorted(by: { $0.key < $1.key }) {
      tensors.append(
        NamedTensor("extra/\(name)", Tensor(buffer, rows: 1, columns: buffer.count)))
    }
    try write(
      tensors,
      [(Self.factsKey, state.json.text()), (Self.optimizerKey, optimizer.stateFacts.text())],
      to: Self.stateName)
    for name in folderEntries(path) where Self.isNameOfBest(name) && name != state.bestFile {
      unlink(file(name))
    }
    for name in folderEntries(path) where Self.isNameOfStructure(name) && name != state.structure {
      removeTree(file(name))
    }
  }

  /// Where the model lies as so many compressions have left it: its name here, and the path.
  package static func structureName(after applications: Int) -> String { "model-\(applications)" }
  package func path(ofStructure name: String) -> String { file(name) }

  /// Reads where the run stands, without the numbers.
  ///
  /// - Throws: ``Failure`` if it is the state of another run, or damaged.
  package func state(fingerprint: String) throws -> RunState {
    let state = try RunState(try facts(Self.factsKey, of: try container(Self.stateName)))
    guard state.fingerprint == fingerprint else {
      throw Failure(RunReason.otherRun, at: Place(file: path))
    }
    return state
  }

  /// Fills an optimizer and its parameters, of the same shapes, with what was kept.
  ///
  /// - Parameters:
  ///   - extra: filled too, by name; each has to be there.
  ///   - others: reads what may be there beside them.
  package func restore(
    _ optimizer: Optimizer, extra: [String: FloatBuffer] = [:],
    others: ((StoredTensors) throws -> Void)? = nil
  ) throws {
    let container = try container(Self.stateName)
    let stored = StoredTensors(container)
    do {
      try Self.restore(optimizer.parameters, from: stored)
      try optimizer.restore(try facts(Self.optimizerKey, of: container), from: stored)
      for (name, buffer) in extra {
        try stored.read("extra/\(name)", into: buffer, rows: 1, columns: buffer.count)
      }
      try others?(stored)
    } catch let failure as Failure {
      throw failure.within(Place(file: file(Self.stateName)))
    }
  }

  /// Keeps the parameters of the best evaluation so far.
  ///
  /// - Returns: the file's name, for ``RunState/bestFile``; the one before stays until a state is saved that does not name it.
  package func saveBest(_ optimizer: Optimizer, step: Int) throws -> String {
    try optimizer.flush()
    let name = Self.bestName(step)
    try write(Self.tensors(of: optimizer.parameters), [], to: name)
    return name
  }

  /// Sets an optimizer's parameters to those of the best evaluation.
  package func restoreBest(_ state: RunState, _ optimizer: Optimizer) throws {
    guard let name = state.bestFile else { throw Failure(RunReason.missing("a best evaluation")) }
    // What rows still wait for belongs to the values that are replaced.
    try optimizer.flush()
    try Self.restore(optimizer.parameters, from: StoredTensors(try container(name)))
  }

  /// Removes the folder: the run is done.
  package func remove() { removeTree(path) }

  private func file(_ name: String) -> String { joinPath(path, name) }

  private func write(
    _ tensors: [NamedTensor], _ metadata: [(key: String, value: String)], to name: String
  ) throws {
    let output = try OutputTransaction(.file(file(name)), replacing: true)
    let container = Container(
      format: format.name, files: [], byteCount: 0, tensors: tensors, metadata: metadata)
    try format.write(container, to: output, options: WriteOptions(threads: threads))
    try output.commit()
  }

  private func container(_ name: String) throws -> Container {
    try format.read(file(name), options: ReadOptions())
  }

  private func facts(_ key: String, of container: Container) throws -> JSON {
    guard let text = container.metadata.last(where: { $0.key == key })?.value else {
      throw Failure(RunReason.missing("'\(key)'"), at: Place(file: container.files.first))
    }
    return try JSON.parse(Array(text.utf8), file: container.files.first ?? path)
  }
}

extension RunFolder {
  private static func bestName(_ step: Int) -> String { "best-\(step).safetensors" }

  /// Whether a name is one that ``saveBest(_:step:)`` gives: no path to anywhere else.
  static func isNameOfBest(_ name: String) -> Bool {
    guard name.hasPrefix("best-"), name.hasSuffix(".safetensors") else { return false }
    return Int(name.dropFirst(5).dropLast(12)).map { name == bestName($0) } ?? false
  }

  static func isNameOfStructure(_ name: String) -> Bool {
    guard name.hasPrefix("model-") else { return false }
    return Int(name.dropFirst(6)).map { name == structureName(after: $0) } ?? false
  }

  private func isOwn(_ name: String) -> Bool {
    name == Self.stateName || name == Self.metricsName || Self.isNameOfBest(name)
      || Self.isNameOfStructure(name)
  }

  private static func tensors(of parameters: [TrainableParameter]) -> [NamedTensor] {
    parameters.flatMap { parameter in
      let (rows, columns) = (parameter.rows, parameter.columns)
      let mask = parameter.mask.map {
        NamedTensor("mask/\(parameter.id)", Tensor(mask: $0, rows: rows, columns: columns))
      }
      let values = Tensor(parameter.values, rows: rows, columns: columns)
      return [NamedTensor("parameter/\(parameter.id)", values)] + (mask.map { [$0] } ?? [])
    }
  }

  private static func restore(
    _ parameters: [TrainableParameter], from stored: StoredTensors
  ) throws {
    for parameter in parameters {
      let (rows, columns) = (parameter.rows, parameter.columns)
      try stored.read(
        "parameter/\(parameter.id)", into: parameter.values, rows: rows, columns: columns)
      parameter.mask = try stored.mask("mask/\(parameter.id)", rows: rows, columns: columns)
    }
  }
}
