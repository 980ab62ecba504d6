import Glibc
import Synchronization

/// What of an unfinished output has been written, kept beside it so that a run that was killed can be taken up again.
///
/// A line each in a file in the staging folder, appended after the bytes it tells of: key, offset and number of bytes, their
/// fingerprint, a note. What is found there is believed only as far as the bytes still have that fingerprint, so neither
/// a torn line nor lost data does harm.
package final class OutputJournal: Sendable {
  static let fileName = ".journal"
  private static let schema = "pare.journal/1"

  /// A range of a file that was written.
  package struct Entry: Sendable, Equatable {
    package var range: Range<Int>
    /// One line of text, such as what must be said of the range in a header.
    package var note: String
    fileprivate var hash: String
  }

  private let path: String
  private let descriptor: Int32
  private let earlier: [String: Entry]

  /// Opens the journal of a staging folder.
  ///
  /// - Parameter resumes: whether the entries of an earlier run with the same fingerprint are taken over.
  init(in folder: String, fingerprint: String, resumes: Bool) throws {
    path = joinPath(folder, Self.fileName)
    earlier = resumes ? Self.entries(of: path, fingerprint) ?? [:] : [:]
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (resumes ? 0 : O_TRUNC)
    descriptor = try checked("open") { [path] in open(path, flags, 0o666) }
    if !resumes { append("\(Self.schema) \(fingerprint)\n") }
  }

  deinit { close(descriptor) }

  /// Whether a staging folder holds the journal of a run with a fingerprint.
  static func exists(in folder: String, fingerprint: String) -> Bool {
    entries(of: joinPath(folder, fileName), fingerprint) != nil
  }

  /// What an earlier run wrote under a key, if the file still has those bytes.
  package func entry(_ key: String, in file: OutputFile) -> Entry? {
    guard let entry = earlier[key], let bytes = try? file.bytes(entry.range) else { return nil }
    return bytes.withUnsafeBytes { Self.hash($0) } == entry.hash ? entry : nil
  }

  /// Notes that bytes stand at an offset.
  ///
  /// - Parameter key: without tabs and line breaks, as the note.
  package func record(
    _ key: String, _ bytes: UnsafeRawBufferPointer, at offset: Int, note: String = ""
  ) {
    append("\(key)\t\(offset)\t\(bytes.count)\t\(Self.hash(bytes))\t\(note)\n")
  }

  /// Removes the file: the output is complete.
  func remove() { unlink(path) }

  private func append(_ line: String) {
    // A journal that cannot be written costs a later run its start, not this one its end.
    let bytes = [UInt8](line.utf8)
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress!, $0.count) }
  }

  private static func hash(_ bytes: UnsafeRawBufferPointer) -> String {
    var fingerprint = Fingerprint()
    fingerprint.combine(bytes)
    return fingerprint.text
  }

  /// Nil if there is no journal of that fingerprint.
  private static func entries(of path: String, _ fingerprint: String) -> [String: Entry]? {
    guard let file = try? InputFile(path, access: .read),
      let bytes = try? file.bytes(0..<file.byteCount)
    else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    guard lines.first.map(String.init) == "\(schema) \(fingerprint)" else { return nil }
    var entries: [String: Entry] = [:]
    // The last part is empty, or a line that was never finished.
    for line in lines.dropFirst().dropLast() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard fields.count == 5, let offset = Int(fields[1]), let count = Int(fields[2]), offset >= 0,
        count >= 0, offset <= Int.max - count
      else { continue }
      entries[String(fields[0])] = Entry(
        range: offset..<(offset + count), note: String(fields[4]), hash: String(fields[3]))
    }
    return entries
  }
}

/// Asks that an output be written so that a later run can take it up.
package struct JournalRequest: Sendable {
  /// Of everything that the output depends on.
  package var fingerprint: String
  /// Whether this run takes up what an earlier one with the same fingerprint has left.
  package var resumes: Bool

  package init(fingerprint: String, resumes: Bool) {
    self.fingerprint = fingerprint
    self.resumes = resumes
  }
}
