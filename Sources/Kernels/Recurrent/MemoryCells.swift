import CKernels
import Glibc

/// What the gates of a long short-term memory make of its cells, and the gradient of that (Hochreiter and Schmidhuber, 1997; with forget
/// gates, Gers et al., 2000).
///
/// The gates of one token are `[4 · hidden]`: input, forget, cell and output.
package enum MemoryCells {
  /// c = σ(f) · c before + σ(i) · tanh(g), and h = σ(o) · tanh(c); the gates become the values of their functions.
  ///
  /// - Parameter before: the cells of the token before; nil where they are zero.
  package static func run(
    _ gates: UnsafeMutablePointer<Float>, before: UnsafePointer<Float>?, hidden: Int,
    into cells: UnsafeMutablePointer<Float>, states: UnsafeMutablePointer<Float>
  ) {
    run(gates, before: before, hidden: hidden, into: cells, states: states, using: .available)
  }

  static func run(
    _ gates: UnsafeMutablePointer<Float>, before: UnsafePointer<Float>?, hidden: Int,
    into cells: UnsafeMutablePointer<Float>, states: UnsafeMutablePointer<Float>,
    using instructions: Instructions
  ) {
    if instructions == .avx2 { return pare_lstm_cells(gates, before, hidden, cells, states) }
    for unit in 0..<hidden {
      let (i, f) = (sigmoid(gates[unit]), sigmoid(gates[hidden + unit]))
      let (g, o) = (tanhf(gates[2 * hidden + unit]), sigmoid(gates[3 * hidden + unit]))
      let cell = f * (before?[unit] ?? 0) + i * g
      cells[unit] = cell
      states[unit] = o * tanhf(cell)
      (gates[unit], gates[hidden + unit]) = (i, f)
      (gates[2 * hidden + unit], gates[3 * hidden + unit]) = (g, o)
    }
  }

  /// The gradient of the gates in the place of the values that ``run(_:before:hidden:into:states:)`` left, and that of the cells before
  /// in the place of that of the cells.
  ///
  /// - Parameters:
  ///   - dstates: the gradient of the states.
  ///   - dcells: of the cells, without what comes through the states.
  package static func gradient(
    _ gates: UnsafeMutablePointer<Float>, cells: UnsafePointer<Float>,
    before: UnsafePointer<Float>?, hidden: Int, dstates: UnsafePointer<Float>,
    dcells: UnsafeMutablePointer<Float>
  ) {
    gradient(
      gates, cells: cells, before: before, hidden: hidden, dstates: dstates, dcells: dcells,
      using: .available)
  }

  static func gradient(
    _ gates: UnsafeMutablePointer<Float>, cells: UnsafePointer<Float>,
    before: UnsafePointer<Float>?, hidden: Int, dstates: UnsafePointer<Float>,
    dcells: UnsafeMutablePointer<Float>, using instructions: Instructions
  ) {
    if instructions == .avx2 {
      return pare_lstm_cells_gradient(gates, cells, before, hidden, dstates, dcells)
    }
    for unit in 0..<hidden {
      let (i, f) = (gates[unit], gates[hidden + unit])
      let (g, o) = (gates[2 * hidden + unit], gates[3 * hidden + unit])
      let t = tanhf(cells[unit])
      let dstate = dstates[unit]
      let dcell = dcells[unit] + dstate * o * (1 - t * t)
      gates[unit] = dcell * g * i * (1 - i)
      gates[hidden + unit] = dcell * (before?[unit] ?? 0) * f * (1 - f)
      gates[2 * hidden + unit] = dcell * i * (1 - g * g)
      gates[3 * hidden + unit] = dstate * t * o * (1 - o)
      dcells[unit] = dcell * f
    }
  }

  private static func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }
}
