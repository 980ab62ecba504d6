import Documents
import Tensors

extension BudgetReport {
  var blocks: [ReportBlock] {
    let found = Markers.found
    let figures = [
      ScatterPlot(
        title: words.title,
        summary:
          "What is thought to be the least at each \(words.amount), and files that were written, read again and measured on text that was held out.",
        axes: (words.axis, "loss on held-out text"),
        series: [
          .init(
            label: "estimated", style: Markers.expected, marker: .circle, isJoined: true,
            points: frontier.map { ($0.amount, $0.loss) }),
          .init(
            label: "measured", style: Markers.tried, marker: .ring,
            points: trials.map { ($0.amount, $0.loss) }),
          .init(
            label: "the result", style: found, marker: .square,
            points: trials.last { $0.amount == obtained }.map { [($0.amount, $0.loss)] } ?? []),
        ]),
      ScatterPlot(
        title: "Estimated against measured",
        summary:
          "Ways to hold single matrices, each measured on the whole model, none of them one that estimates rest on"
          + (rankCorrelation.map { "; rank correlation \(fixed($0, 3))" } ?? "") + ".",
        axes: ("estimated loss", "measured loss"),
        series: [
          .init(
            label: "candidates", style: Markers.expected, marker: .ring,
            points: checks.map { ($0.estimate, $0.measured) })
        ]),
    ].compactMap(\.figure).map(ReportBlock.figure)
    let chosen: [ReportBlock] =
      rows.isEmpty ? [] : [.heading("What was chosen"), .table(choices)]
    return [.heading("Budget"), .table(measures)] + figures + chosen
  }

  /// What was obtained of what was asked for.
  private var obtained: Double { speedup ?? Double(bytes) }

  private var words: (title: String, amount: String, axis: String) {
    switch goal {
    case .size: ("Size against loss", "size", "weights, bytes")
    case .speedup: ("Speed against loss", "speed", "times as fast as before")
    }
  }

  private enum Markers {
    static let (expected, tried, found) = ("embeddings", "attention", "feed-forward")
  }

  private var measures: Table {
    var table = Table(("budget", .left), ("value", .right))
    switch goal {
    case .size(let target):
      table.add("target", "\(grouped(target)) bytes")
      table.add("obtained", "\(grouped(bytes)) bytes")
    case .speedup(let target):
      table.add("target", "\(fixed(target, 2)) × as fast")
      table.add("obtained", "\(fixed(speedup ?? 0, 2)) × as fast")
      table.add("weights", "\(grouped(bytes)) bytes")
    }
    table.add("divergence on held-out text", significant(divergence))
    if let agreement { table.add("same decisions there", "\(fixed(100 * agreement, 1)) %") }
    if let keptWords { table.add("words kept", grouped(keptWords)) }
    table.add("candidates that estimates were tested on", grouped(checks.count))
    if let rankCorrelation {
      table.add("rank correlation of estimates", fixed(rankCorrelation, 3))
    }
    return table
  }

  private var choices: Table {
    guard case .size = goal else { return fastChoices }
    var table = Table(
      ("matrix", .left), ("held as", .left), ("bits", .right), ("bytes", .right), ("adds", .right),
      ("per kB less", .right))
    for row in rows {
      table.add(
        row.role, row.treatment, fixed(8 * Double(row.bytes) / Double(max(1, row.elements)), 2),
        byteText(row.bytes), significant(row.loss), significant(row.price))
    }
    return table
  }

  private var fastChoices: Table {
    var table = Table(
      ("matrix", .left), ("held as", .left), ("bytes", .right), ("time saved", .right),
      ("adds", .right), ("per % less", .right))
    for row in rows {
      table.add(
        row.role, row.treatment, byteText(row.bytes), "\(fixed(100 * (row.savedTime ?? 0), 2)) %",
        significant(row.loss), significant(row.price))
    }
    return table
  }

  static let definitions: [(term: String, meaning: String)] = [
    (
      "divergence",
      "KL(before ‖ after) in nats, the mean over texts that were held out; loss on held-out text: the same at a temperature of 4, times 16, each text as often as it has tokens; of models without classes squared errors of scores, or one less the cosine of sentences' vectors"
    ),
    (
      "adds",
      "what the matrix is thought to add to the loss; per kB less: what the next smaller way to hold it would add, for each kilobyte that it saves; per % less: what the next faster way would add, for each hundredth of the model's time"
    ),
    (
      "time saved",
      "the share of the time that the model took for some of the held-out text, as it was timed with all matrices of the shape held so; how many times as fast the file is was timed in turns with the model as it was"
    ),
  ]

  var json: JSON {
    [
      "target": target,
      "bytes": .integer(bytes),
      "speedup": number(speedup),
      "divergence": number(divergence),
      "agreement": number(agreement),
      "rankCorrelation": number(rankCorrelation),
      "keptWords": keptWords.map { .integer($0) } ?? .null,
      "checks": .array(checks.map { [number($0.estimate), number($0.measured)] }),
      "frontier": .array(frontier.map(json)),
      "trials": .array(trials.map(json)),
      "matrices": .array(
        rows.map { row in
          [
            "role": .string(row.role), "family": .string(row.family),
            "treatment": .string(row.treatment), "elements": .integer(row.elements),
            "bytes": .integer(row.bytes), "savedTime": number(row.savedTime),
            "loss": number(row.loss), "price": number(row.price),
          ]
        }),
    ]
  }

  private var target: JSON {
    switch goal {
    case .size(let bytes): .integer(bytes)
    case .speedup(let times): number(times)
    }
  }

  private func json(_ point: Point) -> JSON {
    switch goal {
    case .size: [.integer(Int(point.amount)), number(point.loss)]
    case .speedup: [number(point.amount), number(point.loss)]
    }
  }
}
