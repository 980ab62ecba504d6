import Glibc
import Synchronization
import Tensors

/// What trials gave, kept in a file while a run goes on, so that they need not be done again after it was killed.
///
/// The first line names the run. Each of the others is of a trial: 16 hexadecimal digits that stand for what was tried, then its numbers, each as the bits
/// of a double. A line that is torn is as if it were not there.
package final class TrialLog: Sendable {
  private let path: String
  private let descriptor: Int32?
  private let known: Mutex<[Substring: [Double]]>

  /// - Parameters:
  ///   - path: of a file that is taken up if it is of the same run, and replaced if not.
  ///   - run: by which a run is known again.
  package init(_ path: String, run: String) {
    self.path = path
    // Where nothing can be kept, or another run is at work, trials are done all the same.
    let file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0, flock(file, LOCK_EX | LOCK_NB) == 0 else {
      if file >= 0 { close(file) }
      descriptor = nil
      known = Mutex([:])
      return
    }
    descriptor = file
    let title = "pare.trials/1 \(run)"
    let text = Self.text(of: path)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    guard lines.first.map(String.init) == title else {
      ftruncate(file, 0)
      known = Mutex([:])
      Self.append(title + "\n", to: file)
      return
    }
    known = Mutex(
      lines.dropFirst().reduce(into: [:]) { known, line in
        let parts = line.split(separator: " ")
        let numbers = parts.dropFirst().compactMap { UInt64($0, radix: 16) }
          .map { Double(bitPattern: $0) }
        // Bytes, errors and losses; what cannot be one of these is tried again.
        guard let key = parts.first, key.count == 16, numbers.count == parts.count - 1,
          numbers.allSatisfy({ $0.isNaN || 0..<1e15 ~= $0 })
        else { return }
        known[key] = numbers
      })
    // What follows a torn line begins a line of its own.
    if !text.hasSuffix("\n") { Self.append("\n", to: file) }
  }

  deinit { if let descriptor { close(descriptor) } }

  /// What a trial gave: as it is known, or else as the work says, which is then kept.
  ///
  /// - Parameter trial: says all that the numbers depend on.
  func numbers(of trial: String, _ work: () throws -> [Double]) rethrows -> [Double] {
    var fingerprint = Fingerprint()
    fingerprint.combine(trial)
    let key = fingerprint.text
    if let numbers = known.withLock({ $0[key[...]] }) { return numbers }
    let numbers = try work()
    let line = ([key] + numbers.map { String($0.bitPattern, radix: 16) }).joined(separator: " ")
    known.withLock { known in
      known[key[...]] = numbers
      if let descriptor { Self.append(line + "\n", to: descriptor) }
    }
    return numbers
  }

  /// Takes the file away, when the run has come to its end.
  package func remove() { if descriptor != nil { unlink(path) } }

  private static func text(of path: String) -> String {
    guard let file = try? InputFile(path), let bytes = try? file.bytes(0..<file.byteCount) else {
      return ""
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A line that cannot be written is one that is tried again.
  private static func append(_ line: String, to file: Int32) {
    var line = line
    _ = line.withUTF8 { write(file, $0.baseAddress, $0.count) }
  }
}
