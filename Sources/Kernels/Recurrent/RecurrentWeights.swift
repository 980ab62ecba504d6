import Tensors

/// The recurrent matrix of a long short-term memory, `[4 · hidden, hidden]`, packed for its steps (Hochreiter and Schmidhuber, "Long
/// short-term memory", 1997; with forget gates, Gers et al., 2000).
///
/// Rows are those of the input, forget, cell and output gates. Packed they stand in blocks of 8 units, `[block][column][4 gates][8 units]`,
/// so that what is needed for a unit's state is there at once; units that fill up the last block have zeros, and a state of zero.
package struct RecurrentWeights: Sendable {
  package static let gates = 4
  /// Units of a block.
  static let blockUnits = 8
  static let blockSize = gates * blockUnits
  /// The most sequences that a step takes.
  package static let stepWidth = 3

  package let hidden: Int
  private let memory: PackedMemory

  /// - Parameter floats: row-major `[4 · hidden, hidden]`.
  /// - Throws: ``Failure`` where there is not so much memory.
  package init(hidden: Int, floats: UnsafeBufferPointer<Float>) throws {
    precondition(hidden >= 0 && floats.count == Self.gates * hidden * hidden)
    self.hidden = hidden
    let size = try checkedProduct(hidden.groups(of: Self.blockUnits), hidden, Self.blockSize, 4)
    memory = try PackedMemory(byteCount: size)
    let target = memory.elements(as: Float.self)
    for gate in 0..<Self.gates {
      for unit in 0..<hidden {
        let row = floats.baseAddress! + (gate * hidden + unit) * hidden
        let place =
          target + unit / Self.blockUnits * hidden * Self.blockSize + gate * Self.blockUnits
          + unit % Self.blockUnits
        for column in 0..<hidden { place[column &* Self.blockSize] = row[column] }
      }
    }
  }

  var start: UnsafePointer<Float> { UnsafePointer(memory.elements(as: Float.self)) }

  package var blocks: Int { hidden.groups(of: Self.blockUnits) }

  /// The floats of a state, or of the memory of the cells, with what fills up the last block.
  package var stateCount: Int { blocks * Self.blockUnits }

  /// The floats of what a token's inputs give the gates.
  package var inputCount: Int { blocks * Self.blockSize }

  /// Puts what the inputs give the gates of a token in the order of the blocks.
  ///
  /// - Parameters:
  ///   - panel: the panel of the token, from the first of the `4 · hidden` features on.
  ///   - target: `inputCount` floats; those of units that fill up the last block are to be zero.
  package func arrange(
    _ panel: UnsafePointer<Float>, lane: Int, into target: UnsafeMutablePointer<Float>
  ) {
    let width = Activations.panelWidth
    for gate in 0..<Self.gates {
      let source = panel + gate * hidden * width + lane
      let place = target + gate * Self.blockUnits
      for unit in 0..<hidden {
        let block = unit / Self.blockUnits
        place[block &* Self.blockSize &+ unit % Self.blockUnits] = source[unit &* width]
      }
    }
  }
}
