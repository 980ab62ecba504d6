import CKernels

/// Which numbers of a row of numbers are dropped, and what the others are multiplied by (Srivastava et al., 2014).
///
/// Whether a number is dropped depends on the keys and on its index alone, so that it can be worked out again in the backward
/// pass, and by any thread. Of each index 32 bits are drawn, by a bijection applied twice.
package struct Dropout: Sendable {
  private let parameters: PareDropout

  /// - Parameters:
  ///   - probability: of being dropped, from 0 to below 1.
  ///   - key: of the stream of random numbers.
  package init(probability: Float, key: UInt64) {
    precondition(probability >= 0 && probability < 1)
    parameters = PareDropout(
      first_key: UInt32(truncatingIfNeeded: key), second_key: UInt32(truncatingIfNeeded: key >> 32),
      threshold: UInt32(Double(probability) * 4_294_967_296), scale: 1 / (1 - probability))
  }

  /// y = what is kept of x, times the scale; y may be x.
  ///
  /// - Parameter index: of the first number.
  package func run(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int, from index: Int
  ) {
    run(x, into: y, count: count, from: index, using: .available)
  }

  func run(
    _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, count: Int, from index: Int,
    using instructions: Instructions
  ) {
    let first = UInt32(truncatingIfNeeded: index)
    if instructions == .avx2 { return pare_dropout(parameters, first, x, y, count) }
    for place in 0..<count {
      y[place] = x[place] * factor(first &+ UInt32(truncatingIfNeeded: place))
    }
  }

  /// y = residual + what is kept of x, times the scale.
  package func run(
    _ x: UnsafePointer<Float>, adding residual: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, count: Int, from index: Int
  ) {
    run(x, adding: residual, into: y, count: count, from: index, using: .available)
  }

  func run(
    _ x: UnsafePointer<Float>, adding residual: UnsafePointer<Float>,
    into y: UnsafeMutablePointer<Float>, count: Int, from index: Int,
    using instructions: Instructions
  ) {
    let first = UInt32(truncatingIfNeeded: index)
    if instructions == .avx2 {
      return pare_dropout_add(parameters, first, x, residual, y, count)
    }
    for place in 0..<count {
      y[place] = residual[place] + x[place] * factor(first &+ UInt32(truncatingIfNeeded: place))
    }
  }

  private func factor(_ index: UInt32) -> Float {
    let drawn = Self.mixed(Self.mixed(index ^ parameters.first_key) &+ parameters.second_key)
    return drawn >= parameters.threshold ? parameters.scale : 0
  }

  /// Wellons's bijection of 32 bits with low bias.
  private static func mixed(_ bits: UInt32) -> UInt32 {
    var x = bits
    x ^= x >> 16
    x &*= 0x7feb_352d
    x ^= x >> 15
    x &*= 0x846c_a68b
    return x ^ (x >> 16)
  }
}
