import Checkpoints
import Dialects
import Formats
import Tensors

/// A model opened from disk: its checkpoint and what lies beside it.
public struct Model: Sendable {
  /// What the user named.
  public let path: String
  /// The folder in which its configuration and vocabulary lie.
  public let folder: String
  public let checkpoint: Checkpoint
  public let sidecars: [Sidecar]
  /// Whether its configuration is no longer the one that lies beside the weights.
  var hasEditedConfiguration = false
  /// Holds what came in through a pipe, as long as the model is used.
  private var spool: ScratchFolder?

  /// Opens a file, an index of shards, a model's folder, or, named `-`, what comes in through a pipe.
  ///
  /// - Parameters:
  ///   - format: the name of a format, where the content is not to decide.
  ///   - folder: where its configuration and vocabulary lie; nil for beside the weights.
  /// - Throws: ``Failure`` if nothing there can be read.
  public static func open(
    _ path: String, format: String? = nil, options: ReadOptions = ReadOptions(),
    besides folder: String? = nil
  ) throws -> Model {
    guard path == "-" else {
      return try open(file: path, format: format, options: options, besides: folder)
    }
    let (spool, file) = try StandardInput.spool()
    do {
      let opened = try open(file: file, format: format, options: options, besides: folder)
      var model = Model(
        path: StandardInput.name, folder: opened.folder, checkpoint: opened.checkpoint,
        sidecars: opened.sidecars)
      model.spool = spool
      return model
    } catch var failure as Failure {
      if failure.place.file == file { failure.place.file = StandardInput.name }
      throw failure
    }
  }

  private static func open(
    file path: String, format: String?, options: ReadOptions, besides folder: String?
  ) throws -> Model {
    let weights = try ModelPath(path).weights(of: format)
    let reader = try format.map(namedFormat) ?? FormatList.recognize(weights)
    var container = try reader.read(weights, options: options)
    container.diagnostics += container.foreign.map {
      Diagnostic(
        .warning, .foreign, "the type \($0.type) is not known: listed, not converted",
        tensor: $0.name)
    }
    let folder = folder ?? splitPath(weights).parent
    let beside = try Self.configuration(in: folder)
    let made = try CTranslate2Configuration.made(of: container, beside: beside)
    let configuration =
      try made ?? beside ?? GGUFConfiguration.made(of: container)
      ?? FairseqConfiguration.made(of: container)
    let checkpoint = try Dialects.interpret(container, configuration: configuration)
    // That of CTranslate2 says little of the model, and is of no use to others.
    let sidecars = Self.sidecars(in: folder).filter { made == nil || $0.name != "config.json" }
    return Model(path: path, folder: folder, checkpoint: checkpoint, sidecars: sidecars)
  }

  init(path: String, folder: String, checkpoint: Checkpoint, sidecars: [Sidecar]) {
    self.path = path
    self.folder = folder
    self.checkpoint = checkpoint
    self.sidecars = sidecars
  }

  /// The same model with another checkpoint, as passes have made it.
  func holding(_ checkpoint: Checkpoint) -> Model {
    var model = Model(path: path, folder: folder, checkpoint: checkpoint, sidecars: sidecars)
    model.spool = spool
    return model
  }

  private static func configuration(in folder: String) throws -> Configuration? {
    // Google's archives have the second name.
    let paths = ["config.json", "bert_config.json"].map { joinPath(folder, $0) }
    return try paths.first(where: exists).map { try Configuration(reading: $0) }
  }

  private static func sidecars(in folder: String) -> [Sidecar] {
    Sidecar.knownNames.compactMap { name in
      let path = joinPath(folder, name)
      return exists(path) ? Sidecar(name: name, path: path) : nil
    }
  }
}

/// A format by its name on the command line.
package func namedFormat(_ name: String) throws -> any Format {
  guard let format = FormatList.named(name) else {
    throw Failure(
      ModelReason.unknownFormat(name, known: FormatList.all.map(\.name) + [NativeOutput.formatName])
    )
  }
  return format
}

/// What the user named as a model: a file, or a folder that holds one.
struct ModelPath {
  let path: String

  init(_ path: String) { self.path = path }

  /// The path of the weights. In a folder the usual names come first, then what a format finds there, then the only
  /// file with a known ending.
  func weights(of format: String?) throws -> String {
    let formats = try format.map { [try namedFormat($0)] } ?? FormatList.all
    guard isFolder(path) else { return try resolved(by: formats) ?? path }
    try checkReadable(path)
    let names = folderEntries(path)
    for format in formats {
      for name in format.folderNames where names.contains(name) { return joinPath(path, name) }
    }
    if let file = try resolved(by: formats) { return file }
    let candidates = names.filter { name in
      !name.hasPrefix(".") && formats.contains { $0.extensions.contains(where: name.hasSuffix) }
    }
    guard candidates.count == 1 else {
      throw Failure(
        candidates.isEmpty ? ModelReason.noWeights : .severalWeights(candidates),
        at: Place(file: path))
    }
    return joinPath(path, candidates[0])
  }

  private func resolved(by formats: [any Format]) throws -> String? {
    for format in formats {
      if let file = try format.resolve(path) { return file }
    }
    return nil
  }
}

/// Why a model cannot be opened or converted.
package enum ModelReason: Reason {
  case unknownFormat(String, known: [String])
  case noWeights
  case severalWeights([String])
  case foreignTensor(String)
  case unmapped([String])
  case incomplete([String])
  case noDialect(format: String)
  case dialectForUnknown(String)
  case otherFamily(Family, dialect: String)
  case headsUnknown
  case readout(BiLSTMArchitecture.Readout)
  case notACastType(ElementType)
  case noGraph(format: String)
  case empty

  package var outcome: Outcome {
    switch self {
    case .unknownFormat, .severalWeights, .notACastType, .otherFamily, .readout: .usage
    default: .badInput
    }
  }

  package var description: String {
    switch self {
    case .unknownFormat(let name, let known):
      "unknown format '\(printable(name))'; known are \(known.joined(separator: ", "))"
    case .noWeights: "the folder holds no weights that can be read"
    case .severalWeights(let names):
      "the folder holds several files of weights: \(names.map(printable).joined(separator: ", "))"
    case .foreignTensor(let type): "has the type '\(printable(type))', which cannot be converted"
    case .unmapped(let names): "no place in the target for \(Self.list(names))"
    case .incomplete(let messages): "the model is incomplete: \(Self.list(messages))"
    case .noDialect(let format): "no dialect is known by which '\(format)' could name this model"
    case .dialectForUnknown(let dialect):
      "the model's own naming is not known, so it cannot be renamed to '\(dialect)'"
    case .otherFamily(let family, let dialect):
      "the dialect '\(dialect)' has no names for \(family.name) models"
    case .headsUnknown:
      "the number of attention heads, by which the target divides tensors, is not known"
    case .readout(let readout):
      "makes one vector of its tokens itself, by its readout '\(readout.rawValue)': no other pooling can be chosen"
    case .notACastType(let type): "cannot convert to \(type.rawValue)"
    case .noGraph(let format):
      "'\(format)' holds what a model does, which is known of transformer encoders only"
    case .empty: "holds no tensors"
    }
  }

  package var hint: String? {
    switch self {
    case .severalWeights: "name one of them"
    case .unmapped, .incomplete: "--allow-unmapped converts what there is"
    case .headsUnknown: "put the model's config.json beside its weights"
    case .foreignTensor: "leave it out with --except 'name:NAME'"
    case .noDialect: "--to hdf5 or --to safetensors carries any names"
    default: nil
    }
  }

  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(3).map(printable).joined(separator: ", ")
    return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
  }
}
