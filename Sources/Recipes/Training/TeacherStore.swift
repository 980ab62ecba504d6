import Checkpoints
import Encoders
import Formats
import Tensors
import Training

/// What a teacher has said, kept in files of a folder that are named by the teacher and the text alone: whoever has the same of both
/// finds it again, whatever is learned from it.
struct TeacherStore {
  private let folder: String
  private let sequences: TokenStore
  private let threads: Int
  private let note: ((String) -> Void)?
  private let fingerprint: String

  /// - Parameters:
  ///   - files: of the teacher.
  ///   - sequences: what it reads.
  ///   - note: told when the teacher is about to read.
  init(
    folder: String, files: [String], sequences: TokenStore, threads: Int,
    _ note: ((String) -> Void)?
  ) {
    self.folder = folder
    self.sequences = sequences
    self.threads = threads
    self.note = note
    var fingerprint = Fingerprint()
    for file in files { fingerprint.combine(fileIdentity(file)) }
    for index in 0..<sequences.count {
      let sequence = sequences[index]
      sequence.ids.withUnsafeBytes { fingerprint.combine($0) }
      sequence.types.withUnsafeBytes { fingerprint.combine($0) }
    }
    self.fingerprint = fingerprint.text
  }

  /// What is kept under a name; where nothing is, the teacher says it, and it is written as it comes.
  ///
  /// - Parameters:
  ///   - givesTokens: whether there is a row for each token.
  ///   - columns: of what the encoder gives.
  func outputs(
    _ name: String, givesTokens: Bool, columns: Int, as elementType: ElementType,
    of encoder: @autoclosure () throws -> Encoder
  ) throws -> TeacherOutputs {
    let path = joinPath(folder, "teacher-\(name)-\(fingerprint).safetensors")
    let shape: Shape = [givesTokens ? sequences.tokenCount : sequences.count, columns]
    if let kept = try? read(path, elementType, shape) { return kept }
    note?("the teacher reads \(grouped(sequences.count)) examples")
    let rows = TeacherRows.tensor(
      of: try encoder(), for: sequences, as: elementType, threads: threads)
    let output = try OutputTransaction(.file(path), replacing: true)
    let container = Container(
      format: "safetensors", files: [], byteCount: 0, tensors: [NamedTensor(name, rows)])
    // The rows of a piece are worked out by all threads together.
    try SafetensorsFormat().write(container, to: output, options: WriteOptions(threads: 1))
    try output.commit()
    return try read(path, elementType, shape)
  }

  private func read(
    _ path: String, _ elementType: ElementType, _ shape: Shape
  ) throws -> TeacherOutputs {
    let tensors = try SafetensorsFormat().read(path, options: ReadOptions()).tensors
    guard let tensor = tensors.first?.tensor, tensor.shape == shape,
      tensor.elementType == elementType
    else {
      throw Failure(RunReason.damaged("it has not the rows of the teacher"), at: Place(file: path))
    }
    return TeacherOutputs(tensor)
  }
}
