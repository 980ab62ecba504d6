import Checkpoints
import Reports
import Tensors

/// A report as a file, in the form that its ending asks for.
public struct ReportFile: Sendable {
  public let path: String
  public let form: ReportForm
  let replaces: Bool

  /// - Parameter replacing: whether a file that exists may be replaced.
  /// - Throws: ``Failure`` of usage if the ending asks for no form.
  public init(_ path: String, replacing: Bool) throws {
    guard let form = ReportForm(path: path) else {
      throw Failure(ReportFileReason.noForm, at: Place(file: path))
    }
    self.path = path
    self.form = form
    replaces = replacing
  }

  /// Fails where the file cannot be put, or is one that the report is made from; nothing is written.
  public func check(for request: ReportRequest) throws {
    try Destination.file(path).check(replacing: replaces, names: [])
    guard let identity = FileIdentity(of: path) else { return }
    guard !request.inputs.contains(where: { FileIdentity(of: $0) == identity }) else {
      throw Failure(OutputReason.isTheInput, at: Place(file: path))
    }
  }

  /// Writes the file, whole or not at all.
  public func write(_ report: SizeReport) throws { try write(report.render(as: form)) }

  /// Writes the file, whole or not at all.
  public func write(_ comparison: ModelComparison) throws {
    try write(comparison.render(as: form))
  }

  private func write(_ text: String) throws {
    let output = try OutputTransaction(.file(path), replacing: replaces)
    try output.makeFile("report").write([UInt8](text.utf8), at: 0)
    try output.commit()
  }
}

extension ReportRequest {
  /// Files that are read, as far as a report's name could be theirs.
  fileprivate var inputs: [String] {
    let models = (self.models + (reference.map { [$0] } ?? [])).flatMap { request in
      let folder = isFolder(request.path) ? request.path : splitPath(request.path).parent
      let names = folderEntries(folder).filter {
        Sidecar.knownNames.contains($0) || $0.hasSuffix(".index.json")
      }
      return [request.path] + names.map { joinPath(folder, $0) }
    }
    let examples = task.map { task in
      [task.path] + folderEntries(task.path).map { joinPath(task.path, $0) }
    }
    return models + (examples ?? []) + metrics
  }
}

/// Why a report cannot be written.
package enum ReportFileReason: Reason {
  case noForm

  package var outcome: Outcome { .usage }

  package var description: String {
    "a report's name should end in .html, .md, .json or .txt, which says its form"
  }
}
