import CKernels
import Glibc

/// One head of scaled dot-product attention over one sequence (Vaswani et al. 2017, equation 1):
/// context = softmax(scale · q · kᵀ) · v.
package enum Attention {
  /// The floats that ``run(queries:queryTokens:keys:values:keyTokens:headWidth:scale:context:scratch:)``
  /// works in, for so many keys.
  package static func scratchCount(keys: Int, headWidth: Int) -> Int {
    (keys + headWidth) * Activations.panelWidth
  }

  /// Computes one head for some of a sequence's tokens.
  ///
  /// Views begin at the head's first feature; tokens are counted from the first lane of the first panel,
  /// and need not begin at a panel's start. Queries may live in another buffer than keys and values.
  /// Only the lanes of `queryTokens` are written: their neighbours belong to other sequences.
  ///
  /// - Precondition: there is a key; scratch is aligned to 64 bytes.
  package static func run(
    queries: Activations, queryTokens: Range<Int>, keys: Activations, values: Activations,
    keyTokens: Range<Int>, headWidth: Int, scale: Float, context: Activations,
    scratch: UnsafeMutablePointer<Float>
  ) {
    run(
      queries: queries, queryTokens: queryTokens, keys: keys, values: values, keyTokens: keyTokens,
      headWidth: headWidth, scale: scale, context: context, scratch: scratch, using: .available)
  }

  static func run(
    queries: Activations, queryTokens: Range<Int>, keys: Activations, values: Activations,
    keyTokens: Range<Int>, headWidth: Int, scale: Float, context: Activations,
    scratch: UnsafeMutablePointer<Float>, using instructions: Instructions
  ) {
    precondition(!keyTokens.isEmpty || queryTokens.isEmpty)
    switch instructions {
    case .baseline:
      runPlainly(
        queries: queries, queryTokens: queryTokens, keys: keys, values: values,
        keyTokens: keyTokens, headWidth: headWidth, scale: scale, context: context,
        scratch: scratch)
    case .avx2:
      pare_attention(
        PareHead(queries), queryTokens.lowerBound, queryTokens.upperBound, PareHead(keys),
        PareHead(values), keyTokens.lowerBound, keyTokens.upperBound, headWidth, scale,
        PareHead(context), scratch)
    }
  }

  /// The head without vectors, one query after the other.
  static func runPlainly(
    queries: Activations, queryTokens: Range<Int>, keys: Activations, values: Activations,
    keyTokens: Range<Int>, headWidth: Int, scale: Float, context: Activations,
    scratch: UnsafeMutablePointer<Float>
  ) {
    for query in queryTokens {
      var largest = -Float.infinity
      for (index, key) in keyTokens.enumerated() {
        var product: Float = 0
        for feature in 0..<headWidth { product += queries[query, feature] * keys[key, feature] }
        scratch[index] = product * scale
        largest = max(largest, scratch[index])
      }
      var sum: Float = 0
      for index in 0..<keyTokens.count {
        scratch[index] = exp(scratch[index] - largest)
        sum += scratch[index]
      }
      for feature in 0..<headWidth {
        var total: Float = 0
        for (index, key) in keyTokens.enumerated() {
          total += scratch[index] * values[key, feature]
        }
        context[query, feature] = total / sum
      }
    }
  }
}

extension Activations {
  /// One feature of one token.
  subscript(token: Int, feature: Int) -> Float {
    get { panel(token / Self.panelWidth)[feature &* Self.panelWidth &+ token % Self.panelWidth] }
    nonmutating set {
      panel(token / Self.panelWidth)[feature &* Self.panelWidth &+ token % Self.panelWidth] =
        newValue
    }
  }
}

extension PareHead {
  fileprivate init(_ activations: Activations) {
    self.init(base: activations.base, stride: activations.panelStride)
  }
}
