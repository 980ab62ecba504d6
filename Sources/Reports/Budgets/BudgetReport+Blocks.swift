import Documents
import Tensors

extension BudgetReport {
  var blocks: [ReportBlock] {
    let found = Markers.found
    let figures = [
      ScatterPlot(
        title: "Size against loss",
        summary:
          "What is thought to be the least at each size, and files that were written, read again and measured on text that was held out.",
        axes: ("weights, bytes", "loss on held-out text"),
        series: [
          .init(
            label: "estimated", style: Markers.expected, marker: .circle, isJoined: true,
            points: frontier.map { (Double($0.bytes), $0.loss) }),
          .init(
            label: "measured", style: Markers.tried, marker: .ring,
            points: trials.map { (Double($0.bytes), $0.loss) }),
          .init(
            label: "the result", style: found, marker: .square,
            points: trials.last { $0.bytes == bytes }.map { [(Double($0.bytes), $0.loss)] } ?? []),
        ]),
      ScatterPlot(
        title: "Estimated against measured",
        summary: "Ways to hold single matrices, each measured on the whole model"
          + (rankCorrelation.map { "; rank correlation \(fixed($0, 3))" } ?? "") + ".",
        axes: ("estimated loss", "measured loss"),
        series: [
          .init(
            label: "candidates", style: Markers.expected, marker: .ring,
            points: checks.map { ($0.estimate, $0.measured) })
        ]),
    ].compactMap(\.figure).map(ReportBlock.figure)
    return [.heading("Budget"), .table(measures)] + figures
      + [.heading("What was chosen"), .table(choices)]
  }

  private enum Markers {
    static let (expected, tried, found) = ("embeddings", "attention", "feed-forward")
  }

  private var measures: Table {
    var table = Table(("budget", .left), ("value", .right))
    table.add("target", "\(grouped(target)) bytes")
    table.add("obtained", "\(grouped(bytes)) bytes")
    table.add("divergence on held-out text", significant(divergence))
    if let agreement { table.add("same decisions there", "\(fixed(100 * agreement, 1)) %") }
    table.add("candidates that were measured", grouped(checks.count))
    if let rankCorrelation {
      table.add("rank correlation of estimates", fixed(rankCorrelation, 3))
    }
    return table
  }

  private var choices: Table {
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

  static let definitions: [(term: String, meaning: String)] = [
    (
      "divergence",
      "KL(before ‖ after) in nats, the mean over texts that were held out; loss on held-out text: the same at a temperature of 4, times 16, each text as often as it has tokens; of models without classes squared errors of scores, or one less the cosine of sentences' vectors"
    ),
    (
      "adds",
      "what the matrix is thought to add to the loss; per kB less: what the next smaller way to hold it would add, for each kilobyte that it saves"
    ),
  ]

  var json: JSON {
    [
      "target": .integer(target),
      "bytes": .integer(bytes),
      "divergence": number(divergence),
      "agreement": number(agreement),
      "rankCorrelation": number(rankCorrelation),
      "checks": .array(checks.map { [number($0.estimate), number($0.measured)] }),
      "frontier": .array(frontier.map { [.integer($0.bytes), number($0.loss)] }),
      "trials": .array(trials.map { [.integer($0.bytes), number($0.loss)] }),
      "matrices": .array(
        rows.map { row in
          [
            "role": .string(row.role), "family": .string(row.family),
            "treatment": .string(row.treatment), "elements": .integer(row.elements),
            "bytes": .integer(row.bytes), "loss": number(row.loss), "price": number(row.price),
          ]
        }),
    ]
  }
}
