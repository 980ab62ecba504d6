import Tensors
import TestSupport
import Testing

@testable import Tasks

@Suite struct LabelMapTests {
  @Test(
    arguments: [
      // SST-2: numbers that the task names.
      (
        ["negative", "positive"], ["negative", "positive"],
        ["0": 0, "1": 1, "positive": 1, "2": nil]
      ),
      (["POSITIVE", "NEGATIVE"], ["negative", "positive"], ["0": 1, "1": 0, "Negative": 1]),
      (
        ["LABEL_0", "LABEL_1"], ["negative", "positive"],
        ["0": 0, "1": 1, "positive": 1, "LABEL_1": 1]
      ),
      (["LABEL_0", "LABEL_1"], nil, ["0": 0, "1": 1, "2": nil, "positive": nil]),
      (["NEG", "POS"], ["negative", "positive"], ["0": nil, "1": nil, "POS": 1, "neg": 0]),
      (["NEG", "POS"], nil, ["0": 0, "1": 1, "-1": nil, "01": nil, "1.0": nil, "": nil]),
      // CoLA, of which models are often trained without names.
      (["LABEL_0", "LABEL_1"], ["unacceptable", "acceptable"], ["1": 1, "acceptable": 1]),
      // RTE: names.
      (
        ["not_entailment", "entailment"], ["entailment", "not_entailment"],
        ["entailment": 1, "0": 1, "1": 0]
      ),
      (
        ["LABEL_0", "LABEL_1"], ["entailment", "not_entailment"],
        ["entailment": 0, "not_entailment": 1]
      ),
      // More classes than the task has labels: numbers say nothing.
      (["LABEL_0", "LABEL_1", "LABEL_2"], ["no", "yes"], ["yes": nil, "1": nil, "LABEL_2": 2]),
      // Names that are numbers, and names but for case.
      (["1", "2"], nil, ["1": 0, "2": 1, "0": 0]),
      (["0", "1"], ["no", "yes"], ["yes": 1, "1": 1]),
      (["us", "US"], nil, ["US": 1, "us": 0, "Us": nil]), (["Straße"], nil, ["STRAßE": 0]),
    ] as [([String], [String]?, [String: Int?])])
  func labelsNameClasses(_ classes: [String], _ declared: [String]?, _ expected: [String: Int?]) {
    let map = LabelMap(classes: classes, declared: declared)
    for (label, index) in expected { #expect(map.index(of: label) == index, "\(label)") }
  }

  @Test func indicesOfATask() throws {
    let task = try readTask("dev.tsv", "sentence\tlabel\nx\t1\ny\tgood\nz\tugly\n")
    let failure = #expect(throws: Failure.self) {
      try LabelMap(classes: ["bad", "good"]).indices(of: task)
    }
    #expect(
      failure?.description == "dev.tsv: line 4: the label 'ugly' is none of the model's: bad, good")
    #expect(try LabelMap(classes: ["bad", "good", "Ugly"]).indices(of: task) == [1, 1, 2])
    let declared = try readTask("dev.tsv", "sentence\tlabel\nx\t1\n", options(labels: "no,yes"))
    #expect(
      message {
        try LabelMap(classes: ["N", "Y"], declared: declared.labels).indices(of: declared)
      }
      .contains("line 2: the label '1', which stands for 'yes', is none of the model's: N, Y"))
    let unnamed = #expect(throws: Failure.self) {
      try LabelMap(classes: ["LABEL_0", "LABEL_1"]).indices(of: task)
    }
    #expect(unnamed?.reason.hint?.contains("declare the task's labels") == true)
  }

  @Test func tagsOfATask() throws {
    let task = try readTask("dev.conll", "a B-PER\nb I-PER\nc O\nd B-loc\n\ne B-LOC\n")
    let full = LabelMap(classes: ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
    #expect(try full.tags(of: task) == [["B-PER", "I-PER", "O", "B-LOC"], ["B-LOC"]])
    let inside = LabelMap(classes: ["I-PER", "I-Loc", "O"])
    #expect(try inside.tags(of: task) == [["B-PER", "I-PER", "O", "B-Loc"], ["B-Loc"]])
    let numbered = LabelMap(
      classes: ["LABEL_0", "LABEL_1", "LABEL_2"], declared: ["O", "B-PER", "B-LOC"])
    #expect(numbered.names == ["O", "B-PER", "B-LOC"])
    #expect(try numbered.tags(of: task)[0] == ["B-PER", "I-PER", "O", "B-LOC"])
    #expect(
      message { try LabelMap(classes: ["O", "B-LOC"]).tags(of: task) }
        == "dev.conll: line 1: the label 'B-PER' is none of the model's: O, B-LOC")
  }
}
