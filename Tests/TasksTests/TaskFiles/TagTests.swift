import Documents
import Tensors
import TestSupport
import Testing

@testable import Tasks

@Suite struct TagTests {
  @Test func sentencesBetweenEmptyLines() throws {
    let task = try readTask("dev.conll", "\n\na\tO\r\nb c\tB-X\r\n\r\n \t\nd\tO")
    #expect(task.examples.map(\.words) == [["a", "b c"], ["d"]])
    #expect(task.golds == [.tags(["O", "B-X"]), .tags(["O"])])
    #expect(task.examples.map(\.line) == [3, 7])
    #expect(task.notes == TaskNotes())
  }

  @Test func columnsAndSeparators() throws {
    let text = "1  Rio   NNP  B-LOC\n2 . . O\n"
    #expect(try readTask("dev.conll", text).examples[0].words == ["1", "2"])
    let task = try readTask("dev.conll", text, options(columns: "tokens=2,tags=4"))
    #expect(task.examples[0].words == ["Rio", "."])
    let parts = try readTask("dev.conll", text, options(columns: "tokens=2,tags=3"))
    #expect(parts.golds == [.tags(["NNP", "."])])
    #expect(parts.metric == .accuracy)
  }

  @Test func prefixesAreStripped() throws {
    let task = try readTask(
      "dev.conll", "en:Rio\tB-LOC\nen::\tO\nDe:x\tO\n", options(stripPrefix: "^[a-z]+:"))
    #expect(task.examples[0].words == ["Rio", ":", "De:x"])
  }

  @Test func formIsSeenFromContent() throws {
    for name in ["dev.tsv", "dev.txt"] {
      #expect(try readTask(name, "Rio\tB-LOC\n!\tO\n\nok\tO\n").kind == .tags)
      #expect(try readTask(name, "-DOCSTART- -X- O\n\nRio B-LOC\n").kind == .tags)
    }
    #expect(try readTask("dev.txt", "a NN\nb VB\n", options(.tags)).metric == .accuracy)
    #expect(
      message { try readTask("dev.conll", "a O\n", options(.classification)) }
        .contains("a task of kind classification is read from a table or JSON"))
  }

  @Test(arguments: [
    // IOB1: an entity begins with B- only next to one of its type.
    ("I-A I-A O I-B B-B I-A", "B-A I-A O B-B B-B B-A", 3, true),
    ("I-A O B-A", "B-A O B-A", 1, false),
    ("B-A I-A I-B", "B-A I-A B-B", 1, false),
    ("B-A I-A O O B-B", "B-A I-A O O B-B", 0, false),
    ("O I-A", "O B-A", 1, true),
  ])
  func becomeBIO(_ tags: String, _ expected: String, _ converted: Int, _ isIOB1: Bool) throws {
    let lines = tags.split(separator: " ").map { "w \($0)" }.joined(separator: "\n")
    let task = try readTask("dev.conll", lines)
    #expect(task.golds == [.tags(expected.split(separator: " ").map(String.init))])
    #expect(task.notes.convertedTags == converted)
    #expect(task.notes.isIOB1 == isIOB1)
  }

  @Test(arguments: [
    ("a O\nb LOC\nc B-LOC\n", "dev.conll: line 2: the tag 'LOC' is none of O, B-TYPE and I-TYPE"),
    ("a O\nb S-LOC\nc B-LOC\n", "line 2: the tag 'S-LOC' is none"),
    ("a B-X\nb B-\n", "line 2: the tag 'B-' is none"), ("a B-X\nb I\n", "line 2: the tag 'I' is"),
    ("a B-X\n\nb\n", "line 3: column 2 is needed, but the row ends after 1"),
    ("\n\n", "dev.conll: holds no examples"),
  ])
  func saysWhatIsWrong(_ text: String, _ expected: String) throws {
    let found = message { try readTask("dev.conll", text) }
    #expect(found.contains(expected), "\(found)")
  }

  @Test func entitiesNeedTheirTags() throws {
    let plain = "a NN\nb VB\n"
    #expect(try readTask("dev.conll", plain).metric == .accuracy)
    #expect(
      message { try readTask("dev.conll", plain, options(metric: .entityF1)) }
        .contains("line 1: the tag 'NN' is none of O, B-TYPE and I-TYPE"))
    let bilou = #expect(throws: Failure.self) { try readTask("dev.conll", "a U-X\nb B-X\n") }
    #expect(bilou?.reason.hint == "BIOES and BILOU have to be turned into BIO first")
  }

  @Test func damagedLinesNeverTrap() throws {
    let text = "-DOCSTART- -X- O\n\nRio NNP I-LOC\nné\tB-LOC\n\r\n. O\n"
    let seed: UInt64 = 6
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<2000 {
      let bytes = mutated([UInt8](text.utf8), using: &generator)
      do {
        let task = try readTask("dev.conll", bytes)
        for example in task.examples {
          guard case .tags(let tags) = example.gold else { continue }
          #expect(tags.count == example.words.count, "seed \(seed)")
        }
      } catch {
        #expect(error is Failure, "seed \(seed)")
      }
    }
  }
}
