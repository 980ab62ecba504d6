import Checkpoints
import Kernels
import Tensors

extension BiLSTMStudent {
  /// A teacher's words in fewer dimensions: U · Σ of the truncated singular value decomposition of its word embedding, so that inner
  /// products between words are kept as well as can be (Mukherjee and Awadallah, "XtremeDistil", 2020, section 3).
  ///
  /// - Returns: a table `[vocabulary, width]` of singles.
  /// - Throws: `Failure` if the teacher has no words, or not as many dimensions.
  package static func words(
    of teacher: Checkpoint, width: Int, threads: Int = 1
  ) throws -> Tensor {
    guard let parameter = teacher.parameter(Role(.embedding(.word), .weight)) else {
      throw Failure(StudentReason.noWords, at: Place(file: teacher.container.files.first))
    }
    let limit = min(parameter.shape[0], parameter.shape[1])
    guard (1...max(1, limit)).contains(width), limit > 0 else {
      throw Failure(StudentReason.width(width, limit: limit))
    }
    let matrix = parameter.storage.tensor(of: parameter.shape, as: .f32)
    let factors = try TruncatedSVD(of: matrix, rank: width, threads: threads)
    // The left factor is U · √Σ.
    let scales = factors.singularValues.prefix(width).map { Float($0.squareRoot()) }
    var values = factors.left
    for index in values.indices { values[index] *= scales[index % width] }
    return Tensor(
      .f32, [parameter.shape[0], width],
      source: MemorySource(values.withUnsafeBytes { [UInt8]($0) }))
  }
}
