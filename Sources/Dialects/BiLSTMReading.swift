import Checkpoints
import Tensors

extension BiLSTMArchitecture {
  /// What the shapes of parameters tell of a student; its configuration says what is read out.
  ///
  /// - Returns: also what could not be told, and in what the configuration disagrees.
  static func read(
    from reading: NameReading, dialect: any Dialect, configuration: Configuration?
  ) -> (BiLSTMArchitecture, [Diagnostic]) {
    func length(_ module: Module, axis: Int) -> Int? {
      guard let shape = reading.parameters[Role(module, .weight)]?.shape, axis < shape.rank,
        shape[axis] <= longest
      else { return nil }
      return shape[axis]
    }
    let hidden = Direction.allCases.lazy.compactMap { length(.lstm($0, .recurrent), axis: 1) }
    var student = BiLSTMArchitecture(
      vocabulary: length(.embedding(.word), axis: 0) ?? 0,
      embedding: length(.embedding(.word), axis: 1) ?? 0, hidden: hidden.first ?? 0,
      projection: length(.projection, axis: 0) ?? 0,
      classes: length(.head(.classifier), axis: 0), readout: .lastState)
    let (readout, doubt) = readout(configuration, dialect)
    student.readout = readout
    let labels = configuration?.labels ?? []
    if labels.count == student.classes { student.labels = labels }
    return (student, doubt + student.differences(from: configuration))
  }

  /// No axis of a matrix is longer, so that sums of a few of them can be reckoned with.
  private static var longest: Int { 1 << 40 }

  /// As the configuration says, or as its class asks for; else the last state.
  private static func readout(
    _ configuration: Configuration?, _ dialect: any Dialect
  ) -> (Readout, [Diagnostic]) {
    if let readout = configuration?.readout { return (readout, []) }
    if let wrong = configuration?.wrongReadout {
      let known = Readout.allCases.map(\.rawValue).joined(separator: ", ")
      return (
        .lastState,
        [
          Diagnostic(
            .error, .configuration,
            "'\(wrong.name)' in config.json should be one of \(known), but is \(printable(wrong.value))"
          )
        ]
      )
    }
    let isOfTokens = configuration?.architecture?.hasSuffix("ForTokenClassification") ?? false
    let readout = isOfTokens ? Readout.perToken : .lastState
    return (
      readout,
      [
        Diagnostic(
          .warning, .configurationMissing,
          "what is read out of the LSTM stands in no config.json; assuming \(readout.rawValue) and"
            + " \(usualActivation(in: dialect.name))")
      ]
    )
  }

  private func differences(from configuration: Configuration?) -> [Diagnostic] {
    guard let configuration else { return [] }
    let said: [(String, Int?, Int)] = [
      ("words", configuration.vocabulary, vocabulary),
      ("as embedding size", configuration.document["embedding_size"]?.integer, embedding),
      ("as hidden size", configuration.hidden, hidden),
      ("as projection size", configuration.document["projection_size"]?.integer, projection),
    ]
    return said.compactMap { what, expected, found in
      guard let expected, expected != found else { return nil }
      return Diagnostic(
        .warning, .configuration, "config.json says \(expected) \(what), the tensors \(found)")
    }
  }
}
