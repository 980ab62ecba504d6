import Checkpoints
import Tensors

extension Architecture {
  /// What the shapes of parameters tell of a model; a configuration is asked only for what they do not.
  ///
  /// - Returns: also what could not be told, and in what the configuration disagrees.
  static func read(
    from reading: NameReading, dialect: any Dialect, configuration: Configuration?
  ) -> (Architecture, [Diagnostic]) {
    if dialect.families.contains(.bilstm) {
      let (student, doubts) = BiLSTMArchitecture.read(
        from: reading, dialect: dialect, configuration: configuration)
      return (.bilstm(student), doubts)
    }
    let (encoder, doubts) = EncoderArchitecture.read(
      from: reading, dialect: dialect, configuration: configuration)
    return (.encoder(encoder), doubts)
  }
}

extension EncoderArchitecture {
  /// What the shapes of parameters tell of a model; a configuration is asked only for what they do not.
  ///
  /// - Returns: also what could not be told, and in what the configuration disagrees.
  fileprivate static func read(
    from reading: NameReading, dialect: any Dialect, configuration: Configuration?
  ) -> (EncoderArchitecture, [Diagnostic]) {
    var reader = ArchitectureReader(reading: reading, configuration: configuration)
    let encoder = reader.read(family: Self.family(of: dialect, configuration))
    return (encoder, reader.diagnostics)
  }

  /// The configuration's, if the dialect serves it.
  private static func family(
    of dialect: any Dialect, _ configuration: Configuration?
  ) -> EncoderFamily {
    let served = dialect.families.compactMap(\.encoder)
    let said = configuration?.modelType.flatMap(EncoderFamily.init)
    if let said, served.contains(said) { return said }
    return served.first ?? .bert
  }
}

private struct ArchitectureReader {
  let reading: NameReading
  let configuration: Configuration?
  var diagnostics: [Diagnostic] = []

  mutating func read(family: EncoderFamily) -> EncoderArchitecture {
    let layerCount = (reading.parameters.keys.compactMap(\.module.layerIndex).max() ?? -1) + 1
    let embedding = length(.embedding(.word), axis: 1) ?? 0
    let hidden = hidden(layerCount) ?? embedding
    let stored = (0..<layerCount).map { layerShape($0, hidden: hidden) }
    var encoder = EncoderArchitecture(
      family: family, layers: stored, storedLayers: layerCount, groupSize: reading.groupSize,
      hidden: hidden, embedding: embedding,
      vocabulary: length(.embedding(.word), axis: 0) ?? decodedWords ?? 0,
      positions: length(.embedding(.position), axis: 0) ?? 0,
      types: length(.embedding(.type), axis: 0) ?? 0,
      head: Head(of: reading.parameters, family: family, className: configuration?.architecture))
    encoder.labels = labels()
    if family == .albert { repeatLayers(of: &encoder, stored) }
    sayUnknownHeads(of: encoder)
    compare(encoder)
    return encoder
  }

  private func length(_ module: Module, axis: Int) -> Int? {
    guard let shape = reading.parameters[Role(module, .weight)]?.shape, axis < shape.rank else {
      return nil
    }
    return shape[axis]
  }

  private var decodedWords: Int? {
    reading.parameters[Role(.head(.maskedDecoder), .bias)]?.shape.elementCount
  }

  /// The width that the first layer with a query takes in.
  private func hidden(_ layerCount: Int) -> Int? {
    (0..<layerCount).lazy.compactMap { self.length(.layer($0, .query), axis: 1) }.first
  }

  private func layerShape(_ index: Int, hidden: Int) -> LayerShape {
    let attention =
      length(.layer(index, .query), axis: 0) ?? length(.layer(index, .key), axis: 0)
      ?? length(.layer(index, .value), axis: 0) ?? hidden
    let intermediate =
      length(.layer(index, .intermediate), axis: 0) ?? length(.layer(index, .output), axis: 1) ?? 0
    return LayerShape(
      heads: heads(index, attention: attention, hidden: hidden), attention: attention,
      intermediate: intermediate)
  }

  /// As a Keras kernel's shape tells, or else by the width of a head that the configuration gives;
  /// nil where heads do not divide the width.
  private func heads(_ index: Int, attention: Int, hidden: Int) -> Int? {
    let kernels = [LayerModule.query, .key, .value].compactMap { part in
      reading.parameters[Role(.layer(index, part), .weight)]
    }
    if let heads = kernels.lazy.compactMap({ $0.layout.heads($0.stored) }).first {
      return heads > 0 && attention % heads == 0 ? heads : nil
    }
    guard let width = configuration?.headWidth ?? usualHeadWidth(hidden: hidden) else { return nil }
    return width > 0 && attention > 0 && attention % width == 0 ? attention / width : nil
  }

  private func usualHeadWidth(hidden: Int) -> Int? {
    guard let usual = configuration?.heads, usual > 0, hidden % usual == 0 else { return nil }
    return hidden / usual
  }

  private func labels() -> [String] {
    let labels = configuration?.labels ?? []
    return labels.count == length(.head(.classifier), axis: 0) ? labels : []
  }

  /// Repeats the stored layers as often as the configuration says that there are places for them.
  private mutating func repeatLayers(of encoder: inout EncoderArchitecture, _ stored: [LayerShape])
  {
    let size = encoder.groupSize
    guard let places = configuration?.layers, places <= CollapsedName.limit / size else {
      diagnostics.append(
        Diagnostic(
          .warning, .configurationMissing,
          "how often the shared layers are run stands in no usable config.json; assuming once"))
      return
    }
    guard let first = stored.first else { return }
    encoder.layers = Array(repeating: first, count: places * size)
    for place in encoder.layers.indices {
      let index = encoder.storedLayer(runAs: place)
      if stored.indices.contains(index) { encoder.layers[place] = stored[index] }
    }
  }

  private mutating func sayUnknownHeads(of encoder: EncoderArchitecture) {
    let count = encoder.layers.count { $0.heads == nil }
    guard count > 0 else { return }
    let which = count == encoder.layers.count ? "" : " of \(count) layers"
    let why =
      configuration?.heads.map { "config.json says \($0), which does not divide their width" }
      ?? "it is told neither by shapes nor by a config.json"
    diagnostics.append(
      Diagnostic(
        .warning, .headsUnknown, "the number of attention heads\(which) is not known: \(why)"))
  }

  /// Says where the configuration is not that of the tensors.
  private mutating func compare(_ encoder: EncoderArchitecture) {
    guard let configuration else { return }
    let said: [(String, Int?, Int)] = [
      ("layers", configuration.layers, encoder.layers.count / encoder.groupSize),
      ("as hidden size", configuration.hidden, encoder.hidden),
      ("words", configuration.vocabulary, encoder.vocabulary),
      ("positions", configuration.positions, encoder.positions),
    ]
    for (what, expected, found) in said {
      guard let expected, expected != found else { continue }
      diagnostics.append(
        Diagnostic(
          .warning, .configuration, "config.json says \(expected) \(what), the tensors \(found)"))
    }
  }
}
