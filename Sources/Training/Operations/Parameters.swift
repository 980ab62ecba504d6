extension Tape {
  /// A parameter as an operation's input. Its gradient is added to what is known of it already, unless it is frozen.
  ///
  /// - Precondition: its gradient is dense, or it is frozen; what is looked up goes through ``lookUp(_:in:)``.
  package func node(_ parameter: TrainableParameter) throws -> Node {
    let node = plainNode(parameter)
    guard let quantizer = quantizers[ObjectIdentifier(parameter)] else { return node }
    return try fakeQuantize(node, scales: quantizer.observe(node.value), codes: quantizer.codes)
  }

  private func plainNode(_ parameter: TrainableParameter) -> Node {
    let value = Matrix(rows: parameter.rows, columns: parameter.columns, over: parameter.values)
    guard !parameter.isFrozen, isRecording else { return Node(value) }
    guard case .dense(let gradient) = parameter.gradient else {
      preconditionFailure("\(parameter.id) has a gradient of rows")
    }
    let slot = GradientSlot(
      keeping: Matrix(rows: parameter.rows, columns: parameter.columns, over: gradient))
    let node = Node(value, slot)
    guard let mask = parameter.mask else { return node }
    return masked(node, by: Matrix(rows: parameter.rows, columns: parameter.columns, over: mask))
  }

  /// A matrix whose pruned numbers, zero already, get no gradient.
  private func masked(_ x: Node, by mask: Matrix) -> Node {
    let slot = x.slot
    return record(x.value, from: x) { [self] dx in
      guard let slot else { return }
      let (sum, _) = try slot.target(self)
      let pieces = pieces(of: mask.count)
      let source = dx
      try forEach(pieces.count) { piece in
        for index in pieces[piece] { sum.start[index] += mask.start[index] * source.start[index] }
      }
    }
  }
}
