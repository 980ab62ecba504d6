import Glibc

/// A file, or a folder's files, that appear together when everything has been written, or not at all.
///
/// The work is done in `.NAME.pare-partial` beside the output, or in `.pare-partial` in an existing
/// folder, on the same file system, and renamed at the end. Dropping a transaction that was not committed removes that; a signal does too
/// (``PartialOutputs``); what a killed run left is removed by the next one, or taken up by it where both keep a
/// journal (``OutputJournal``).
public final class OutputTransaction: @unchecked Sendable {
  public let destination: Destination
  private let partialPath: String
  private let replaces: Bool
  private var lock: Int32 = -1
  private var files: [(name: String, file: OutputFile)] = []
  /// Whether the partial output is this transaction's to remove: not another run's, not yet in place.
  private var ownsPartial = false
  /// What has been written, where it was asked that this be kept.
  package private(set) var journal: OutputJournal?
  /// Whether an earlier run's output is taken up.
  package private(set) var hasResumed = false

  /// - Parameters:
  ///   - names: of the files that a folder is going to get, as far as they are known.
  ///   - journal: asks that a later run can take up this one; it means nothing to standard output.
  /// - Throws: ``Failure`` if the output exists and may not be replaced, if its parent folder is
  ///   missing or not writable, or if another run is at work on it.
  package init(
    _ destination: Destination, replacing: Bool, names: [String] = [],
    journal request: JournalRequest? = nil
  ) throws {
    self.destination = destination
    self.replaces = replacing
    try destination.check(replacing: replacing, names: names)
    partialPath = destination.partialPath
    guard destination != .standardOutput else { return }
    try claimPartial(request)
    if let request {
      journal = try creating(destination.path) {
        try OutputJournal(in: partialPath, fingerprint: request.fingerprint, resumes: hasResumed)
      }
    }
  }

  deinit {
    if ownsPartial {
      removeTree(partialPath)
      PartialOutputs.forget(partialPath)
    }
    if lock >= 0 { close(lock) }
  }

  /// Begins a file; its name counts only in a folder.
  package func makeFile(_ name: String) throws -> OutputFile {
    switch destination {
    case .standardOutput:
      return OutputFile(adopting: STDOUT_FILENO, path: destination.path, isStream: true)
    case .file(let path) where journal != nil:
      return try create(joinPath(partialPath, Self.soleName), named: name, reportedAs: path)
    case .file(let path):
      let file = OutputFile(adopting: lock, path: path)
      lock = -1
      files.append((name, file))
      return file
    case .folder(let path):
      return try create(joinPath(partialPath, name), named: name, reportedAs: joinPath(path, name))
    }
  }

  /// Puts everything in its place.
  ///
  /// - Parameter isSuperseded: tells of a file in an existing folder, which this output has no new
  ///   version of, that it belongs to what is replaced; such files are removed.
  package func commit(removing isSuperseded: (String) -> Bool = { _ in false }) throws {
    for (_, file) in files { try file.flush() }
    journal?.remove()
    switch destination {
    case .standardOutput: break
    case .file(let path) where journal != nil:
      try move(joinPath(partialPath, Self.soleName), to: path)
      removeTree(partialPath)
    case .file(let path): try move(partialPath, to: path)
    case .folder(let path): try commitFolder(path, removing: isSuperseded)
    }
    ownsPartial = false
    PartialOutputs.forget(partialPath)
    if destination != .standardOutput { flushFolder(splitPath(partialPath).parent) }
  }

  /// Fails if the file system of the output has less room than that, while nothing is written yet.
  package func requireSpace(_ byteCount: Int) throws {
    guard destination != .standardOutput else { return }
    var status = statvfs()
    guard statvfs(splitPath(partialPath).parent, &status) == 0 else { return }
    let free = Int(clamping: UInt64(status.f_bavail) &* UInt64(status.f_frsize))
    guard byteCount <= free else {
      throw Failure(
        OutputReason.notEnoughSpace(needed: byteCount, free: free),
        at: Place(file: destination.path))
    }
  }

