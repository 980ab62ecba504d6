import Reports
import Tensors
import TestSupport
import Testing

@testable import Recipes

@Suite struct RunHistoryTests {
  private let folder = try! TemporaryFolder()

  private func line(
    _ kind: String, _ step: Int, _ rest: String = "", seconds: String = "1.5"
  ) -> String {
    #"{"schema":"pare.metrics/1","kind":"\#(kind)","step":\#(step),"epoch":1,"seconds":\#(seconds)\#(rest)}"#
  }

  private func read(_ text: String) throws -> [RunHistory] {
    try RunHistory.read(try folder.file("m.jsonl", Array(text.utf8)), title: "m")
  }

  private func failure(_ text: String) -> String {
    do {
      return "read: \(try read(text))"
    } catch {
      return "\(error)"
    }
  }

  private var run: [String] {
    [
      line("step", 1, #","loss":0.7,"rate":1e-5,"examplesPerSecond":60,"unheardOf":[1]"#),
      line("step", 2, #","loss":null,"rate":0"#),
      line("evaluation", 2, #","metric":"accuracy","value":0.5,"best":true"#),
      line("compression", 2, #","pass":"prune","strength":0.5"#),
      line("step", 3, #","loss":1e305"#),
      line("evaluation", 3, #","metric":"accuracy","value":null,"best":false"#, seconds: "2.5"),
    ]
  }

  @Test func isWhatTheLinesSay() throws {
    let histories = try read(run.joined(separator: "\n") + "\n")
    #expect(
      histories == [
        RunHistory(
          "m",
          points: [
            .init(step: 1, loss: 0.7, rate: 1e-5, examplesPerSecond: 60),
            .init(step: 2, loss: nil, rate: 0), .init(step: 3, loss: nil),
          ],
          evaluations: [
            .init(step: 2, value: 0.5, isBest: true), .init(step: 3, value: nil, isBest: false),
          ], metric: "accuracy", epochs: 1, seconds: 2.5)
      ])
  }

  /// At any byte, as a kill tears it.
  @Test func aTornEndIsNoError() throws {
    let text = run.joined(separator: "\n") + "\n"
    let whole = try read(text)[0]
    let first = run[0].utf8.count
    for length in first...text.utf8.count {
      let cut = String(decoding: Array(text.utf8.prefix(length)), as: UTF8.self)
      let found = try read(cut)[0]
      #expect(found.points == Array(whole.points.prefix(found.points.count)))
      #expect(!found.points.isEmpty)
    }
    #expect(try read(run[0] + "\r\n\n" + run[1] + "\r\n")[0].points.count == 2)
  }

  @Test func stagesAreHistoriesOfTheirOwn() throws {
    let stages = ["warm", "cold"].flatMap {
      [line("stage", 0, #","stage":"\#($0)""#), line("step", 1, #","loss":1"#)]
    }
    #expect(try read(stages.joined(separator: "\n")).map(\.title) == ["m, warm", "m, cold"])
    let many = Array(repeating: line("stage", 0), count: 1001).joined(separator: "\n")
    #expect(failure(many).contains("more than 1,000 stages"))
  }

  @Test func damagedLinesAreNamed() {
    let good = run[0] + "\n"
    for (text, message) in [
      (good + "{\"schema\":\n" + good, "line 2"),
      (good + "[]\n", "line 2: the schema is missing"),
      (good + "{\"schema\":\"pare.report/1\"}\n", "'pare.report/1', expected 'pare.metrics/1'"),
      (good + line("leap", 2) + "\n", "line 2: expected 'kind'"),
      (good + line("step", 2, #","loss":"low""#), "line 2: 'loss' should be a number"),
      (good + line("evaluation", 2, #","metric":7"#), "'metric' should be text"),
      (good + line("step", 2, #","loss":NaN"#) + "\n", "line 2"),
      (good + line("step", 2, #","loss":1e999"#) + "\n", "line 2"),
      (line("step", -1), "'step' should not be below zero"),
      (line("step", 1, seconds: "-1"), "'seconds' should not be below zero"),
      (line("step", 9) + "\n" + good, "step 1 comes after step 9"),
      ("", "tells of no step"), ("\n\n", "tells of no step"), ("{\"sch", "tells of no step"),
      (line("stage", 0) + "\n", "tells of no step"),
      (good + String(repeating: " ", count: 70_000) + "\n" + good, "line 2: is longer"),
      (String(repeating: "x", count: 3 << 20), "line 1: is longer"),
      (String(repeating: "[", count: 60_000) + "\n", "line 1"),
      (
        line("step", 1).replacing("\"step\":1", with: "\"step\":99999999999999999999") + "\n",
        "line 1"
      ),
    ] {
      let found = failure(text)
      #expect(found.contains(message) && !found.hasPrefix("read"), "\(found)")
    }
    #expect(throws: Failure.self) { try RunHistory.read(folder.path, title: "folder") }
    #expect(throws: Failure.self) { try RunHistory.read(folder.path + "/none", title: "none") }
  }

  /// Files longer than a piece, whose lines lie across its ends.
  @Test func longFilesAreReadPieceByPiece() throws {
    let text = (1...30_000).map { line("step", $0, #","loss":0.5"#) }.joined(separator: "\n")
    #expect(text.utf8.count > 2 << 20)
    let points = try read(text)[0].points
    #expect(points.count == 30_000 && points.last == .init(step: 30_000, loss: 0.5))
    let damaged = text.replacing("\"step\":29999,", with: "\"step\":299 9,")
    #expect(failure(damaged).contains("line 29999"))
  }

  @Test func noDamageTraps() {
    var generator = SeededGenerator(seed: 41)
    let bytes = Array(run.joined(separator: "\n").utf8)
    for _ in 0..<400 {
      let damaged = mutated(bytes, using: &generator)
      let path = try! folder.file("m.jsonl", damaged)
      guard let histories = try? RunHistory.read(path, title: "m") else { continue }
      let report = SizeReport([], trainings: histories)
      for form in ReportForm.allCases { #expect(!report.render(as: form).isEmpty) }
    }
  }
}
