import Checkpoints
import Encoders
import Kernels
import Tensors

extension Checkpoint {
  /// The table of word embeddings, whatever its storage is.
  ///
  /// - Throws: ``Failure`` if the model has none, or it holds NaN or infinities when it is read.
  package func wordTable() throws -> any RowReader {
    let role = Role(.embedding(.word), .weight)
    let file = container.files.first
    guard let parameter = parameters.first(where: { $0.role == role }) else {
      throw Failure(EncoderReason.missing(role), at: Place(file: file))
    }
    var storage = parameter.storage
    if case .shared(let owner) = storage {
      storage = parameters.first { $0.role == owner }?.storage ?? storage
    }
    do {
      return try storage.rows(of: parameter.shape)
    } catch let failure as Failure {
      throw failure.within(Place(file: file, tensor: parameter.name))
    }
  }
}
