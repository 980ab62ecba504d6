import Checkpoints
import Tensors

/// The tensors of a container, sorted by what a dialect makes of their names.
struct NameReading {
  var parameters: [Role: Parameter] = [:]
  /// Tensors whose role another one has already, in the order of the container.
  var rivals: [Rival] = []
  var copies: [StoredCopy] = []
  var buffers: [StoredBuffer] = []
  /// In the order of the container, those last that were found to be unfit.
  var unmapped: [NamedTensor] = []
  /// As ``EncoderArchitecture/groupSize``.
  let groupSize: Int
  private var unknownNames: [String] = []
  private var trainingVariables = 0
  private var unfit: [Diagnostic] = []

  /// A further tensor of a role.
  struct Rival {
    var parameter: Parameter
    /// Whether the dialect says that it is a copy; otherwise there are two names for one role.
    var isCopy: Bool
  }

  init(_ container: Container, by dialect: any Dialect) {
    let meanings = dialect.meanings(of: container.tensors.map(\.name))
    groupSize = meanings.groupSize
    for (tensor, meaning) in zip(container.tensors, meanings.each) {
      switch meaning {
      case .parameter(let role, let layout): add(tensor, role, layout, isCopy: false)
      case .copy(let role, let layout): add(tensor, role, layout, isCopy: true)
      case .buffer(let buffer):
        buffers.append(StoredBuffer(buffer, name: tensor.name, tensor: tensor.tensor))
      case nil where tensor.isTrainingVariable: trainingVariables += 1
      case nil:
        unknownNames.append(tensor.name)
        unmapped.append(tensor)
      }
    }
    promoteLoneCopies()
  }

  private mutating func add(
    _ tensor: NamedTensor, _ role: Role, _ layout: Layout, isCopy: Bool
  ) {
    guard let logical = layout.logical(tensor.tensor), logical.shape.rank == role.rank else {
      unfit.append(
        Diagnostic(
          .error, .shape,
          "\(role) cannot be of shape \(tensor.tensor.shape) in elements of"
            + " \(tensor.tensor.elementType.rawValue); carried as unknown", tensor: tensor.name))
      unmapped.append(tensor)
      return
    }
    let storage = layout == .asIs ? tensor.storage : nil
    let parameter = Parameter(
      role: role, name: tensor.name, storage: storage ?? .dense(logical), shape: logical.shape,
      stored: tensor.tensor, layout: layout)
    if isCopy || parameters[role] != nil {
      rivals.append(Rival(parameter: parameter, isCopy: isCopy))
    } else {
      parameters[role] = parameter
    }
  }

  /// Makes copies of which there is no original the original.
  private mutating func promoteLoneCopies() {
    rivals.removeAll { rival in
      let isLone = parameters[rival.parameter.role] == nil
      if isLone { parameters[rival.parameter.role] = rival.parameter }
      return isLone
    }
  }

  /// What is to be said about tensors that are no parameters.
  func diagnostics(dialect: any Dialect) -> [Diagnostic] {
    var diagnostics = unfit
    if !unknownNames.isEmpty {
      diagnostics.append(
        Diagnostic(
          .warning, .unmapped,
          "not known to the dialect '\(dialect.name)': \(listing(unknownNames))",
          tensor: unknownNames.count == 1 ? unknownNames[0] : nil))
    }
    diagnostics += buffers.map {
      Diagnostic(
        .note, .buffer, "a buffer (\($0.buffer.rawValue)), which the model makes anew",
        tensor: $0.name)
    }
    return diagnostics + Dialects.trainingDiagnostics(trainingVariables)
  }
}

extension Role {
  /// The rank of the dense parameter.
  var rank: Int {
    switch (module, kind) {
    case (.embedding(.norm), _), (.layer(_, .attentionNorm), _), (.layer(_, .outputNorm), _),
      (.head(.maskedNorm), _), (_, .bias):
      1
    default: 2
    }
  }
}
