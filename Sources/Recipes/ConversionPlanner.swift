import Checkpoints
import Dialects
import Documents
import Formats
import Kernels
import Tensors

extension Conversion {
  /// Thinks a conversion through; no tensor's data are read and nothing is written.
  ///
  /// - Throws: ``Failure`` where the target cannot carry the model, or not all of it.
  public init(of model: Model, request: ConversionRequest) throws {
    var request = request
    if request.shards != nil { request.writing.shardSize = .max }
    let planner = try ConversionPlanner(model: model, request: request)
    let (renamed, dialect, notes) = try planner.renamedTensors()
    let (tensors, densified) = planner.cast(try planner.select(renamed))
    guard !tensors.isEmpty else {
      throw Failure(
        request.selection.isEverything ? ModelReason.empty : SelectionReason.nothingSelected,
        at: Place(file: model.path))
    }
    let (container, doubts) = try planner.container(of: tensors, dialect: dialect)
    if let count = request.shards {
      request.writing.shardSize = container.shardSize(filesAtMost: count)
    }
    self.model = model
    self.request = request
    self.format = planner.target.name
    self.dialect = dialect
    self.tensors = tensors
    self.container = container
    self.files = try planner.target.plannedFiles(container, options: request.writing)
    self.sidecars = try OutputSidecar.all(
      for: request, of: model, as: container, by: planner.target)
    self.diagnostics = notes + densified + doubts
  }
}

/// Decides which tensors an output gets, under which names and in which layout.
private struct ConversionPlanner {
  let model: Model
  let request: ConversionRequest
  let target: any Format

  var checkpoint: Checkpoint { model.checkpoint }

  init(model: Model, request: ConversionRequest) throws {
    self.model = model
    self.request = request
    let format =
      try request.format.map(namedFormat) ?? Self.usualFormat(for: request.output)
    try format.check(request.writing, request.output)
    if let type = request.elementType, !type.isFloat {
      throw Failure(ModelReason.notACastType(type))
    }
    target = format
  }

  private static func usualFormat(for output: Destination) -> any Format {
    if case .file(let path) = output, let format = FormatList.forOutput(path) { return format }
    return SafetensorsFormat()
  }

  /// The tensors under their new names, the dialect of those, nil where names stay, and what the user
  /// should know of it.
  func renamedTensors() throws -> (
    tensors: [RoledTensor], dialect: String?, notes: [Diagnostic]
  ) {
    if !copiesForeign, let foreign = selectedForeign.first {
      throw Failure(
        ModelReason.foreignTensor(foreign.type),
        at: Place(file: checkpoint.container.files.first, tensor: foreign.name))
    }
    if request.dialect == nil, keepsNames, !checkpoint.isRewritten {
      // Blocks stay blocks.
      let isCopied = target.carries.contains(.blocks)
      let notes = checkpoint.diagnostics.filter { !isCopied || $0.code != .densified }
      return (storedTensors, nil, notes.filter { !copiesForeign || $0.code != .foreign })
    }
    guard let family = checkpoint.architecture.family, checkpoint.dialect != nil else {
      if let dialect = request.dialect {
        throw Failure(ModelReason.dialectForUnknown(dialect), at: Place(file: model.path))
      }
      throw Failure(ModelReason.noDialect(format: target.name), at: Place(file: model.path))
    }
    let dialect =
      try request.dialect.map(Dialects.named) ?? presentDialect ?? usualDialect(for: family)
    guard dialect.families.contains(family) else {
      throw Failure(
        ModelReason.otherFamily(family, dialect: dialect.name), at: Place(file: model.path))
    }
    let renaming = checkpoint.renamed(to: dialect, style: target.naming)
    return (try tensors(of: renaming), dialect.name, notes(on: renaming, dialect))
  }

  /// Tensors of types that nothing is known of, as far as they are to be converted.
  private var selectedForeign: [ForeignTensor] {
    checkpoint.container.foreign.filter {
      request.selection.contains(role: nil, name: $0.name)
    }
  }

  /// Whether such tensors go as they are into another file of their format.
  private var copiesForeign: Bool {
    checkpoint.container.format == target.name && request.dialect == nil && keepsNames
      && !checkpoint.isRewritten && selectedForeign.allSatisfy { $0.content != nil }
  }

  /// Names stay where source and target are of one kind, where one of them is plain HDF5, which has no
  /// names of its own, and where nobody knows what they mean; but not where files hold as one what has been taken apart.
  private var keepsNames: Bool {
    let source = checkpoint.container
    let dialect = checkpoint.dialect.flatMap { try? Dialects.named($0) }
    if dialect?.packings.contains(where: \.isWritten) ?? false { return false }
    guard source.naming == target.naming else {
      return target.naming == .flat && checkpoint.dialect == nil
    }
    let plain = HDF5Format().name
    return source.format == target.name || source.naming == .kerasPaths
      || [source.format, target.name].contains(plain) || checkpoint.dialect == nil
  }

  /// The dialect that the names are of, where passes have changed what they name.
  private var presentDialect: (any Dialect)? {
    guard checkpoint.isRewritten, let name = checkpoint.dialect,
      let dialect = try? Dialects.named(name), dialect.styles.contains(target.naming),
      checkpoint.container.naming == target.naming
    else { return nil }
    return dialect
  }

