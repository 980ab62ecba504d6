import Foundation
import TestSupport
import Testing

@testable import Kernels

/// One head of a sequence among others.
struct AttentionCase: CustomTestStringConvertible {
  let headWidth: Int
  let queries: Range<Int>
  let keys: Range<Int>

  var testDescription: String { "\(headWidth) features, queries \(queries), keys \(keys)" }

  static let all: [AttentionCase] = [
    .init(headWidth: 32, queries: 0..<16, keys: 0..<16),
    .init(headWidth: 64, queries: 0..<1, keys: 0..<1),
    .init(headWidth: 32, queries: 5..<30, keys: 5..<30),
    .init(headWidth: 20, queries: 7..<9, keys: 3..<50),
    .init(headWidth: 1, queries: 9..<47, keys: 9..<47),
    .init(headWidth: 3, queries: 15..<17, keys: 15..<17),
    .init(headWidth: 13, queries: 0..<8, keys: 40..<47),
    .init(headWidth: 7, queries: 8..<16, keys: 0..<9),
    .init(headWidth: 33, queries: 16..<31, keys: 1..<64),
    .init(headWidth: 12, queries: 31..<32, keys: 33..<110),
    .init(headWidth: 64, queries: 60..<110, keys: 60..<110),
  ]
}

@Suite struct AttentionTests {
  @Test(arguments: AttentionCase.all, ways)
  func attends(_ size: AttentionCase, _ instructions: Instructions) {
    var generator = SeededGenerator(seed: 51)
    for range in [-1...1, -9...9] as [ClosedRange<Float>] {
      let inputs = (0..<3).map { _ in
        Panels(features: size.headWidth, tokens: 112, in: range, using: &generator)
      }
      let context = Panels(features: size.headWidth, tokens: 112)
      run(size, inputs, context, scale: 0.3, instructions)
      // The exponent carries the scores' error, which grows with them.
      let largest = Double(range.upperBound)
      let room = largest * (1e-6 + 1e-7 * 0.3 * Double(size.headWidth) * largest * largest)
      for query in 0..<112 {
        guard size.queries.contains(query) else {
          #expect(context[query, 0] == Panels.untouched)
          #expect(context[query, size.headWidth - 1] == Panels.untouched)
          continue
        }
        let expected = exact(size, inputs, query: query, scale: 0.3)
        for (feature, value) in expected.enumerated() {
          #expect(abs(Double(context[query, feature]) - value) < room, "\(query), \(feature)")
        }
      }
      #expect(context.isUntouched(outside: 0..<size.headWidth))
    }
  }

  /// The same sequence at every lane, some of its queries asked for alone.
  @Test(arguments: ways) func isTheSameInAnyBatch(_ instructions: Instructions) {
    var generator = SeededGenerator(seed: 52)
    let width = 32
    let inputs = (0..<3).map { _ in Panels(features: width, tokens: 25, using: &generator) }
    let alone = Panels(features: width, tokens: 25)
    let whole = AttentionCase(headWidth: width, queries: 0..<25, keys: 0..<25)
    run(whole, inputs, alone, scale: 0.2, instructions)
    for lane in 1..<16 {
      let moved = inputs.map { Panels($0, tokens: 0..<25, at: lane) }
      let context = Panels(features: width, tokens: lane + 25)
      for queries in [0..<1, 1..<9, 9..<25] {
        let part = (lane + queries.lowerBound)..<(lane + queries.upperBound)
        run(
          AttentionCase(headWidth: width, queries: part, keys: lane..<(lane + 25)), moved, context,
          scale: 0.2, instructions)
      }
      for token in 0..<25 {
        for feature in 0..<width {
          #expect(context[lane + token, feature] == alone[token, feature])
        }
      }
    }
  }

  /// Scores so far apart that all but the largest vanish, and scores that are all equal.
  @Test(arguments: ways) func survivesExtremeScores(_ instructions: Instructions) {
    let size = AttentionCase(headWidth: 2, queries: 0..<5, keys: 0..<5)
    let inputs = (0..<3).map { _ in Panels(features: 2, tokens: 5) }
    for token in 0..<5 {
      for input in inputs { (input[token, 0], input[token, 1]) = (1, 0) }
      inputs[1][token, 0] = token == 3 ? 1e30 : -1e30
      inputs[2][token, 0] = Float(token)
    }
    inputs[0][4, 0] = 0
    let context = Panels(features: 2, tokens: 5)
    run(size, inputs, context, scale: 1, instructions)
    for query in 0..<4 { #expect(context[query, 0] == 3) }
    #expect(abs(context[4, 0] - 2) < 1e-6)
  }

  private func run(
    _ size: AttentionCase, _ inputs: [Panels], _ context: Panels, scale: Float,
    _ instructions: Instructions
  ) {
    let count = Attention.scratchCount(keys: size.keys.count, headWidth: size.headWidth)
    let scratch = try! PackedMemory(byteCount: (count + 16) * 4)
    let floats = scratch.elements(as: Float.self)
    for index in 0..<16 { floats[count + index] = Panels.untouched }
    Attention.run(
      queries: inputs[0].view, queryTokens: size.queries, keys: inputs[1].view,
      values: inputs[2].view, keyTokens: size.keys, headWidth: size.headWidth, scale: scale,
      context: context.view, scratch: floats, using: instructions)
    #expect((0..<16).allSatisfy { floats[count + $0] == Panels.untouched })
  }

  /// The context of a query in double precision.
  private func exact(
    _ size: AttentionCase, _ inputs: [Panels], query: Int, scale: Double
  ) -> [Double] {
    var weights: [Double] = []
    for key in size.keys {
      var score = 0.0
      for feature in 0..<size.headWidth {
        score += Double(inputs[0][query, feature]) * Double(inputs[1][key, feature])
      }
      weights.append(score * scale)
    }
    let largest = weights.max()!
    weights = weights.map { exp($0 - largest) }
    let sum = weights.reduce(0, +)
    return (0..<size.headWidth).map { feature in
      var total = 0.0
      for (key, weight) in zip(size.keys, weights) {
        total += Double(inputs[2][key, feature]) * weight
      }
      return total / sum
    }
  }
}
