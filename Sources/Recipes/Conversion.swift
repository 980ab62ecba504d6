import Checkpoints
import Formats
import Kernels
import Tensors

/// What to convert, into what.
public struct ConversionRequest: Sendable {
  public var output: Destination
  /// The name of the target format; nil for that of the output's name.
  public var format: String?
  /// The name of the target dialect; nil for the usual one.
  public var dialect: String?
  /// What floating-point tensors become.
  public var elementType: ElementType?
  public var selection: Selection
  /// Carries tensors that have no name in the target under their own, and accepts missing ones.
  public var allowsUnmapped: Bool
  public var carriesSidecars: Bool
  /// Replaces an existing output.
  public var replaces: Bool
  public var writing: WriteOptions
  /// Into how many files of about one size the weights go, at most; nil for as many as ``WriteOptions/shardSize`` makes.
  public var shards: Int?
  /// Asks that a run that was killed can be taken up again.
  package var journal: JournalRequest?
  /// Text that is added to the output's own, where the format carries any.
  public var metadata: [(key: String, value: String)]

  public init(
    output: Destination, format: String? = nil, dialect: String? = nil,
    elementType: ElementType? = nil, selection: Selection, allowsUnmapped: Bool = false,
    carriesSidecars: Bool = true, replaces: Bool = false, writing: WriteOptions = WriteOptions(),
    metadata: [(key: String, value: String)] = []
  ) {
    self.metadata = metadata
    self.output = output
    self.format = format
    self.dialect = dialect
    self.elementType = elementType
    self.selection = selection
    self.allowsUnmapped = allowsUnmapped
    self.carriesSidecars = carriesSidecars
    self.replaces = replaces
    self.writing = writing
  }
}

/// A conversion that has been thought through and can be shown or run.
public struct Conversion: Sendable {
  public let model: Model
  public let request: ConversionRequest
  public let format: String
  /// The dialect of the output's names; nil where names stay as they are.
  public let dialect: String?
  public let tensors: [ConvertedTensor]
  /// The weights' files in the output.
  public let files: [PlannedFile]
  public let diagnostics: [Diagnostic]
  let container: Container
  let sidecars: [OutputSidecar]

  /// What an output takes: its tensors, headers and sidecars, in bytes.
  public var byteCount: Int {
    files.reduce(0) { $0 + $1.byteCount } + sidecars.reduce(0) { $0 + $1.bytes.count }
  }
}

/// One tensor on its way from a name to a name.
public struct ConvertedTensor: Sendable {
  public let sourceName: String
  public let targetName: String
  /// What happens to it, such as `transpose`; empty if it is copied.
  public let transform: String
  public let sourceType: ElementType
  /// The dense values.
  public let tensor: Tensor
  /// How it is held, where that is more than the tensor itself.
  public let storage: Storage?
  let overflows: OverflowCounter?
}

extension Conversion {
  /// Does the work.
  ///
  /// - Returns: what the user should know of it, such as values that overflowed.
  ///
  /// - Parameter progress: told of the bytes of tensors as they are written, in place of that of the request.
  public func run(progress: Progress? = nil) throws -> [Diagnostic] {
    let format = try namedFormat(format)
    try checkOutput()
    let output = try OutputTransaction(
      request.output, replacing: request.replaces, names: outputNames, journal: request.journal)
    var writing = request.writing
    writing.journal = output.journal
    try output.requireSpace(byteCount)
    if let progress { writing.progress = progress }
    writing.progress?.expect(
      container.tensors.reduce(0) {
        $0 + ($1.blocks == nil ? $1.tensor.byteCount : $1.byteCount)
      })
    for sidecar in sidecars {
      try output.makeParents(of: sidecar.name)
      try output.makeFile(sidecar.name).write(sidecar.bytes, at: 0)
    }
    try format.write(container, to: output, options: writing)
    try output.commit { format.isWeights($0) }
    return overflowDiagnostics
  }

  /// Fails where the output cannot be put; nothing is written.
  public func checkOutput() throws {
    try request.output.check(replacing: request.replaces, names: outputNames)
    let inputs = Dictionary(
      model.checkpoint.container.files.compactMap { file in
        FileIdentity(of: file).map { ($0, file) }
      },
      uniquingKeysWith: { first, _ in first })
    for path in outputPaths {
      if let identity = FileIdentity(of: path), inputs[identity] != nil {
        throw Failure(OutputReason.isTheInput, at: Place(file: path))
      }
    }
  }

  private var outputNames: [String] { sidecars.map(\.name) + files.map(\.name) }

  /// The files that the output will replace or remove.
  private var outputPaths: [String] {
    guard case .folder(let folder) = request.output else { return [request.output.path] }
    let format = FormatList.named(format)
    let superseded = folderEntries(folder).filter { format?.isWeights($0) ?? false }
    return (outputNames + superseded).map { joinPath(folder, $0) }
  }

  private var overflowDiagnostics: [Diagnostic] {
    tensors.compactMap { tensor in
      guard let count = tensor.overflows?.count, count > 0 else { return nil }
      let type = tensor.tensor.elementType.rawValue
      return Diagnostic(
        .warning, .overflow, "\(count) values are beyond \(type) and became infinite",
        tensor: tensor.targetName)
    }
  }
}

extension Format {
  /// Whether a name in a folder is that of weights in this format, which a new version of them replaces.
  func isWeights(_ name: String) -> Bool {
    if folderNames.contains(name) { return true }
    guard let stem = folderNames.first?.split(separator: ".").first,
      let ending = extensions.first(where: name.hasSuffix), name.hasPrefix("\(stem)-")
    else { return false }
    let numbers = name.dropFirst(stem.count + 1).dropLast(ending.count).split(
      separator: "-of-", omittingEmptySubsequences: false)
    return numbers.count == 2
      && numbers.allSatisfy { $0.count >= 5 && $0.allSatisfy { $0.isASCII && $0.isNumber } }
  }
}
