import Documents
import Glibc
import Tensors

/// A file of metrics, a JSON object a line, that is up to date after each.
package final class MetricsLog {
  package let path: String
  private let descriptor: Int32

  /// - Parameter step: where a run is taken up; what an earlier one wrote of later steps is cut off, a torn line too. Nil for a new file.
  package init(_ path: String, resumingAt step: Int? = nil) throws {
    self.path = path
    do {
      let kept = step.flatMap { Self.byteCount(of: path, through: $0) } ?? 0
      descriptor = try checked("open") {
        open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
      }
      try checked("ftruncate") { [descriptor] in ftruncate(descriptor, kept) }
    } catch {
      throw Failure(OutputReason.cannotCreate, at: Place(file: path), cause: error)
    }
  }

  deinit { close(descriptor) }

  package func write(_ record: MetricsRecord) throws {
    let line = [UInt8]((record.json.text() + "\n").utf8)
    var done = 0
    do {
      while done < line.count {
        done += try line[done...].withUnsafeBytes { rest in
          try checked("write") { Glibc.write(descriptor, rest.baseAddress!, rest.count) }
        }
      }
    } catch {
      throw Failure(OutputReason.cannotWrite, at: Place(file: path), cause: error)
    }
  }

  /// The lines that can be read, in their order; no more than a program wrote.
  package static func records(of path: String) throws -> [MetricsRecord] {
    try lines(of: path).map(\.record)
  }

  /// How far the file tells of steps up to one.
  private static func byteCount(of path: String, through step: Int) -> Int? {
    try? lines(of: path).prefix { $0.record.step <= step }.last?.end
  }

  /// The lines before the first that is torn or damaged, with where they end.
  private static func lines(of path: String) throws -> [(record: MetricsRecord, end: Int)] {
    let file = try InputFile(path)
    let bytes = try file.bytes(0..<file.byteCount)
    var found: [(record: MetricsRecord, end: Int)] = []
    var start = 0
    while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
      guard let json = try? JSON.parse(Array(bytes[start..<end]), file: path),
        let record = MetricsRecord(json)
      else { break }
      found.append((record, end + 1))
      start = end + 1
    }
    return found
  }
}
