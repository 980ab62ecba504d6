import TestSupport
import Testing

@testable import Tasks

/// Data sets as people have them; their counts are those of `wc` and Python's csv.
@Suite struct SharedTaskTests {
  private func read(_ name: String, split: String) throws -> Task? {
    guard let path = Places.shared("data/\(name)") else {
      print("skipped: ../shared/data/\(name) is absent")
      return nil
    }
    return try Task.read(path, split: split)
  }

  @Test(arguments: [
    ("sst2", "train", 67_349, Task.Kind.classification, Metric.accuracy),
    ("sst2", "dev", 872, .classification, .accuracy),
    ("cola", "dev", 1043, .classification, .matthews),
    ("cola", "train", 8551, .classification, .matthews), ("rte", "dev", 277, .pair, .accuracy),
    ("rte", "train", 2490, .pair, .accuracy), ("stsb", "dev", 1500, .similarity, .spearman),
    ("stsb", "train", 5749, .similarity, .spearman), ("wnut17", "dev", 1009, .tags, .entityF1),
    ("wnut17", "train", 3394, .tags, .entityF1), ("wikiann/en", "dev", 10_000, .tags, .entityF1),
    ("wikiann/de", "dev", 10_000, .tags, .entityF1),
    ("wikiann/fr", "dev", 10_000, .tags, .entityF1),
    ("wikiann/nl", "dev", 10_000, .tags, .entityF1),
    ("wikiann/pt", "dev", 10_000, .tags, .entityF1),
  ])
  func readWhole(_ name: String, _ split: String, _ count: Int, _ kind: Task.Kind, _ metric: Metric)
    throws
  {
    guard let task = try read(name, split: split) else { return }
    #expect(task.examples.count == count)
    #expect(task.kind == kind)
    #expect(task.metric == metric)
    #expect(task.notes == TaskNotes(), "\(task.notes.lines)")
    if name.hasPrefix("wikiann") {
      #expect(task.examples.allSatisfy { $0.words.allSatisfy { !$0.hasPrefix("en:") } })
    }
  }

  @Test func labelsMeetClasses() throws {
    guard let task = try read("sst2", split: "dev") else { return }
    let indices = try LabelMap(classes: ["negative", "positive"], declared: task.labels)
      .indices(of: task)
    #expect(indices.reduce(0, +) == 444)
  }

  /// PyTorch's logits of a model, for which PyTorch counts 781 of 872 right.
  @Test func logitsMeetLabels() throws {
    guard let task = try read("sst2", split: "dev"),
      let path = Places.shared("models/minilm-sst2/dev-logits.tsv")
    else {
      print("skipped: ../shared/models/minilm-sst2/dev-logits.tsv is absent")
      return
    }
    let text = String(decoding: try bytes(of: path), as: UTF8.self)
    let predicted = text.split(separator: "\n").compactMap { row -> Int? in
      let logits = row.split(separator: "\t").suffix(2).compactMap { Double($0) }
      return logits.count == 2 ? (logits[1] > logits[0] ? 1 : 0) : nil
    }
    let map = LabelMap(classes: ["negative", "positive"], declared: task.labels)
    let estimate = Estimate.accuracy(gold: try map.indices(of: task), predicted: predicted)
    #expect(estimate == .proportion(successes: 781, examples: 872))
    #expect(estimate.interval.contains(0.8956))
  }
}
