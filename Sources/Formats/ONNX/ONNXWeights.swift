import Checkpoints
import Tensors

/// The tensors of a graph under the names that they had in the model that was exported.
struct ONNXWeights {
  private(set) var tensors: [NamedTensor] = []
  private(set) var foreign: [ForeignTensor] = []
  private(set) var diagnostics: [Diagnostic] = []
  let metadata: [(key: String, value: String)]

  private let graph: ONNXGraph
  /// All initializers, by their names in the graph.
  private var values: [String: Tensor] = [:]
  private var files: [String: InputFile] = [:]
  private var recoveredNames: Set<String> = []
  private var constants = 0
  private var decoded = 0

  /// Files of data beside the model.
  var others: [InputFile] { files.sorted { $0.key < $1.key }.map(\.value) }

  init(_ graph: ONNXGraph, in file: InputFile) throws {
    self.graph = graph
    metadata = graph.metadata
    for initializer in graph.initializers {
      do {
        try open(initializer, in: file)
      } catch let failure as Failure {
        throw failure.within(Place(tensor: initializer.name))
      }
    }
    let biases = Set(values.keys.filter { !ONNXGraph.isMadeUp($0) })
    for initializer in graph.initializers {
      do {
        try add(initializer.name, biases)
      } catch let failure as Failure {
        throw failure.within(Place(tensor: initializer.name))
      }
    }
    noteWhatIsLeft()
  }

  private mutating func open(_ initializer: ONNXTensor, in file: InputFile) throws {
    guard values[initializer.name] == nil else { throw Failure(ONNXReason.duplicateName) }
    guard let tensor = try initializer.tensor(in: file, &files) else {
      foreign.append(
        ForeignTensor(
          name: initializer.name, type: ONNXElement.name(initializer.typeNumber),
          shape: initializer.lengths, byteCount: 0))
      return
    }
    values[initializer.name] = tensor
  }

  private mutating func add(_ name: String, _ biases: Set<String>) throws {
    guard var tensor = values[name], !isPartOfCodes(name) else { return }
    guard !isConstant(name, tensor) else {
      constants += 1
      return
    }
    var (target, byteCount) = (name, tensor.byteCount)
    if let codes = codes(named: name) {
      tensor = try codes.values()
      target = String(name.dropLast(ONNXCodes.codesEnding.count))
      byteCount += codes.scales.byteCount + (codes.zeros?.byteCount ?? 0)
      decoded += 1
    }
    if let recovered = recoveredName(of: name, target, biases), values[recovered.name] == nil,
      recoveredNames.insert(recovered.name).inserted
    {
      target = recovered.name
      if recovered.isTransposed, tensor.shape.rank == 2, tensor.elementType.byteWidth != nil {
        tensor = tensor.transposed()
      }
    }
    tensors.append(NamedTensor(target, tensor, byteCount: byteCount))
  }

  /// The name of a weight, or of codes that stand for one.
  private func recoveredName(
    of name: String, _ plain: String, _ biases: Set<String>
  ) -> (name: String, isTransposed: Bool)? {
    guard ONNXGraph.isMadeUp(plain) else { return nil }
    return graph.recoveredName(of: name, biases: biases)
  }

  /// The parts of a weight of codes; nil if a tensor is none.
  private func codes(named name: String) -> ONNXCodes? {
    guard name.hasSuffix(ONNXCodes.codesEnding), let codes = values[name] else { return nil }
    let plain = name.dropLast(ONNXCodes.codesEnding.count)
    guard let scales = values[plain + ONNXCodes.scaleEnding] else { return nil }
    // Products have one scale for each of their outputs, the last axis.
    let axis = graph.consumer(of: name)?.node.axis ?? -1
    return ONNXCodes(
      codes: codes, scales: scales, zeros: values[plain + ONNXCodes.zeroEnding], axis: axis)
  }

  private func isPartOfCodes(_ name: String) -> Bool {
    [ONNXCodes.scaleEnding, ONNXCodes.zeroEnding].contains { ending in
      name.hasSuffix(ending)
        && values[name.dropLast(ending.count) + ONNXCodes.codesEnding] != nil
    }
  }

  /// Whether a tensor is a number that the graph itself needs: a shape, an index, a factor.
  private func isConstant(_ name: String, _ tensor: Tensor) -> Bool {
    guard ONNXGraph.isMadeUp(name) || tensor.shape.rank == 0 else { return false }
    return !tensor.elementType.isFloat && codes(named: name) == nil || tensor.elementCount <= 1
  }

  private mutating func noteWhatIsLeft() {
    func note(_ count: Int, _ one: String, _ many: String) {
      guard count > 0 else { return }
      let text = count == 1 ? "1 \(one)" : "\(grouped(count)) \(many)"
      diagnostics.append(Diagnostic(.note, .skipped, text))
    }
    note(constants, "constant of the graph is left out", "constants of the graph are left out")
    note(
      decoded, "tensor of 8-bit codes is read as the numbers that it stands for",
      "tensors of 8-bit codes are read as the numbers that they stand for")
  }
}