  private func usualDialect(for family: Family) throws -> any Dialect {
    guard let dialect = Dialects.usual(for: family, style: target.naming) else {
      throw Failure(ModelReason.noDialect(format: target.name), at: Place(file: model.path))
    }
    return dialect
  }

  /// Every tensor of the file as it is.
  private var storedTensors: [RoledTensor] {
    let roles = Dictionary(
      checkpoint.parameters.map { ($0.name, $0.role.description) }, uniquingKeysWith: { $1 })
    return checkpoint.container.tensors.map { stored in
      RoledTensor(
        role: roles[stored.name], sourceName: stored.name, targetName: stored.name, transform: "",
        sourceType: stored.tensor.elementType, tensor: stored.tensor, storage: stored.storage)
    }
  }

  private func tensors(of renaming: Renaming) throws -> [RoledTensor] {
    let homeless = renaming.unplaced.filter {
      request.selection.contains(role: $0.role?.description, name: $0.name)
    }
    if homeless.contains(where: { $0.reason == .headsUnknown }) {
      throw Failure(ModelReason.headsUnknown, at: Place(file: model.path))
    }
    if !request.allowsUnmapped {
      guard homeless.isEmpty else {
        throw Failure(ModelReason.unmapped(homeless.map(\.name)), at: Place(file: model.path))
      }
      let gaps = checkpoint.diagnostics.filter { $0.severity == .error }
      guard gaps.isEmpty else {
        throw Failure(
          ModelReason.incomplete(gaps.map(\.message)), at: Place(file: model.path))
      }
    }
    let placed = renaming.tensors.map { renamed in
      RoledTensor(
        role: renamed.role.description, sourceName: renamed.sourceName,
        targetName: renamed.targetName, transform: renamed.transform,
        sourceType: renamed.tensor.elementType, tensor: renamed.tensor, storage: renamed.storage)
    }
    let carried = renaming.unplaced.map { unplaced in
      RoledTensor(
        role: unplaced.role?.description, sourceName: unplaced.name,
        targetName: carriedName(of: unplaced.name), transform: "",
        sourceType: unplaced.tensor.elementType, tensor: unplaced.tensor,
        storage: unplaced.storage)
    }
    return placed + carried
  }

  /// The name of a tensor that the dialect has none for: its own, in a layer of its own where names
  /// begin with layers.
  private func carriedName(of name: String) -> String {
    target.naming == .kerasLayers && !name.contains("/") ? "unmapped/\(name)" : name
  }

  func select(_ tensors: [RoledTensor]) throws -> [RoledTensor] {
    let selected = tensors.filter { request.selection.contains(role: $0.role, name: $0.sourceName) }
    var names: Set<String> = []
    for tensor in selected where !names.insert(tensor.targetName).inserted {
      throw Failure(FormatReason.duplicateOutputName, at: Place(tensor: tensor.targetName))
    }
    return selected
  }

  /// The tensors in the type that was asked for, and a note on those whose storage the target cannot hold.
  func cast(_ tensors: [RoledTensor]) -> ([ConvertedTensor], [Diagnostic]) {
    var densified: [RoledTensor] = []
    let converted = tensors.map { tensor in
      if let storage = tensor.storage {
        if target.holds(storage, of: tensor.tensor.shape) {
          return ConvertedTensor(tensor, tensor.tensor, nil, storage)
        }
        densified.append(tensor)
      }
      return cast(tensor)
    }
    guard let first = densified.first else { return (converted, []) }
    let others = densified.count > 1 ? " and \(densified.count - 1) more" : ""
    let note = Diagnostic(
      .note, .densified,
      "\(printable(first.targetName))\(others): written dense, as '\(target.name)' cannot hold"
        + " \(first.storage?.kind.rawValue ?? "composed") storage; --to pare keeps it compact")
    return (converted, [note])
  }

  private func cast(_ tensor: RoledTensor) -> ConvertedTensor {
    guard let type = request.elementType, tensor.sourceType.isFloat, type != tensor.sourceType
    else { return ConvertedTensor(tensor, tensor.tensor, nil, nil) }
    let overflows = OverflowCounter()
    return ConvertedTensor(
      tensor, tensor.tensor.cast(to: type, countingIn: overflows), overflows, nil)
  }

  /// What is to be written, and what is to be said of it.
  func container(
    of tensors: [ConvertedTensor], dialect: String?
  ) throws -> (container: Container, notes: [Diagnostic]) {
    // What was made by a recipe before has that of its own.
    let replaced = Set(request.metadata.map(\.key))
    let kept = metadata(dialect).filter { !replaced.contains($0.key) }
    var container = Container(
      format: target.name, files: [], byteCount: 0, tensors: tensors.map(\.named),
      metadata: kept + request.metadata, naming: target.naming)
    if copiesForeign { container.foreign = selectedForeign }
    var notes: [Diagnostic] = []
    if target.carries.contains(.attributes) {
      let source = checkpoint.container
      if dialect == nil {
        container.attributes = source.attributes
      } else {
        let made = try target.modelDescription?.init(of: model)
        (container.attributes, notes) = (made?.attributes ?? [], made?.notes ?? [])
      }
    }
    if target.carries.contains(.graph) { container.graph = try graph(on: tensors) }
    let prepared = try target.prepared(container, options: request.writing)
    return (prepared.container, notes + prepared.notes)
  }

