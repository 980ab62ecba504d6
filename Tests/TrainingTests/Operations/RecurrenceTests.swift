import Testing

@testable import Training

/// The recurrence of an LSTM: its gradients against finite differences, and the order in which sequences are gone through.
@Suite struct RecurrenceTests {
  /// Sequences of different lengths, not in the order of these; with dropout, and both directions.
  @Test(arguments: [Float(0), 0.4]) func gradients(_ probability: Float) throws {
    var ground = FiniteDifferences()
    let ranges = [0..<2, 2..<6, 6..<7]
    let gates = [try ground.parameter(7, 12), try ground.parameter(7, 12)]
    let weights = [try ground.parameter(12, 3), try ground.parameter(12, 3)]
    let (target, last) = (try ground.matrix(7, 6), try ground.matrix(3, 6))
    try ground.check("recurrence, dropout \(probability)", step: 1 / 64, tolerance: 0.02) { tape in
      let inputs = try zip(gates, weights).map {
        RecurrentInputs(gates: try tape.node($0), weight: try tape.node($1))
      }
      let states = try tape.recurrence(
        forward: inputs[0], backward: inputs[1], ranges, probability: probability)
      return try tape.sum([
        (4, try tape.squaredError(states, from: target)),
        (2, try tape.squaredError(try tape.lastStates(states, of: ranges), from: last)),
      ])
    }
  }

  /// A unit is dropped at all times of a sequence or at none, and in each sequence another.
  @Test func dropoutIsOfWholeSequences() throws {
    var ground = FiniteDifferences()
    let gates = try ground.parameter(40, 32)
    let weight = try ground.parameter(32, 8)
    let ranges = [0..<20, 20..<40]
    let tape = try Tape(threads: 1, seed: 3)
    let packed = PackedSequences(ranges)
    let inputs = RecurrentInputs(gates: try tape.node(gates), weight: try tape.node(weight))
    tape.begin(step: 0)
    let work = try tape.recurrentWork(.forward, inputs, packed, probability: 0.5)
    let states = try tape.matrix(rows: 40, columns: 16)
    work.forward(packed.groups[0], inputs.gates.value, into: states)
    var dropped: [[Bool]] = []
    for place in 0..<2 {
      let rows = packed.groups[0].times.dropFirst().map { work.before.row($0.lowerBound + place) }
      dropped.append((0..<8).map { rows[0][$0] == 0 })
      for row in rows { #expect((0..<8).map { row[$0] == 0 } == dropped[place]) }
    }
    #expect(dropped[0] != dropped[1])
    #expect(dropped.joined().contains(true) && dropped.joined().contains(false))
  }

  @Test func longestComeFirst() {
    let lengths = [3, 1, 4, 1, 5] + [Int](repeating: 2, count: 20)
    var start = 0
    let ranges = lengths.map { length in
      defer { start += length }
      return start..<(start + length)
    }
    let packed = PackedSequences(ranges)
    #expect(packed.rows == lengths.reduce(0, +))
    #expect(packed.groups.map(\.sequences.count) == [16, 9])
    #expect(packed.groups[0].sequences.prefix(4) == [4, 2, 0, 5])
    #expect(packed.groups[0].times.map(\.count) == [16, 16, 3, 2, 1])
    #expect(packed.groups[1].times.map(\.count) == [9, 7])
    #expect(packed.groups[1].sequences.suffix(2) == [1, 3])
    let rows = packed.groups.flatMap { $0.times.flatMap { Array($0) } }
    #expect(rows == Array(0..<packed.rows))
    #expect(packed.groups[0].token(2, at: 1, .forward) == 1)
    #expect(packed.groups[0].token(2, at: 0, .backward) == 2)
    #expect(PackedSequences([]).groups.isEmpty)
  }
}