  /// Makes the partial output and locks it, after another run's remains were removed. The folder
  /// around it is locked meanwhile, so that no other run takes what is made here for remains.
  private func claimPartial(_ request: JournalRequest?) throws {
    let parent = open(splitPath(partialPath).parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    defer { if parent >= 0 { close(parent) } }
    if parent >= 0 { flock(parent, LOCK_EX) }
    if let request, request.resumes, try adoptPartial(request.fingerprint) { return }
    try removeStalePartial()
    try creating(destination.path) {
      if destination.isForFolder || request != nil {
        try checked("mkdir") { mkdir(partialPath, 0o777) }
        takePartial()
        lock = try checked("open") { open(partialPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
      } else {
        lock = try checked("open") {
          open(partialPath, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        }
        takePartial()
      }
      try checked("flock") { flock(lock, LOCK_EX | LOCK_NB) }
    }
  }

  /// The name in the staging folder of an output that is one file.
  private static let soleName = "output"

  /// Takes up the remains of an earlier run with the same fingerprint, if there are any.
  private func adoptPartial(_ fingerprint: String) throws -> Bool {
    let descriptor = open(partialPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return false }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw Failure(OutputReason.busy, at: Place(file: destination.path))
    }
    guard OutputJournal.exists(in: partialPath, fingerprint: fingerprint) else {
      close(descriptor)
      return false
    }
    lock = descriptor
    takePartial()
    hasResumed = true
    return true
  }

  private func removeStalePartial() throws {
    let descriptor = open(partialPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw Failure(OutputReason.busy, at: Place(file: destination.path))
    }
    removeTree(partialPath)
  }

  private func takePartial() {
    ownsPartial = true
    PartialOutputs.remember(partialPath)
  }

  private func create(
    _ partial: String, named name: String, reportedAs path: String
  ) throws -> OutputFile {
    let descriptor = try creating(path) {
      let exclusive = hasResumed ? O_NOFOLLOW : O_EXCL
      return try checked("open") {
        open(partial, O_RDWR | O_CREAT | exclusive | O_CLOEXEC, 0o666)
      }
    }
    let file = OutputFile(adopting: descriptor, path: path)
    files.append((name, file))
    return file
  }

  private func commitFolder(_ path: String, removing isSuperseded: (String) -> Bool) throws {
    guard isFolder(path) else { return try move(partialPath, to: path) }
    let written = Set(files.map(\.name))
    try destination.check(replacing: replaces, names: files.map(\.name))
    // Files were begun in the order in which they may appear: weights come last.
    for name in files.map(\.name) {
      try makeParents(of: name, in: path)
      try move(joinPath(partialPath, name), to: joinPath(path, name))
    }
    for name in folderEntries(path) where isSuperseded(name) && !written.contains(name) {
      unlink(joinPath(path, name))
    }
    removeTree(partialPath)
  }

  /// Makes the folders that a name such as `1_Pooling/config.json` needs, in the staging folder or beyond.
  package func makeParents(of name: String, in folder: String? = nil) throws {
    guard case .folder = destination else { return }
    var path = folder ?? partialPath
    for part in name.split(separator: "/").dropLast() {
      path = joinPath(path, String(part))
      if mkdir(path, 0o777) != 0, errno != EEXIST {
        let error = SystemError(call: "mkdir", code: errno)
        throw Failure(OutputReason.cannotCreate, at: Place(file: path), cause: error)
      }
    }
  }

  private func move(_ source: String, to target: String) throws {
    do {
      try checked("rename") { rename(source, target) }
    } catch {
      throw Failure(OutputReason.cannotReplace, at: Place(file: target), cause: error)
    }
  }

  private func creating<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as SystemError {
      throw Failure(OutputReason.cannotCreate, at: Place(file: path), cause: error)
    }
  }

  private func flushFolder(_ path: String) {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }
}
