import Checkpoints
import Encoders
import Formats
import Tensors
import Training

/// What a teacher has said, kept in files of a folder that are named by the teacher and the text alone: whoever has the same of both
/// finds it again, whatever is learned from it.
struct TeacherStore {
  private let folder: String
  private let fingerprint: String

  /// - Parameters:
  ///   - files: of the teacher.
  ///   - sequences: what it reads.
  init(folder: String, files: [String], sequences: TokenStore) {
    self.folder = folder
    var fingerprint = Fingerprint()
    for file in files { fingerprint.combine(fileIdentity(file)) }
    for index in 0..<sequences.count {
      let sequence = sequences[index]
      sequence.ids.withUnsafeBytes { fingerprint.combine($0) }
      sequence.types.withUnsafeBytes { fingerprint.combine($0) }
    }
    self.fingerprint = fingerprint.text
  }

  /// What is kept under a name; where nothing is, it is worked out piece by piece while it is written.
  func outputs(_ name: String, _ work: () throws -> Tensor) throws -> TeacherOutputs {
    let path = joinPath(folder, "teacher-\(name)-\(fingerprint).safetensors")
    if let kept = try? read(path) { return kept }
    let output = try OutputTransaction(.file(path), replacing: true)
    let container = Container(
      format: "safetensors", files: [], byteCount: 0,
      tensors: [NamedTensor(name, try work())])
    try SafetensorsFormat().write(container, to: output, options: WriteOptions(threads: 1))
    try output.commit()
    return try read(path)
  }

  private func read(_ path: String) throws -> TeacherOutputs {
    let tensors = try SafetensorsFormat().read(path, options: ReadOptions()).tensors
    guard let tensor = tensors.first?.tensor, tensor.shape.rank == 2, tensor.elementType.isFloat
    else {
      throw Failure(RunReason.damaged("no outputs of a teacher are there"), at: Place(file: path))
    }
    return TeacherOutputs(tensor)
  }
}
