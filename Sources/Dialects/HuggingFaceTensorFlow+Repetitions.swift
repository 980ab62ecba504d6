import Checkpoints

extension HuggingFaceTensorFlow {
  /// What models with a masked-language-model head hold twice: in the layer that decodes, all that the
  /// encoder's embeddings have; and ALBERT its bias, of which PyTorch ties the two.
  func repetitions(in architecture: EncoderArchitecture, style: NameStyle) -> [Repetition] {
    zeroTypes(in: architecture, style: style) + decoded(in: architecture, style: style)
  }

  private func decoded(in architecture: EncoderArchitecture, style: NameStyle) -> [Repetition] {
    let bias = Role(.head(.maskedDecoder), .bias)
    guard [.preTraining, .maskedLanguageModel].contains(architecture.head),
      let decoder = place(of: bias, in: architecture, style: style)
    else { return [] }
    var repetitions: [Repetition] = []
    let secondBias = Role(.head(.maskedDecoderCopy), .bias)
    if let place = place(of: secondBias, in: architecture, style: style) {
      repetitions.append(Repetition(bias, place, order: order(of: secondBias)))
    }
    guard style == .kerasLayers else { return repetitions }
    return repetitions + embeddings(in: decoder.name[...].firstComponent, architecture)
  }

  /// The parameters of the embeddings, after all others of a layer.
  private func embeddings(
    in layer: Substring, _ architecture: EncoderArchitecture
  ) -> [Repetition] {
    let roles = [EmbeddingModule.word, .type, .position, .norm].flatMap { part in
      Role.Kind.allCases.map { Role(.embedding(part), $0) }
    }
    return roles.compactMap { role in
      guard var place = place(of: role, in: architecture, style: .kerasLayers),
        let path = place.name[...].withoutFirstComponent
      else { return nil }
      place.name = "\(layer)/\(path)"
      return Repetition(role, place, order: [Int.max] + order(of: role))
    }
  }
}
