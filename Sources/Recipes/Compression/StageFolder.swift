import Reports
import Tensors
import Training

/// The folder of a run of several stages, and the models in it.
struct StageFolder {
  let path: String
  let fingerprint: String
  private let lock: RunLock

  private static let fingerprintName = "fingerprint"

  /// - Throws: ``Failure`` if another run is at work in it, or it is another run's that should be taken up.
  init(_ path: String, fingerprint: String, resumes: Bool) throws {
    self.path = path
    self.fingerprint = fingerprint
    if resumes, !Tensors.exists(joinPath(path, Self.fingerprintName)) {
      throw Failure(RunReason.nothingToResume, at: Place(file: path))
    }
    lock = try RunLock(path)
    let file = joinPath(path, Self.fingerprintName)
    if resumes {
      let input = try InputFile(file)
      guard try input.bytes(0..<input.byteCount) == Array(fingerprint.utf8) else {
        throw Failure(RunReason.otherRun, at: Place(file: path))
      }
      return
    }
    for name in folderEntries(path) where name != RunLock.name {
      removeTree(joinPath(path, name))
    }
    try OutputTransaction.write(Array(fingerprint.utf8), to: file)
  }

  func path(of name: String) -> String { joinPath(path, name) }

  /// Where the metrics of a training lie.
  func metricsPath(of name: String) -> String { path(of: name + ".metrics.jsonl") }

  /// What a training went through; nothing if that cannot be read, since a report is less than the run that it is of.
  func history(of name: String, title: String) -> [RunHistory] {
    (try? RunHistory.read(metricsPath(of: name), title: title)) ?? []
  }

  /// A model that lies in the folder; nil if it is not there yet.
  func model(_ name: String) throws -> Model? {
    let path = path(of: name)
    return isFolder(path) ? try Model.open(path, format: StageModels.format) : nil
  }
}
