import Checkpoints
import Kernels
import Tensors

extension RecurrentPass {
  /// Runs one direction over the sequences of a group in step, from their first tokens or their last, and puts what is read out of
  /// its states in its half of the features that are gone on with.
  func go(through group: [Int], _ index: Int, _ member: Team.Member) {
    let direction = network.directions[index]
    let weights = direction.recurrent
    let count = weights.stateCount
    let memory = workspace.states(member)
    memory.update(repeating: 0, count: 3 * group.count * count)
    let (cells, other) = (memory, group.count * count)
    withUnsafeTemporaryAllocation(
      of: RecurrentWeights.Sequence.self, capacity: group.count
    ) { sequences in
      for time in 0..<batch.ranges[group[0]].count {
        // The longest come first: those that have come to their end are at the end.
        let active = group.count { batch.ranges[$0].count > time }
        let (before, after) = time % 2 == 0 ? (other, 2 * other) : (2 * other, other)
        for place in 0..<active {
          let token = token(of: group[place], direction.direction, time)
          let inputs = workspace.arranged(index, token: token)
          arrange(direction, index, token: token, into: inputs)
          sequences[place] = RecurrentWeights.Sequence(
            inputs: inputs, before: memory + before + place * count,
            after: memory + after + place * count, cell: cells + place * count)
        }
        weights.step(UnsafeBufferPointer(rebasing: sequences[..<active]))
        for place in 0..<active {
          readOut(
            memory + after + place * count, of: group[place], index, direction.direction, time)
        }
      }
    }
  }

  /// The token that a direction comes to at a time.
  private func token(of sequence: Int, _ direction: Direction, _ time: Int) -> Int {
    let range = batch.ranges[sequence]
    return direction == .forward ? range.lowerBound + time : range.upperBound - 1 - time
  }

  private func arrange(
    _ direction: LSTMDirection, _ index: Int, token: Int, into target: UnsafeMutablePointer<Float>
  ) {
    let width = Activations.panelWidth
    let gates = workspace.gates.dropping(features: index * direction.input.rows)
    direction.recurrent.arrange(gates.panel(token / width), lane: token % width, into: target)
  }

  /// Puts a state where it is gone on with, if it is.
  private func readOut(
    _ state: UnsafePointer<Float>, of sequence: Int, _ index: Int, _ direction: Direction,
    _ time: Int
  ) {
    let hidden = workspace.plan.hidden
    let half = workspace.read.dropping(features: index * hidden)
    func lane(_ row: Int) -> UnsafeMutablePointer<Float> {
      half.panel(row / Activations.panelWidth) + row % Activations.panelWidth
    }
    let width = Activations.panelWidth
    if network.readsTokens {
      let target = lane(token(of: sequence, direction, time))
      for unit in 0..<hidden { target[unit &* width] = state[unit] }
      return
    }
    let target = lane(sequence)
    let isLast = time == batch.ranges[sequence].count - 1
    switch network.architecture.readout {
    case .perToken: break
    case .lastState:
      if isLast { for unit in 0..<hidden { target[unit &* width] = state[unit] } }
    case .maxPool:
      for unit in 0..<hidden {
        let value = state[unit]
        target[unit &* width] = time == 0 ? value : max(target[unit &* width], value)
      }
    }
  }
}
