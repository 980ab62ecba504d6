import Tensors
import TestSupport
import Testing

@testable import Kernels

/// The steps of an LSTM: the vector kernel against its plain twin, at odd widths and every number of sequences.
@Suite struct RecurrentStepTests {
  @Test(arguments: [1, 5, 8, 9, 16, 23, 24, 40], [1, 2, 3])
  func twinsAgree(_ hidden: Int, _ count: Int) throws {
    guard Instructions.available == .avx2 else { return }
    var plain = try State(hidden: hidden, count: count)
    var vectors = try State(hidden: hidden, count: count)
    for _ in 0..<4 {
      plain.step(.baseline)
      vectors.step(.avx2)
    }
    for (left, right) in zip(plain.values, vectors.values) {
      #expect(abs(left - right) < 2e-6)
    }
  }

  @Test func sequencesDoNotChangeOneAnother() throws {
    for hidden in [5, 24, 40] {
      var together = try State(hidden: hidden, count: 3)
      var alone = try State(hidden: hidden, count: 3)
      for _ in 0..<4 {
        together.step(.available)
        alone.stepEach()
      }
      #expect(together.values == alone.values)
    }
  }

  @Test func unitsThatFillUpABlockStayZero() throws {
    var state = try State(hidden: 5, count: 2)
    for _ in 0..<3 { state.step(.available) }
    for sequence in 0..<2 {
      let values = state.values[(sequence * 8)..<(sequence * 8 + 8)]
      #expect(values.suffix(3).allSatisfy { $0 == 0 })
      #expect(values.prefix(5).allSatisfy { $0 != 0 })
    }
  }

  /// Random weights and inputs, and the states of some sequences.
  private struct State {
    private let weights: RecurrentWeights
    private let inputs: Memory
    private let states: [Memory]
    private let cells: Memory
    private let count: Int
    private var time = 0

    init(hidden: Int, count: Int) throws {
      var generator = SeededGenerator(seed: UInt64(hidden * 10 + count))
      let floats = (0..<(4 * hidden * hidden)).map { _ in
        Float.random(in: -0.5...0.5, using: &generator)
      }
      weights = try floats.withUnsafeBufferPointer {
        try RecurrentWeights(hidden: hidden, floats: $0)
      }
      self.count = count
      let inputs = Memory(count * weights.inputCount)
      let panel = Memory(4 * hidden * Activations.panelWidth)
      for index in 0..<panel.count {
        panel.start[index] = Float.random(in: -1...1, using: &generator)
      }
      for sequence in 0..<count {
        weights.arrange(
          panel.start, lane: sequence, into: inputs.start + sequence * weights.inputCount)
      }
      self.inputs = inputs
      states = [Memory(count * weights.stateCount), Memory(count * weights.stateCount)]
      cells = Memory(count * weights.stateCount)
    }

    var values: [Float] {
      let state = states[time % 2]
      return (0..<state.count).map { state.start[$0] }
    }

    mutating func step(_ instructions: Instructions) {
      let sequences = (0..<count).map(sequence)
      sequences.withUnsafeBufferPointer { weights.step($0, using: instructions) }
      time += 1
    }

    mutating func stepEach() {
      for index in 0..<count { [sequence(index)].withUnsafeBufferPointer { weights.step($0) } }
      time += 1
    }

    private func sequence(_ index: Int) -> RecurrentWeights.Sequence {
      let place = index * weights.stateCount
      return RecurrentWeights.Sequence(
        inputs: inputs.start + index * weights.inputCount,
        before: states[time % 2].start + place, after: states[1 - time % 2].start + place,
        cell: cells.start + place)
    }
  }

  /// Zeros, aligned as kernels want them.
  private final class Memory {
    let start: UnsafeMutablePointer<Float>
    let count: Int

    init(_ count: Int) {
      let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(1, count) * 4, alignment: 64)
      start = bytes.bindMemory(to: Float.self, capacity: count)
      start.update(repeating: 0, count: count)
      self.count = count
    }

    deinit { start.deallocate() }
  }
}
