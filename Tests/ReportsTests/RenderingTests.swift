import Checkpoints
import Foundation
import FoundationXML
import Tasks
import Tensors
import TestSupport
import Testing

@testable import Reports

@Suite struct RenderingTests {
  private static let hostile = "<script>alert('1')</script>&\"|`*\u{1B}[31m\u{202E}\u{FFFF}"

  /// Two layers of which one is pruned, against what they were.
  private func report(named path: String = "runs/small") throws -> SizeReport {
    let dense = Storage.dense(Tensor((1...16).map(Float.init), [4, 4]))
    let sparse = Storage.sparse(
      mask: mask([UInt8](repeating: 1, count: 8) + [UInt8](repeating: 0, count: 8), [4, 4]),
      values: .dense(Tensor((1...8).map(Float.init), [8])))
    let before = checkpoint([parameter(query, dense, [4, 4]), parameter(key, dense, [4, 4])])
    let after = checkpoint([parameter(query, dense, [4, 4]), parameter(key, sparse, [4, 4])])
    var old = try ModelReport(measuring: before, path: "runs/large")
    var new = try ModelReport(measuring: after, path: path, against: before)
    old.result = result(0.9)
    new.result = result(0.875)
    return SizeReport(
      [new], against: old, recipe: "schema: pare.recipe/1\nsteps:\n  - prune: {sparsity: 0.5}\n",
      steps: [
        StepReport(
          "prune: {sparsity: 0.5}", parametersBefore: 32, parametersAfter: 32, bytesBefore: 128,
          bytesAfter: 112, seconds: 0.25)
      ], notes: ["a note"])
  }

  private func result(_ value: Double) -> TaskResult {
    TaskResult(
      task: "dev.tsv", metric: .accuracy,
      score: Estimate(value: value, interval: (value - 0.02)...(value + 0.02), examples: 872),
      throughput: 1234, latency: nil, operationsPerSequence: 1)
  }

  private func parsed(_ page: String) -> Elements? {
    let elements = Elements()
    let parser = XMLParser(data: Data(page.utf8))
    parser.delegate = elements
    return parser.parse() ? elements : nil
  }

  @Test func pagesAreWellFormedAndSayWhatTheReportSays() throws {
    let page = try #require(parsed(report().render(as: .html)))
    for figure in ["Size by component", "Error by layer", "Size against accuracy"] {
      #expect(page.labels.contains { $0.hasPrefix(figure) }, "\(figure)")
    }
    // ‖A − B‖ / ‖A‖: the squares from 9² to 16² of those from 1² to 16², and half of that in both layers.
    for number in ["0.9293", "0.6571", "25.0 %", "0.8750", "−2.50 points", "872", "0.25"] {
      #expect(page.text.contains(number), "\(number)")
    }
    #expect(page.text.contains("prune: {sparsity: 0.5}") && page.text.contains("a note"))
  }

  @Test func pagesNeedNothingBesideThem() throws {
    let text = try report().render(as: .html)
    let page = try #require(parsed(text))
    #expect(Set(["script", "link", "img", "iframe", "object"]).isDisjoint(with: page.names))
    #expect(page.attributes.isDisjoint(with: ["src", "href", "onload", "onclick"]))
    for word in ["url(", "@import", "https://"] { #expect(!text.contains(word), "\(word)") }
    #expect(text.contains("prefers-color-scheme: dark"))
  }

  @Test func imagesAreDescribed() throws {
    let page = try #require(parsed(report().render(as: .html)))
    #expect(page.images > 2 && page.images == page.descriptions)
  }

  @Test func hostileNamesStayText() throws {
    let report = try report(named: Self.hostile)
    let page = report.render(as: .html)
    let elements = try #require(parsed(page))
    #expect(!elements.names.contains("script") && elements.text.contains("<script>alert"))
    for form in [ReportForm.text, .markdown, .html] {
      let text = report.render(as: form)
      #expect(!text.contains("\u{1B}") && !text.contains("\u{202E}"), "\(form)")
    }
    #expect(report.render(as: .markdown).contains("\\<script\\>"))
  }

  @Test func everyFormEndsItsLastLine() throws {
    for form in ReportForm.allCases {
      let text = try report().render(as: form)
      #expect(text.hasSuffix("\n") && !text.hasSuffix("\n\n"), "\(form)")
    }
  }

  @Test func textIsAligned() throws {
    let lines = try report().render(as: .text).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "runs/small" && lines[1] == "  against runs/large")
    let start = try #require(lines.firstIndex { $0.hasPrefix("  component") })
    #expect(lines[start].hasSuffix("error  greatest"))
    let row = try #require(lines.first { $0.hasPrefix("  attention") })
    #expect(row.count == lines[start].count && row.contains("0.6571"))
    #expect(!lines.contains { $0.hasSuffix(" ") })
  }

  @Test func formsByEnding() {
    #expect(ReportForm(path: "a/b.HTML") == .html && ReportForm(path: "x.md") == .markdown)
    #expect(ReportForm(path: "x.json") == .json && ReportForm(path: "x.txt") == .text)
    #expect(ReportForm(path: "x.pdf") == nil && ReportForm(path: "html") == nil)
    #expect(ReportForm(path: "a.md/b") == nil)
  }

  @Test func comparisonsArePagesToo() throws {
    let report = try report()
    let comparison = ModelComparison([try #require(report.reference)] + report.models)
    let page = try #require(parsed(comparison.render(as: .html)))
    #expect(page.labels.contains { $0.hasPrefix("Size against accuracy") })
    #expect(page.text.contains("0.8750") && page.text.contains("0.9000"))
    let text = comparison.render(as: .text)
    #expect(text.contains("runs/small") && text.contains("1.08"))
  }
}

/// What an XML parser finds in a page.
private final class Elements: NSObject, XMLParserDelegate {
  var names: Set<String> = []
  var attributes: Set<String> = []
  var labels: [String] = []
  var text = ""
  var images = 0
  var descriptions = 0

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String] = [:]
  ) {
    names.insert(name)
    self.attributes.formUnion(attributes.keys)
    if let label = attributes["aria-label"] { labels.append(label) }
    if name == "svg", attributes["role"] == "img" { images += 1 }
    if name == "svg", attributes["aria-hidden"] == "true" {
      (images, descriptions) = (images + 1, descriptions + 1)
    }
    if name == "desc" { descriptions += 1 }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
}
