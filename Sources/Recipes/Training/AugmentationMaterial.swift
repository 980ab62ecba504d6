import Tasks
import Tensors
import Training

/// Texts of which more are made, and how these are written.
protocol AugmentationMaterial {
  var count: Int { get }
  /// What stands before the records, between them, and behind the last.
  var front: [UInt8] { get }
  var separator: [UInt8] { get }
  var back: [UInt8] { get }

  /// The one or two texts of an example.
  func texts(_ index: Int) -> [String]
  /// What is written of an example with some texts; as it stands where there are none.
  func record(_ index: Int, _ texts: [String]?) throws -> [UInt8]
}

/// The examples of a task.
struct TaskMaterial: AugmentationMaterial {
  let records: TaskRecords

  var count: Int { records.task.examples.count }
  var front: [UInt8] { records.front }
  var separator: [UInt8] { records.separator }
  var back: [UInt8] { records.back }

  func texts(_ index: Int) -> [String] {
    let example = records.task.examples[index]
    return [example.text] + [example.second].compactMap(\.self)
  }

  func record(_ index: Int, _ texts: [String]?) throws -> [UInt8] {
    try records.record(index, texts.map { ($0[0], $0.count > 1 ? $0[1] : nil) })
  }
}

/// The lines of a text.
struct LineMaterial: AugmentationMaterial {
  private let lines: [String]

  /// - Throws: ``Failure`` if there is no text.
  init(_ path: String) throws {
    var file = try TextFile(path)
    var lines: [String] = []
    while case let some = try file.next(4096), !some.isEmpty { lines += some }
    guard !lines.isEmpty else {
      throw Failure(TrainingDataReason.noText, at: Place(file: path))
    }
    self.lines = lines
  }

  var count: Int { lines.count }
  var front: [UInt8] { [] }
  var separator: [UInt8] { Array("\n".utf8) }
  var back: [UInt8] { separator }

  func texts(_ index: Int) -> [String] { [lines[index]] }
  func record(_ index: Int, _ texts: [String]?) -> [UInt8] {
    Array((texts?[0] ?? lines[index]).utf8)
  }
}
