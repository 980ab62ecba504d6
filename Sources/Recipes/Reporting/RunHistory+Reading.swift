import Documents
import Reports
import Tensors
import Training

extension RunHistory {
  /// Reads the metrics of a run, also of one that is still at work or was killed: its last line may be torn.
  ///
  /// - Parameter title: what the run is called. Where a line says that a stage begins, what follows is a history of its own.
  /// - Returns: at least one.
  /// - Throws: ``Failure`` that names the line, if it is none of `pare.metrics/1` or contradicts those before; also if nothing was made.
  package static func read(_ path: String, title: String) throws -> [RunHistory] {
    let file = try InputFile(path)
    var reading = MetricsReading(title: title)
    try LineReader(file: file).visit { line in
      guard line.bytes.contains(where: { $0 > 0x20 }) else { return }
      let json: JSON
      do {
        json = try JSON.parse(line.bytes, file: path)
      } catch let failure as Failure {
        if !line.isEnded { return }
        throw Failure(
          TextReason(line: line.number, failure.reason),
          at: Place(file: path, offset: line.offset + (failure.place.offset ?? 0)))
      }
      do {
        try reading.add(json)
      } catch let failure as Failure {
        throw Failure(
          TextReason(line: line.number, failure.reason), at: Place(file: path, offset: line.offset))
      }
    }
    let found = reading.histories.filter { !$0.points.isEmpty || !$0.evaluations.isEmpty }
    guard !found.isEmpty else { throw Failure(MetricsReason.empty, at: Place(file: path)) }
    return found
  }
}

/// Histories as far as a file's lines have told of them.
private struct MetricsReading {
  private let title: String
  private(set) var histories: [RunHistory]
  private var step = 0

  private static let stageLimit = 1000

  init(title: String) {
    self.title = title
    histories = [RunHistory(title)]
  }

  mutating func add(_ json: JSON) throws {
    guard json["schema"]?.string == MetricsRecord.schema else {
      throw Failure(MetricsReason.otherSchema(json["schema"]?.string))
    }
    guard let record = MetricsRecord(json) else { throw Failure(MetricsReason.incomplete) }
    for (name, value) in [
      ("step", Double(record.step)), ("epoch", Double(record.epoch)), ("seconds", record.seconds),
    ] where value < 0 {
      throw Failure(MetricsReason.negative(name))
    }
    if record.kind == .stage { return try begin(try record.text(.stage)) }
    guard record.step >= step else {
      throw Failure(MetricsReason.goesBack(to: record.step, from: step))
    }
    step = record.step
    try note(record)
  }

  private mutating func begin(_ stage: String?) throws {
    guard histories.count < Self.stageLimit else {
      throw Failure(MetricsReason.tooManyStages(limit: Self.stageLimit))
    }
    histories.append(RunHistory(stage.map { "\(title), \($0)" } ?? title))
    step = 0
  }

  private mutating func note(_ record: MetricsRecord) throws {
    let last = histories.count - 1
    histories[last].epochs = max(histories[last].epochs, record.epoch)
    histories[last].seconds = max(histories[last].seconds, record.seconds)
    switch record.kind {
    case .step:
      histories[last].points.append(
        RunHistory.Point(
          step: record.step, loss: try record.number(.loss), rate: try record.number(.rate),
          examplesPerSecond: try record.number(.examplesPerSecond)))
    case .evaluation:
      let isBest = record[.best]?.bool ?? false
      histories[last].evaluations.append(
        RunHistory.Evaluation(
          step: record.step, value: try record.number(.value), isBest: isBest))
      if let metric = try record.text(.metric) { histories[last].metric = metric }
    case .compression, .stage: break
    }
  }
}

extension MetricsRecord {
  /// Greater numbers are as undefined as an infinite one: nothing could be drawn beside them.
  private static let greatest = 1e300

  /// Nil if it was undefined, or not noted.
  fileprivate func number(_ key: Key) throws -> Double? {
    guard let value = self[key], value != .null else { return nil }
    guard let number = value.number else { throw Failure(MetricsReason.notANumber(key)) }
    return number.magnitude <= Self.greatest ? number : nil
  }

  /// Nil if it was not noted.
  fileprivate func text(_ key: Key) throws -> String? {
    guard let value = self[key] else { return nil }
    guard let text = value.string else { throw Failure(MetricsReason.notText(key)) }
    return text
  }
}
