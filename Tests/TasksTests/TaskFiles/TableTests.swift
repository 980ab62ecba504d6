import Documents
import Tensors
import TestSupport
import Testing

@testable import Tasks

@Suite struct TableTests {
  @Test(arguments: [
    ("sentence\tlabel\nx\t1\n", Task.Kind.classification, "x", String?.none),
    ("index\tsentence1\tsentence2\tlabel\n0\tx\ty\tno\n", .pair, "x", "y"),
    ("Premise\tHypothesis\tgold_label\nx\ty\tno\n", .pair, "x", "y"),
    ("id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\tx\ty\t0\n", .pair, "x", "y"),
    ("Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t7\t8\tx\ty\n", .pair, "x", "y"),
    ("index\tquestion\tsentence\tlabel\n0\tx\ty\tentailment\n", .pair, "x", "y"),
    ("index\tgenre\tsentence1\tsentence2\tscore\n0\tnews\tx\ty\t4.2\n", .similarity, "x", "y"),
    ("sentence1\tsentence2\tlabel\nx\ty\t4.25\n", .similarity, "x", "y"),
    ("text\tscore\nx\t4\n", .regression, "x", nil),
    ("text,label\nx,a b\n", .classification, "x", nil),
  ])
  func kindsAreSeenFromNames(_ text: String, _ kind: Task.Kind, _ first: String, _ second: String?)
    throws
  {
    let task = try readTask(text.contains("\t") ? "dev.tsv" : "dev.csv", text)
    #expect(task.kind == kind)
    #expect(task.examples.map(\.text) == [first])
    #expect(task.examples.map(\.second) == [second])
  }

  @Test func quotesOfTabTablesAreLiteral() throws {
    let task = try readTask("dev.tsv", "sentence\tlabel\n\"a\t1\nb \"\" c\"\t0")
    #expect(task.texts == ["\"a", "b \"\" c\""])
  }

  @Test func quotesOfCommaTables() throws {
    let text =
      "text,label\r\n\"a, \"\"b\"\"\",1\r\n\"two\r\nlines\",\"0\"\r\n,\"\"\r\n\"x\" y\"z,1\r\nd\"e\",0"
    let task = try readTask("dev.csv", text)
    #expect(task.texts == ["a, \"b\"", "two\r\nlines", "", "x y\"z", "d\"e\""])
    #expect(task.golds == ["1", "0", "", "1", "0"].map(Gold.label))
    #expect(task.examples.map(\.line) == [2, 3, 5, 6, 7])
  }

