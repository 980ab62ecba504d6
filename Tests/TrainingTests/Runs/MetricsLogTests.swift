import Documents
import Tensors
import TestSupport
import Testing

@testable import Training

@Suite struct MetricsLogTests {
  private let folder = try! TemporaryFolder()
  private var path: String { folder.path + "/metrics.jsonl" }

  private func record(_ step: Int) -> MetricsRecord {
    MetricsRecord(
      .step, step: step, epoch: 1, seconds: Double(step) / 3,
      [(.loss, .number(1 / Double(step))), (.rate, .number(5e-5)), (.gradientNorm, .number(.nan))])
  }

  private func text() throws -> String { String(decoding: try bytes(of: path), as: UTF8.self) }

  @Test func everyLineKeepsThePromiseOfTheSchema() throws {
    let log = try MetricsLog(path)
    let records = [
      MetricsRecord(.stage, step: 0, epoch: 1, seconds: 0, [(.stage, "warm up\n\"x\"")]),
      record(1),
      MetricsRecord(
        .evaluation, step: 1, epoch: 1, seconds: 2.5,
        [
          (.split, "dev"), (.metric, "accuracy"), (.value, .number(0.5)), (.best, true),
          (.loss, .number(0.7)),
        ]),
      MetricsRecord(
        .compression, step: 1, epoch: 1, seconds: 3,
        [(.pass, "prune"), (.strength, .number(0.7)), (.parameters, 1000), (.nonzero, 300)]),
      MetricsRecord(.step, step: 2, epoch: 1, seconds: 3, [(.examplesPerSecond, .number(61.5))]),
    ]
    for record in records { try log.write(record) }
    let schema = try JSONSchema("metrics.schema.json")
    let lines = try text().split(separator: "\n").map(String.init)
    #expect(lines.count == records.count)
    for line in lines { #expect(try schema.violations(of: line) == []) }
    #expect(try !schema.violations(of: #"{"schema":"pare.metrics/1","kind":"x"}"#).isEmpty)
    let found = try MetricsLog.records(of: path)
    #expect(found.map(\.kind) == records.map(\.kind))
    #expect(found[0] == records[0] && found[2] == records[2] && found[1][.gradientNorm] == .null)
  }

  @Test func isUpToDateAfterEveryLine() throws {
    let log = try MetricsLog(path)
    for step in 1...3 {
      try log.write(record(step))
      #expect(try MetricsLog.records(of: path).count == step)
    }
    #expect(try MetricsLog(path).path == path)
    #expect(try text().isEmpty)
  }

  @Test func isCutWhereARunIsTakenUp() throws {
    var log: MetricsLog? = try MetricsLog(path)
    for step in 1...6 { try log?.write(record(step)) }
    log = nil
    let whole = try text()
    log = try MetricsLog(path, resumingAt: 4)
    for step in 5...6 { try log?.write(record(step)) }
    #expect(try text() == whole)
    // A line that was torn by a kill, or damaged, goes too.
    _ = try folder.file("metrics.jsonl", Array((whole + "{\"schema\":\"pare.me").utf8))
    log = try MetricsLog(path, resumingAt: 100)
    #expect(try text() == whole)
    _ = try folder.file("metrics.jsonl", Array(("rubbish\n" + whole).utf8))
    log = try MetricsLog(path, resumingAt: 100)
    #expect(try text() == "")
    log = try MetricsLog(folder.path + "/new.jsonl", resumingAt: 3)
    #expect(throws: Failure.self) { try MetricsLog(folder.path + "/no/such") }
  }
}
