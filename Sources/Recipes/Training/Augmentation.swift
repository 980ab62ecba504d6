import Checkpoints
import Encoders
import Tasks
import Tensors
import Training

/// Texts of which more are about to be made.
///
/// Each text or example stays, and the copies made of it follow it. Of a pair one text is changed at a time: first come the copies with another first
/// text, then those with another second one. Labels and scores, and whatever else a file holds, are those of the original.
package struct Augmentation {
  private let request: AugmentationRequest
  private let material: any AugmentationMaterial
  private let output: AugmentationOutput
  /// What the user should know of the source.
  package let notes: [String]

  /// How much was made of how much.
  package struct Summary: Sendable, Equatable {
    package var texts = 0
    package var copies = 0
  }

  /// Reads the source and looks at the output.
  ///
  /// - Throws: ``Failure`` if the source cannot be read, holds nothing or nothing that may be changed, or the output cannot be put.
  package init(_ request: AugmentationRequest) throws {
    self.request = request
    switch request.source {
    case .task(var task):
      let (folder, name) = splitPath(task.path)
      if name == TaskFiles.descriptionName { task.path = folder }
      let split = task.split ?? (isFolder(task.path) ? "train" : nil)
      let records = try TaskRecords(task.path, split: split, overriding: task.description)
      output = try AugmentationOutput(records, of: task, to: request.output)
      material = TaskMaterial(records: records)
      notes = records.task.notes.lines
    case .text(let path):
      material = try LineMaterial(path)
      output = try AugmentationOutput(linesOf: path, to: request.output)
      notes = []
    }
    try output.check(replacing: request.replaces)
  }

  /// Opens the models, makes the copies, and writes everything, whole or not at all.
  ///
  /// - Parameter progress: counts texts or examples.
  package func run(progress: Progress? = nil) throws -> Summary {
    let augmenter = try augmenter()
    var generator = KeyedGenerator(request.settings.seed, Self.purpose)
    let indices =
      request.limit.map { generator.choose($0, of: material.count) } ?? Array(0..<material.count)
    progress?.expect(indices.count)
    var summary = Summary()
    let file = try output.open(replacing: request.replaces)
    try file.write(material.front)
    for part in pieces(of: indices) {
      for (index, copies) in zip(part, try copies(of: part, by: augmenter)) {
        for record in try [material.record(index, nil)] + copies {
          if summary.texts + summary.copies > 0 { try file.write(material.separator) }
          try file.write(record)
          summary.copies += 1
        }
        (summary.texts, summary.copies) = (summary.texts + 1, summary.copies - 1)
      }
      progress?.advance(part.count)
    }
    try file.write(material.back)
    try file.commit()
    return summary
  }

  /// Tells the choice of examples from all other random numbers of a seed.
  private static let purpose: UInt64 = 7
  /// In bytes of text: enough for batches of like length, few enough to be held.
  private static let pieceSize = 1 << 16

  private func pieces(of indices: [Int]) -> [ArraySlice<Int>] {
    var pieces: [ArraySlice<Int>] = []
    var (start, size) = (0, 0)
    for (place, index) in indices.enumerated() {
      size += material.texts(index).reduce(0) { $0 + $1.utf8.count }
      if size >= Self.pieceSize || place == indices.count - 1 {
        pieces.append(indices[start...place])
        (start, size) = (place + 1, 0)
      }
    }
    return pieces
  }

  /// The records of the copies of each of some texts or examples.
  private func copies(
    of indices: ArraySlice<Int>, by augmenter: TextAugmenter
  ) throws -> [[[UInt8]]] {
    let items = indices.flatMap { index in
      material.texts(index).enumerated().map {
        TextAugmenter.Item($0.element, example: index, part: $0.offset)
      }
    }
    var records = Dictionary(uniqueKeysWithValues: indices.map { ($0, [[UInt8]]()) })
    for (item, copies) in zip(items, try augmenter.copies(of: items)) {
      var texts = material.texts(item.example)
      for copy in copies {
        texts[item.part] = copy
        records[item.example]!.append(try material.record(item.example, texts))
      }
    }
    return indices.map { records[$0]! }
  }

  private func augmenter() throws -> TextAugmenter {
    try TextAugmenter(
      opening: try request.model.open(),
      masked: try request.masked.map { try MaskedWords(opening: $0) }, request.settings,
      threads: request.threads)
  }
}

extension MaskedWords {
  /// - Throws: ``Failure`` if the model cannot be opened or run, has no such head or no vocabulary.
  init(opening request: ModelRequest) throws {
    let model = try request.open()
    let head = model.checkpoint.architecture.head
    guard head == .maskedLanguageModel || head == .preTraining else {
      throw Failure(
        AugmentationReason.noMaskedHead(head.rawValue), at: Place(file: request.path))
    }
    try self.init(
      TaskModel(
        model.checkpoint, path: request.path, folder: model.folder,
        reading: .logitsOfToken(.maskedLanguageModel), compute: request.compute,
        threads: request.threads))
  }
}
