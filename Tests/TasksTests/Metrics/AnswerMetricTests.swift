import Documents
import TestSupport
import Testing

@testable import Tasks

/// Against SQuAD's official scripts and the post-processing of Transformers' run_qa.py.
@Suite struct AnswerMetricTests {
  @Test func answersByTheRulesOfBothVersions() throws {
    for golden in try goldens("answers") {
      let gold = try #require(golden["gold"]?.strings)
      let predicted = try #require(golden["predicted"]?.string)
      let words = NormalizedAnswer(predicted).words.map { String(String.UnicodeScalarView($0)) }
      #expect(words == golden["words"]?.strings, "\(predicted)")
      for (version, allowsNoAnswer) in [("squad1", false), ("squad2", true)] {
        guard let expected = golden[version] else { continue }
        let score = AnswerScore(of: predicted, against: gold, allowsNoAnswer: allowsNoAnswer)
        #expect(score.isExact == (expected["exact"]?.integer == 1), "\(version) \(golden.text())")
        #expect(
          isNear(score.f1, try #require(expected["f1"]?.number)), "\(version) \(golden.text())")
      }
    }
  }

  @Test func meansOfAnswers() throws {
    let cases = try goldens("answers")
    let gold = cases.map { $0["gold"]?.strings ?? [] }
    let predicted = cases.map { $0["predicted"]?.string ?? "" }
    func sum(_ key: String) -> Double {
      cases.reduce(0) { $0 + ($1["squad2"]?[key]?.number ?? .nan) }
    }
    let f1 = Metric.squadF1.estimate(gold: gold, answers: predicted, allowsNoAnswer: true)
    #expect(isNear(f1.value, sum("f1") / Double(cases.count)))
    #expect(f1.interval.contains(f1.value))
    let exact = Metric.exactMatch.estimate(gold: gold, answers: predicted, allowsNoAnswer: true)
    #expect(exact == .proportion(successes: Int(sum("exact")), examples: cases.count))
  }

  @Test func theBestAnswerOfWindows() throws {
    let context = try #require(goldens("answers", "context").first?.string)
    var none = 0
    for golden in try goldens("answers", "searches") {
      let windows = try #require(golden["windows"]?.array).map { window in
        AnswerWindow(
          startLogits: try #require(window["start"]?.floats),
          endLogits: try #require(window["end"]?.floats),
          ranges: try #require(window["ranges"]?.array).map { range in
            range == .null ? nil : range.integers[0]..<range.integers[1]
          })
      }
      var search = AnswerSearch()
      search.candidates = try #require(golden["candidates"]?.integer)
      search.longest = try #require(golden["longest"]?.integer)
      search.threshold = Float(try #require(golden["threshold"]?.number))
      let answer = search.answer(in: context, windows: windows, allowsNoAnswer: false)
      #expect(answer == golden["answer"]?.string)
      let orNone = search.answer(in: context, windows: windows, allowsNoAnswer: true)
      #expect(orNone == golden["answerOrNone"]?.string)
      if orNone.isEmpty { none += 1 }
    }
    #expect(none > 5)
  }

  @Test func aWindowWithoutContext() {
    let search = AnswerSearch()
    let window = AnswerWindow(startLogits: [.nan], endLogits: [1], ranges: [nil])
    #expect(search.answer(in: "x", windows: [window], allowsNoAnswer: false) == "empty")
    let strange = AnswerWindow(
      startLogits: [0, .nan, 2], endLogits: [.nan, 1, 0], ranges: [nil, 4..<5, 0..<2])
    #expect(search.answer(in: "xyz", windows: [strange], allowsNoAnswer: false).count <= 2)
  }
}
