import Documents
import Tensors

/// A container format: maps bytes to named tensors, and knows nothing of BERT.
///
/// Adding one is one file, or folder, and one line in the list of formats.
public protocol Format: Sendable {
  /// The name on the command line.
  var name: String { get }
  /// One line for `pare formats`.
  var summary: String { get }
  /// How file names may end, the longest first; the first is the usual one.
  var extensions: [String] { get }
  /// What it can carry beyond dense tensors.
  var carries: Capabilities { get }
  /// How it builds names.
  var naming: NameStyle { get }
  /// The names of files by which it lies in a model's folder, the preferred ones first.
  var folderNames: [String] { get }

  /// Whether it can hold values in such a storage as they are; those it cannot are written dense.
  func holds(_ storage: Storage, of shape: Shape) -> Bool

  /// The file to read, where a path names it in the format's own way: by what the names of several files begin with, by
  /// another of them, or by a folder that says which it is. Nil where it does not.
  func resolve(_ path: String) throws -> String?

  /// Whether a file is of this format, by its first bytes (at most 4096), then by its name.
  func recognizes(_ prefix: [UInt8], path: String) -> Bool

  /// Whether a file that is of another format by its bytes is to be read as this one, because of what lies beside it.
  func reinterprets(_ format: any Format, at path: String) throws -> Bool

  /// Reads the structure; tensors lend their bytes later.
  func read(_ path: String, options: ReadOptions) throws -> Container

  /// Holds a container's files against the checksums that reading tensors does not look at; reads all of them.
  ///
  /// - Returns: what is damaged.
  func verify(_ container: Container) throws -> [Diagnostic]

  /// A model's config.json without what it says only of how this format holds the weights.
  func plainConfiguration(_ configuration: JSON) -> JSON

  /// A model's config.json with what readers must know to read the container back.
  func configuration(_ configuration: JSON, for container: Container) throws -> JSON

  /// Writes tensors in the order that the format asks for, pulling their bytes as it goes.
  ///
  /// - Throws: ``Failure`` also where the format can only be read.
  func write(_ container: Container, to output: OutputTransaction, options: WriteOptions) throws

  /// The container as the format is going to write it: tensors in the types that its readers expect, and
  /// in blocks where the options ask for that; and what is to be said of it.
  func prepared(
    _ container: Container, options: WriteOptions
  ) throws -> (container: Container, notes: [Diagnostic])

  /// The files that the tensors would be written to, and their sizes in bytes, as near as is known before.
  func plannedFiles(_ container: Container, options: WriteOptions) throws -> [PlannedFile]
}

extension Format {
  public func holds(_ storage: Storage, of shape: Shape) -> Bool { storage.dense != nil }
  public func resolve(_ path: String) throws -> String? { nil }
  public func reinterprets(_ format: any Format, at path: String) throws -> Bool { false }
  public func verify(_ container: Container) throws -> [Diagnostic] { [] }
  public func plainConfiguration(_ configuration: JSON) -> JSON { configuration }
  public func configuration(_ configuration: JSON, for container: Container) throws -> JSON {
    configuration
  }

  public func prepared(
    _ container: Container, options: WriteOptions
  ) throws -> (container: Container, notes: [Diagnostic]) { (container, []) }

  /// - Throws: ``Failure`` of usage if the format is asked for what it cannot do.
  package func check(_ options: WriteOptions, _ destination: Destination) throws {
    func requires(_ capability: Capabilities, _ reason: (String) -> FormatReason) throws {
      if !carries.contains(capability) { throw Failure(reason(name)) }
    }
    try requires(.writing, FormatReason.readOnly)
    if options.shardSize != nil { try requires(.sharding, FormatReason.noSharding) }
    if options.compressionLevel != nil { try requires(.compression, FormatReason.noCompression) }
    if options.quantization != nil { try requires(.blocks, FormatReason.noBlocks) }
    if destination == .standardOutput { try requires(.streaming, FormatReason.cannotStream) }
    if case .file = destination, carries.contains(.folders) {
      throw Failure(FormatReason.onlyFolders(name), at: Place(file: destination.path))
    }
  }
}