  @Test func columnsByNumber() throws {
    let text = "gj04\t1\t\tThe sailors sang.\ncj99\t0\t*\tSailors the.\n"
    let task = try readTask("dev.tsv", text, options(columns: "text=4,label=2", header: false))
    #expect(task.texts == ["The sailors sang.", "Sailors the."])
    #expect(try readTask("dev.tsv", text, options(columns: "text=4,label=2")).texts.count == 2)
    let named = "label\tsentence\n1\tx\n"
    #expect(try readTask("dev.tsv", named, options(columns: "text=2,label=1")).texts == ["x"])
    #expect(
      try readTask("dev.tsv", named, options(columns: "text=2,label=1", header: false)).texts
        == ["sentence", "x"])
  }

  @Test func emptyLinesAreCountedAndDifferFromEmptyTexts() throws {
    let task = try readTask("dev.tsv", "\n\nsentence\tlabel\n \nx\t1\n\t0\n\n")
    #expect(task.texts == ["x", ""])
    #expect(task.notes.emptyLines == 4)
    #expect(task.examples.map(\.line) == [5, 6])
  }

  @Test func commaFilesThatHoldTabs() throws {
    let text = "main\tx, y\tz\t3.8\nmain\ta\tb\t1\textra\n"
    let task = try readTask(
      "dev.csv", text, options(.similarity, columns: "text=2,text2=3,score=4", header: false))
    #expect(task.texts == ["x, y", "a"])
  }

  @Test(arguments: [
    (
      "dev.tsv", "sentence\tlabel\nx\t1\ny\n",
      "dev.tsv: line 3: column 2 is needed, but the row ends after 1"
    ),
    (
      "dev.csv", "text,label\nx,1\ny, and z,0\n",
      "line 3: 2 columns are expected, as in the first row, but there are 3"
    ),
    (
      "dev.csv", "text,label\n\"x,1\ny,0\n",
      "line 2: a quote that begins in this row is never closed"
    ),
    ("dev.tsv", "text\tscore\nx\thigh\n", "line 2: a score should be a number, but is 'high'"),
    ("dev.tsv", "text\tscore\nx\tnan\n", "a score should be a number, but is 'nan'"),
    ("dev.tsv", "text\tscore\nx\t1e999\n", "a score should be a number"),
    ("dev.tsv", "text\tscore\nx\t0x10\n", "a score should be a number"),
    (
      "dev.tsv", "a\tb\nx\t1\n",
      "dev.tsv: which column holds text is not known; the columns are a, b"
    ),
    (
      "dev.tsv", "sentence\tb\nx\t1\n",
      "which column holds label is not known; the columns are sentence, b"
    ),
    ("dev.tsv", "sentence\tlabel\n", "dev.tsv: holds no examples"),
  ])
  func saysWhatIsWrong(_ name: String, _ text: String, _ expected: String) {
    let found = message { try readTask(name, text) }
    #expect(found.contains(expected), "\(found)")
  }

  @Test func saysWhatIsWrongWithColumns() throws {
    let table = "sentence1\tsentence2\tlabel\nx\ty\t1\n"
    func found(_ options: TaskDescription) -> String {
      message { try readTask("dev.tsv", table, options) }
    }
    #expect(
      found(try options(columns: "text=sentence1,label=gold")).contains(
        "there is no column 'gold'; the columns are sentence1, sentence2, label"))
    #expect(
      found(try options(columns: "text=sentence1", header: false)).contains(
        "which column holds label"))
    #expect(
      found(try options(columns: "text=sentence1,label=3", header: false)).contains(
        "'sentence1' is asked for by name, but the table has no header"))
    #expect(found(try options(columns: "text2=sentence2")).contains("which column holds text is"))
    #expect(
      found(try options(.pair, columns: "text=sentence2")).contains("which column holds text2 is"))
    #expect(found(try options(.classification)).contains("which column holds text is not known"))
    #expect(found(try options(.qa)).contains("a task of kind qa is read from JSON"))
    #expect(
      found(try options(columns: "text=1,label=7")).contains("line 1: column 7 is needed"))
    let failure = #expect(throws: Failure.self) { try readTask("dev.tsv", "a\tb\n") }
    #expect(failure != nil)
    let headless = #expect(throws: Failure.self) {
      try readTask("dev.tsv", "x\t1\n", options(.classification, header: false))
    }
    #expect(headless?.reason.hint == "give columns text=1")
  }

  @Test func oneTextOfAPair() throws {
    let table = "sentence1\tsentence2\tlabel\nx\ty\t1\n"
    let task = try readTask("dev.tsv", table, options(.classification, columns: "text=sentence2"))
    #expect(task.texts == ["y"])
    #expect(task.examples[0].second == nil)
  }

  @Test func columnsHaveALimit() {
    for (name, separator) in [("dev.tsv", "\t"), ("dev.csv", ",")] {
      let wide = "text\(separator)label\(String(repeating: separator, count: 20_000))\n"
      let found = message { try readTask(name, wide + wide) }
      #expect(found.contains("line 1: the row has more than 10000 columns"), "\(found)")
    }
    let tagged = "a" + String(repeating: "\t", count: 20_000) + "O\nb\tB-X\n"
    let found = message { try readTask("dev.conll", tagged) }
    #expect(found.contains("line 1: the tag "), "\(found)")
  }

  @Test func damagedTablesNeverTrap() throws {
    let tables = [
      "sentence\tlabel\nit was \"fine\"\t1\n\nné\t0\n",
      "text,text2,score\r\n\"a, \"\"b\"\"\",\"two\r\nlines\",4.5\r\nx,y,1\r\n",
    ]
    let seed: UInt64 = 5
    var generator = SeededGenerator(seed: seed)
    for round in 0..<3000 {
      let bytes = mutated([UInt8](tables[round % 2].utf8), using: &generator)
      let name = round % 2 == 0 ? "dev.tsv" : "dev.csv"
      do {
        let task = try readTask(name, bytes)
        #expect(!task.examples.isEmpty, "seed \(seed)")
      } catch {
        #expect(error is Failure, "seed \(seed)")
      }
    }
  }
}
