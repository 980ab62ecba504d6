extension Transformer {
  /// What a head does not read is not computed, so it is not counted either.
  func operations(tokens: Int) -> Int {
    var products = 0
    if let projection = embeddings.projection {
      products += projection.weights.multiplications * tokens
    }
    for table in embeddings.tables {
      if case .factorized(_, let right, _) = table { products += right.multiplications * tokens }
    }
    for (index, layer) in run.enumerated() {
      let isCut = index == run.count - 1 && readsOneToken
      products += layer.products(tokens: tokens, reading: isCut ? 1 : tokens)
    }
    if let head {
      let read = head.readsOneToken ? 1 : tokens
      products += head.stages.reduce(0) { $0 + $1.linear.weights.multiplications } * read
    }
    return 2 * products
  }
}

extension Layer {
  /// Products over some tokens, of which some are gone on with.
  fileprivate func products(tokens: Int, reading: Int) -> Int {
    let ofAll = [key, value].reduce(0) { $0 + $1.weights.multiplications }
    let ofRead = [query, attentionOutput, intermediate, output].reduce(0) {
      $0 + $1.weights.multiplications
    }
    return ofAll * tokens + ofRead * reading + 2 * attentionWidth * tokens * reading
  }
}