/// What a format can do.
public struct Capabilities: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }

  public static let reading = Capabilities(rawValue: 1)
  public static let writing = Capabilities(rawValue: 2)
  public static let sharding = Capabilities(rawValue: 4)
  public static let metadata = Capabilities(rawValue: 8)
  public static let compression = Capabilities(rawValue: 16)
  /// Can be written to a pipe, in one pass.
  public static let streaming = Capabilities(rawValue: 32)
  /// Is only written into folders, since config.json says how to read it.
  public static let folders = Capabilities(rawValue: 64)
  /// Holds more than dense tensors as they are: some or all kinds of composed storage.
  public static let composition = Capabilities(rawValue: 128)
  /// Rounds values to blocks or rows that share a scale.
  public static let blocks = Capabilities(rawValue: 256)
  /// Holds ``Container/attributes``.
  public static let attributes = Capabilities(rawValue: 512)
  /// Holds ``Container/graph``, and is nothing without it.
  public static let graph = Capabilities(rawValue: 1024)
}

/// How files are read.
public struct ReadOptions: Sendable {
  public var access: FileAccess

  public init(access: FileAccess = .read) { self.access = access }
}

/// How files are written.
public struct WriteOptions: Sendable {
  /// The most bytes of tensors in one file; nil for one file of any size.
  public var shardSize: Int?
  /// The level of gzip, 1 to 9; nil for none.
  public var compressionLevel: Int?
  /// What the values of matrices are rounded to; nil for nothing.
  public var quantization: Quantization?
  /// How many threads convert and write.
  public var threads: Int
  /// Told of the bytes of tensors as they are written.
  public var progress: Progress?
  /// Keeps what has been written, and knows what an earlier run has.
  package var journal: OutputJournal?

  public init(
    shardSize: Int? = nil, compressionLevel: Int? = nil, quantization: Quantization? = nil,
    threads: Int = 1, progress: Progress? = nil
  ) {
    self.shardSize = shardSize
    self.compressionLevel = compressionLevel
    self.quantization = quantization
    self.threads = threads
    self.progress = progress
  }
}

/// What a format rounds the values of matrices to when it is written.
public enum Quantization: Sendable, Equatable {
  /// Small integers in blocks, as GGUF has them.
  case blocks(BlockType)
  /// int8 with a scale for each row, as CTranslate2 has them.
  case int8Rows
}

/// A file that would be written.
public struct PlannedFile: Sendable, Equatable {
  public var name: String
  public var byteCount: Int

  public init(name: String, byteCount: Int) {
    self.name = name
    self.byteCount = byteCount
  }
}

/// Why a format refuses.
package enum FormatReason: Reason {
  case readOnly(String)
  case noSharding(String)
  case noCompression(String)
  case noBlocks(String)
  case noSuchTensorType(ElementType, format: String)
  case unknownElementType(String)
  case duplicateOutputName
  case needsFolder(String)
  case cannotStream(String)
  case onlyFolders(String)

  package var outcome: Outcome {
    switch self {
    case .unknownElementType: .badInput
    default: .usage
    }
  }

  package var description: String {
    switch self {
    case .readOnly(let name): "the format '\(name)' can only be read"
    case .noSharding(let name): "the format '\(name)' is not written in shards"
    case .noCompression(let name): "the format '\(name)' is not compressed"
    case .noBlocks(let name): "the format '\(name)' does not round values when it is written"
    case .noSuchTensorType(let type, let name):
      "the format '\(name)' cannot hold elements of type \(type.rawValue)"
    case .unknownElementType(let type): "has the unknown element type '\(printable(type))'"
    case .duplicateOutputName: "two tensors would be written under this name"
    case .needsFolder(let name): "shards of '\(name)' are written into a folder"
    case .cannotStream(let name): "the format '\(name)' cannot be written to a pipe"
    case .onlyFolders(let name):
      "the format '\(name)' is written into a folder, with a config.json that says how to read it"
    }
  }

  package var hint: String? {
    switch self {
    case .noBlocks: "--to gguf and --to ctranslate2 do; 'pare quantize' rounds for other formats"
    case .needsFolder, .onlyFolders: "end the output's name with a slash"
    default: nil
    }
  }
}
