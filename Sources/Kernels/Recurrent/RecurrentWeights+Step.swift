import CKernels
import Glibc

extension RecurrentWeights {
  /// One sequence at one of its tokens; all arrays are aligned to 32 bytes.
  package struct Sequence {
    /// What the token's inputs give the gates, biases included, ``RecurrentWeights/inputCount`` floats.
    package var inputs: UnsafePointer<Float>
    /// The state before, and after: ``RecurrentWeights/stateCount`` floats each, not the same memory.
    package var before: UnsafePointer<Float>
    package var after: UnsafeMutablePointer<Float>
    /// The memory of the cells, in place.
    package var cell: UnsafeMutablePointer<Float>

    package init(
      inputs: UnsafePointer<Float>, before: UnsafePointer<Float>,
      after: UnsafeMutablePointer<Float>, cell: UnsafeMutablePointer<Float>
    ) {
      (self.inputs, self.before, self.after, self.cell) = (inputs, before, after, cell)
    }
  }

  /// c = σ(forget) · c + σ(input) · tanh(cell gate), then h = σ(output) · tanh(c), for up to
  /// ``stepWidth`` sequences, the gates being inputs + W · h before.
  ///
  /// A result does not depend, to the bit, on the other sequences.
  package func step(_ sequences: UnsafeBufferPointer<Sequence>) {
    step(sequences, using: .available)
  }

  func step(_ sequences: UnsafeBufferPointer<Sequence>, using instructions: Instructions) {
    precondition(sequences.count <= Self.stepWidth)
    guard !sequences.isEmpty else { return }
    switch instructions {
    case .baseline: for sequence in sequences { step(sequence) }
    case .avx2:
      withUnsafeTemporaryAllocation(of: PareLSTMSequence.self, capacity: sequences.count) { list in
        for (index, sequence) in sequences.enumerated() {
          list[index] = PareLSTMSequence(
            inputs: sequence.inputs, before: sequence.before, after: sequence.after,
            cell: sequence.cell)
        }
        pare_lstm_step(start, blocks, hidden, list.baseAddress!, Int32(sequences.count))
      }
    }
  }

  /// The same without vectors.
  private func step(_ sequence: Sequence) {
    for block in 0..<blocks {
      let weights = start + block * hidden * Self.blockSize
      for unit in 0..<Self.blockUnits {
        func gate(_ index: Int) -> Float {
          let offset = index * Self.blockUnits + unit
          var sum = sequence.inputs[block * Self.blockSize + offset]
          for column in 0..<hidden {
            sum += weights[column &* Self.blockSize &+ offset] * sequence.before[column]
          }
          return sum
        }
        func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }
        let place = block * Self.blockUnits + unit
        let cell = sigmoid(gate(1)) * sequence.cell[place] + sigmoid(gate(0)) * tanhf(gate(2))
        sequence.cell[place] = cell
        sequence.after[place] = sigmoid(gate(3)) * tanhf(cell)
      }
    }
  }
}
