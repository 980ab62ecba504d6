import Checkpoints
import Synchronization
import Tensors

extension ModelReport {
  /// Measures a model, reading every tensor once for each figure, several tensors at a time.
  ///
  /// - Parameters:
  ///   - reference: the model that its values stand for, with which each parameter of the same role and shape is
  ///     compared.
  ///   - tokens: the length of the sequence for which operations are counted.
  /// - Throws: ``Failure`` naming the tensor that cannot be read.
  public init(
    measuring checkpoint: Checkpoint, path: String, against reference: Checkpoint? = nil,
    tokens: Int = 128, threads: Int = 1, progress: Progress? = nil
  ) throws {
    let tensors = ReportedTensor.all(of: checkpoint, against: reference)
    progress?.expect(tensors.reduce(0) { $0 + $1.work })
    let measured = Mutex([ParameterReport?](repeating: nil, count: tensors.count))
    // The largest first, so that no thread is left with it at the end.
    let order = tensors.indices.sorted {
      (tensors[$1].work, $0) < (tensors[$0].work, $1)
    }
    try Workers.forEach(order, threads: threads) { index in
      let tensor = tensors[index]
      do {
        let report = try tensor.measure()
        measured.withLock { $0[index] = report }
      } catch let failure as Failure {
        throw failure.within(Place(file: path, tensor: tensor.report.name))
      }
      progress?.advance(tensor.work)
    }
    let container = checkpoint.container
    self.init(
      path: path, format: container.format, architecture: checkpoint.architecture,
      byteCount: container.byteCount, counts: checkpoint.counts,
      parameters: measured.withLock { $0.compactMap(\.self) },
      operations: OperationCount(of: checkpoint, tokens: tokens),
      notes: reference.map { checkpoint.comparisonNotes(against: $0) } ?? [])
  }
}

extension Checkpoint {
  /// What cannot be compared with a reference.
  fileprivate func comparisonNotes(against reference: Checkpoint) -> [String] {
    var notes: [String] = []
    if !isComparable(layersOf: reference) {
      notes.append("the reference has other layers: errors of layers are not given")
    }
    let reshaped = parameters.count { parameter in
      guard let other = reference.parameter(parameter.role) else { return false }
      return other.shape != parameter.shape
    }
    if reshaped > 0 {
      let what = reshaped == 1 ? "1 parameter has" : "\(reshaped) parameters have"
      notes.append("\(what) another shape than in the reference: no error is given")
    }
    return notes
  }

  /// Whether a layer's number means the same layer in both; where layers were removed it does not.
  func isComparable(layersOf reference: Checkpoint) -> Bool {
    architecture.encoder?.storedLayers == reference.architecture.encoder?.storedLayers
  }
}
