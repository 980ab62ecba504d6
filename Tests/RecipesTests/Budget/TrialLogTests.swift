import Foundation
import TestSupport
import Testing

@testable import Recipes

/// What trials gave is known again by a later run.
@Suite struct TrialLogTests {
  private func numbers(_ log: TrialLog, _ trial: String, _ value: Double) -> [Double] {
    log.numbers(of: trial) { [value, .nan] }
  }

  @Test func takesUpWhatAKilledRunLeft() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("x.trials")
    do {
      let log = TrialLog(path, run: "one")
      #expect(numbers(log, "a", 0.1)[0] == 0.1)
      #expect(numbers(log, "b", 1e-300)[0] == 1e-300)
      #expect(log.numbers(of: "c") { [] } == [])
      #expect(numbers(log, "a", 7)[0] == 0.1, "what is known is not tried again")
    }
    let again = TrialLog(path, run: "one")
    let known = numbers(again, "a", 7)
    #expect(known[0] == 0.1 && known[1].isNaN)
    #expect(numbers(again, "b", 7)[0] == 1e-300)
    #expect(again.numbers(of: "c") { [7] } == [])
    again.remove()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func isOfOneRunAlone() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("x.trials")
    do { _ = numbers(TrialLog(path, run: "one"), "a", 1) }
    do { #expect(numbers(TrialLog(path, run: "other"), "a", 2)[0] == 2) }
    #expect(numbers(TrialLog(path, run: "one"), "a", 3)[0] == 3)
  }

  /// A line that a kill has torn is as if it were not there, and those after it are whole.
  @Test func tornLinesAreTriedAgain() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("x.trials")
    do {
      let log = TrialLog(path, run: "one")
      _ = (numbers(log, "a", 1), numbers(log, "b", 2))
    }
    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    bytes.removeLast(9)
    try bytes.write(to: URL(fileURLWithPath: path))
    do {
      let log = TrialLog(path, run: "one")
      #expect(numbers(log, "a", 7)[0] == 1 && numbers(log, "b", 8)[0] == 8)
    }
    let log = TrialLog(path, run: "one")
    #expect(numbers(log, "a", 9)[0] == 1 && numbers(log, "b", 9)[0] == 8)
  }

  /// Two runs at a time do not write into one file, and neither fails.
  @Test func isOneRunsAtATime() throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("x.trials")
    let first = TrialLog(path, run: "one")
    _ = numbers(first, "a", 1)
    let second = TrialLog(path, run: "one")
    #expect(numbers(second, "a", 2)[0] == 2)
    second.remove()
    #expect(numbers(first, "a", 3)[0] == 1)
    #expect(FileManager.default.fileExists(atPath: path))
    let nowhere = TrialLog(folder.path + "/missing/x.trials", run: "one")
    #expect(numbers(nowhere, "a", 4)[0] == 4)
  }

  /// Numbers that no trial gives are not believed.
  @Test(arguments: ["bff0000000000000", "7ff0000000000000", "7fe0000000000000"])
  func impossibleNumbersAreTriedAgain(_ bits: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("x.trials")
    do { _ = numbers(TrialLog(path, run: "one"), "a", 1) }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let damaged = text.replacingOccurrences(of: "3ff0000000000000", with: bits)
    #expect(damaged != text)
    try Data(damaged.utf8).write(to: URL(fileURLWithPath: path))
    #expect(numbers(TrialLog(path, run: "one"), "a", 2)[0] == 2)
  }

  @Test(arguments: ["", "\n", "pare.trials/1 one", "pare.trials/1 one\nzz 1\n", "\u{0}\u{1}"])
  func readsAnything(_ text: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.file("x.trials")
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    #expect(numbers(TrialLog(path, run: "one"), "a", 1)[0] == 1)
  }
}
