import Tensors

extension Checkpoint {
  /// By which the same weights are known again: of every tensor's name, type, shape and bytes, in the order of
  /// names, whatever container they lie in.
  public func fingerprint() throws -> String {
    var fingerprint = Fingerprint()
    for tensor in container.tensors.sorted(by: { $0.name < $1.name }) {
      fingerprint.combine(
        "\(tensor.name) \(tensor.tensor.elementType.rawValue) \(tensor.tensor.shape)")
      for stored in tensor.storage?.tensors ?? [tensor.tensor] {
        do {
          for piece in stored.source.pieces {
            try stored.source.withBytes(piece) { fingerprint.combine($0) }
          }
        } catch let failure as Failure {
          throw failure.within(Place(file: container.files.first, tensor: tensor.name))
        }
      }
    }
    return fingerprint.text
  }
}
