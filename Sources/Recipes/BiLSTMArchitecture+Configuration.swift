import Checkpoints
import Documents
import Tensors

extension BiLSTMArchitecture {
  /// A `config.json` that says what a file of weights does not.
  func configuration(of checkpoint: Checkpoint, elementType: ElementType?) -> JSON {
    var members: [(key: String, value: JSON)] = [
      ("architectures", [.string(className)]),
      ("model_type", .string(Family.bilstm.name)),
      ("vocab_size", .integer(vocabulary)),
      ("embedding_size", .integer(embedding)),
      ("hidden_size", .integer(hidden)),
      ("projection_size", .integer(projection)),
      ("readout", .string(readout.rawValue)),
      ("hidden_act", .string(Self.usualActivation(in: checkpoint.dialect))),
    ]
    if let type = elementType?.torchName { members.append(("torch_dtype", .string(type))) }
    return .object(members)
  }
}