  /// What the model does with tensors under their new names.
  private func graph(on tensors: [ConvertedTensor]) throws -> OperatorGraph {
    guard let encoder = checkpoint.architecture.encoder else {
      throw Failure(ModelReason.noGraph(format: target.name), at: Place(file: model.path))
    }
    let roles = Dictionary(checkpoint.parameters.map { ($0.name, $0.role) }) { first, _ in first }
    let weights: [(Role, (name: String, type: ElementType))] = tensors.compactMap { tensor in
      roles[tensor.sourceName].map { ($0, (tensor.targetName, tensor.tensor.elementType)) }
    }
    do {
      return try EncoderGraph.graph(
        of: checkpoint, encoder, weights: Dictionary(weights) { first, _ in first })
    } catch let failure as Failure {
      throw failure.within(Place(file: model.path))
    }
  }

  /// The source's own text where the format is the same; else what readers of the target look for.
  private func metadata(_ dialect: String?) -> [(key: String, value: String)] {
    let source = checkpoint.container
    guard source.format != target.name || dialect != nil else { return source.metadata }
    let carriesText = source.format == target.name || source.naming == .flat
    guard [.flat, .ggml].contains(target.naming), target.carries.contains(.metadata) else {
      return source.format == target.name ? source.metadata : []
    }
    let carried = carriesText ? source.metadata.filter { $0.key != "format" } : []
    // What a GGUF has of text is among its attributes.
    if target.naming == .ggml { return source.naming == .flat ? carried : [] }
    let isTensorFlow = (dialect ?? checkpoint.dialect)?.hasPrefix("tf-") ?? false
    return [("format", isTensorFlow ? "tf" : "pt")] + carried
  }

  /// What is odd about the model, what is left behind because the target makes it anew, and what
  /// readers of the target will look for in vain.
  private func notes(on renaming: Renaming, _ dialect: any Dialect) -> [Diagnostic] {
    var notes = checkpoint.diagnostics.filter { ![.buffer, .tie].contains($0.code) }
    notes += checkpoint.buffers.map {
      Diagnostic(
        .note, .skipped, "the buffer is left out: the model makes it anew", tensor: $0.name)
    }
    let kept = Set(renaming.tensors.map(\.role))
    let repeated = renaming.tensors.count - kept.count
    if !checkpoint.copies.isEmpty, repeated == 0 {
      let count = checkpoint.copies.count
      notes.append(Diagnostic(.note, .skipped, "\(count) second copies of tensors are left out"))
    }
    notes += carriedNotes(renaming) + droppedTextNotes
    if !renaming.lacking.isEmpty {
      let roles = renaming.lacking.map(\.description).joined(separator: ", ")
      notes.append(
        Diagnostic(.warning, .missing, "readers of \(dialect.name) will also look for \(roles)"))
    }
    return notes
  }

  /// Text of a container, for which formats that carry none and those of Keras have no place, and that of a GGUF, of
  /// which the configuration says what others can read.
  private var droppedTextNotes: [Diagnostic] {
    let source = checkpoint.container
    let keys = source.metadata.map(\.key).filter { $0 != "format" }
    let isDropped =
      !target.carries.contains(.metadata)
      || source.naming == .flat && ![.flat, .ggml].contains(target.naming)
      || source.naming == .ggml && target.naming != .ggml
    guard isDropped, !keys.isEmpty else { return [] }
    let text = keys.prefix(3).map(printable).joined(separator: ", ")
    return [
      Diagnostic(.note, .metadataDropped, "\(keys.count) metadata entries are left out: \(text)")
    ]
  }

  private func carriedNotes(_ renaming: Renaming) -> [Diagnostic] {
    guard request.allowsUnmapped else { return [] }
    return renaming.unplaced.filter { $0.role != nil }.map {
      Diagnostic(
        .warning, .unmapped, "has no place in the target and is carried as it is", tensor: $0.name)
    }
  }
}

/// A tensor with its role and its old and new names.
private struct RoledTensor {
  var role: String?
  var sourceName: String
  var targetName: String
  var transform: String
  var sourceType: ElementType
  var tensor: Tensor
  var storage: Storage?
}

extension ConvertedTensor {
  fileprivate init(
    _ roled: RoledTensor, _ tensor: Tensor, _ overflows: OverflowCounter?, _ storage: Storage?
  ) {
    self.init(
      sourceName: roled.sourceName, targetName: roled.targetName, transform: roled.transform,
      sourceType: roled.sourceType, tensor: tensor, storage: storage, overflows: overflows)
  }

  fileprivate var named: NamedTensor {
    guard let storage else { return NamedTensor(targetName, tensor) }
    return NamedTensor(targetName, storage, tensor.shape, as: tensor.elementType)
  }
}
