import Documents

extension BiLSTMArchitecture {
  /// The members of a `config.json` that says what a file of weights does not.
  ///
  /// - Parameter activation: the name of the projection's function.
  package func configuration(activation: String) -> [(key: String, value: JSON)] {
    var members: [(key: String, value: JSON)] = [
      ("architectures", [.string(className)]),
      ("model_type", .string(Family.bilstm.name)),
      ("vocab_size", .integer(vocabulary)),
      ("embedding_size", .integer(embedding)),
      ("hidden_size", .integer(hidden)),
      ("projection_size", .integer(projection)),
      ("readout", .string(readout.rawValue)),
      ("hidden_act", .string(activation)),
    ]
    guard !labels.isEmpty else { return members }
    let names = labels.enumerated()
    members.append(("id2label", .object(names.map { ("\($0)", .string($1)) })))
    members.append(("label2id", .object(names.map { ($1, .integer($0)) })))
    return members
  }
}
