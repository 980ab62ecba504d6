import Glibc
import Kernels

/// What a softmax of logits is held against.
enum ClassTarget: Sendable {
  /// The index of the right class of each row; ``ClassTarget/ignored`` where there is none.
  case labels([Int32], smoothing: Float)
  /// The probabilities of each row.
  case probabilities(Matrix)

  /// As PyTorch's `ignore_index`.
  static let ignored: Int32 = -100
}

extension Tape {
  /// The mean cross-entropy of labels, as PyTorch's: − log softmax(logits)[label], over the rows that have a label.
  ///
  /// - Parameters:
  ///   - labels: one for each row; −100 where the row does not count.
  ///   - smoothing: the share of a label that is spread over all classes (Szegedy et al., 2016).
  package func crossEntropy(
    _ logits: Node, labels: [Int32], smoothing: Float = 0
  ) throws -> Node {
    precondition(labels.count == logits.rows)
    let known = labels.count { $0 != ClassTarget.ignored }
    return try classLoss(
      logits, .labels(labels, smoothing: smoothing), temperature: 1,
      scale: 1 / Float(Swift.max(1, known)))
  }

  /// The mean of − Σ p log softmax(logits / T) over rows, against a teacher's probabilities p.
  package func crossEntropy(
    _ logits: Node, probabilities: Matrix, temperature: Float = 1
  ) throws -> Node {
    precondition(probabilities.rows == logits.rows && probabilities.columns == logits.columns)
    return try classLoss(
      logits, .probabilities(probabilities), temperature: temperature, scale: 1 / Float(logits.rows)
    )
  }

  /// T² times the mean of KL(softmax(teacher / T) ‖ softmax(logits / T)) over rows (Hinton et al., 2015).
  package func divergence(_ logits: Node, from teacher: Matrix, temperature: Float) throws -> Node {
    precondition(teacher.rows == logits.rows && teacher.columns == logits.columns)
    let p = try copy(teacher)
    Softmax.run(p.start, rows: p.rows, columns: p.columns, scale: 1 / temperature)
    let scale = temperature * temperature / Float(logits.rows)
    let loss = try classLoss(
      logits, .probabilities(p), temperature: temperature, scale: scale)
    // Less the teacher's own entropy, which has no gradient.
    var entropy = 0.0
    for p in p.elements where p > 0 { entropy -= Double(p) * log(Double(p)) }
    loss.value.start.pointee -= Float(entropy) * scale
    return loss
  }

  private func classLoss(
    _ logits: Node, _ target: ClassTarget, temperature: Float, scale: Float
  ) throws -> Node {
    let (rows, classes) = (logits.rows, logits.columns)
    let p = try copy(logits.value)
    let losses = try matrix(rows: 1, columns: rows)
    let pieces = rowPieces(rows, width: classes)
    try forEach(pieces.count) { index in
      for row in pieces[index] {
        let x = UnsafeMutableBufferPointer(start: p.row(row), count: classes)
        for place in x.indices { x[place] /= temperature }
        losses.start[row] = target.loss(x, row)
        Softmax.run(p.row(row), rows: 1, columns: classes)
      }
    }
    let result = try matrix(rows: 1, columns: 1)
    let total = withExtendedLifetime(losses) { $0.elements.reduce(0.0) { $0 + Double($1) } }
    result.start.pointee = Float(total * Double(scale))
    let slot = logits.slot
    return record(result, from: logits) { [self] gradient in
      let factor = gradient.start.pointee * scale / temperature
      try forEach(pieces.count) { index in
        for row in pieces[index] {
          target.gradient(
            UnsafeMutableBufferPointer(start: p.row(row), count: classes), row, factor)
        }
      }
      try slot?.receive(p, self)
    }
  }
}

extension ClassTarget {
  /// − Σ target · log softmax(x) of one row.
  fileprivate func loss(_ x: UnsafeMutableBufferPointer<Float>, _ row: Int) -> Float {
    let largest = x.max() ?? 0
    let total = x.reduce(0.0) { $0 + exp(Double($1 - largest)) }
    let norm = Double(largest) + log(total)
    switch self {
    case .labels(let labels, let smoothing):
      let label = labels[row]
      guard label != ClassTarget.ignored else { return 0 }
      let right = norm - Double(x[Int(label)])
      guard smoothing > 0 else { return Float(right) }
      let all = x.reduce(0.0) { $0 + norm - Double($1) } / Double(x.count)
      return Float((1 - Double(smoothing)) * right + Double(smoothing) * all)
    case .probabilities(let p):
      let p = p.row(row)
      return Float(x.indices.reduce(0.0) { $0 + Double(p[$1]) * (norm - Double(x[$1])) })
    }
  }

  /// factor · (softmax · Σ target − target) in the place of a row's softmax.
  fileprivate func gradient(
    _ p: UnsafeMutableBufferPointer<Float>, _ row: Int, _ factor: Float
  ) {
    switch self {
    case .labels(let labels, let smoothing):
      let label = labels[row]
      guard label != ClassTarget.ignored else { return p.update(repeating: 0) }
      p[Int(label)] -= 1 - smoothing
      let even = smoothing / Float(p.count)
      for index in p.indices { p[index] = factor * (p[index] - even) }
    case .probabilities(let target):
      let target = target.row(row)
      let mass = p.indices.reduce(Float(0)) { $0 + target[$1] }
      for index in p.indices { p[index] = factor * (p[index] * mass - target[index]) }
    }
  }
}
