import CKernels

/// Activations quantized token by token as they come: codes in 0…127, a scale and a zero point each.
///
/// x ≈ scale · (code − zero point), the range of a token's features and zero being spread over the codes.
/// Seven bits, as the products of two such codes with two of 8 bits add up within 16 bits: `vpmaddubsw`
/// saturates no sum. Codes lie as `[panel][⌈features / 4⌉][16 tokens][4 features]`.
package struct QuantizedActivations: @unchecked Sendable {
  package static let largestCode: Int32 = 127
  /// Features that one instruction adds up.
  static let unit = 4

  package let features: Int
  package let panels: Int
  let codes: UnsafeMutablePointer<UInt8>
  /// `[panel][16 tokens]`
  let scales: UnsafeMutablePointer<Float>
  /// `[panel][16 tokens]`
  let zeroPoints: UnsafeMutablePointer<Int32>

  /// What a buffer for so many activations takes.
  package static func byteCount(features: Int, panels: Int) -> Int {
    panels * (features.groups(of: unit) * unit + 8) * Activations.panelWidth
  }

  /// - Precondition: the buffer is aligned to 64 bytes and has room.
  package init(buffer: UnsafeMutableRawBufferPointer, features: Int, panels: Int) {
    precondition(buffer.count >= Self.byteCount(features: features, panels: panels))
    self.features = features
    self.panels = panels
    let tokens = panels * Activations.panelWidth
    let start = buffer.baseAddress!
    let end = start + tokens * features.groups(of: Self.unit) * Self.unit
    codes = start.assumingMemoryBound(to: UInt8.self)
    scales = end.assumingMemoryBound(to: Float.self)
    zeroPoints = (end + tokens * 4).assumingMemoryBound(to: Int32.self)
  }

  /// Quantizes the tokens of some panels; the panels are counted in both alike.
  package func quantize(_ x: Activations, tokens: Int, panels: Range<Int>) {
    quantize(x, tokens: tokens, panels: panels, using: .available)
  }

  func quantize(
    _ x: Activations, tokens: Int, panels: Range<Int>, using instructions: Instructions
  ) {
    precondition(panels.lowerBound >= 0 && panels.upperBound <= self.panels)
    let width = Activations.panelWidth
    for panel in panels where panel * width < tokens {
      switch instructions {
      case .baseline:
        for lane in 0..<min(width, tokens - panel * width) {
          quantize(x.panel(panel) + lane, panel: panel, lane: lane)
        }
      case .avx2:
        pare_quantize_panel(
          x.panel(panel), features, codes(panel: panel), scales + panel * width,
          zeroPoints + panel * width)
      }
    }
  }

  /// The codes of one panel.
  func codes(panel: Int) -> UnsafeMutablePointer<UInt8> {
    codes + panel * features.groups(of: Self.unit) * Self.unit * Activations.panelWidth
  }

  private func quantize(_ token: UnsafePointer<Float>, panel: Int, lane: Int) {
    let width = Activations.panelWidth
    var (low, high): (Float, Float) = (0, 0)
    for feature in 0..<features {
      low = min(low, token[feature * width])
      high = max(high, token[feature * width])
    }
    let scheme = TokenScheme(low: low, high: high)
    scales[panel * width + lane] = scheme.scale
    zeroPoints[panel * width + lane] = Int32(scheme.zeroPoint)
    let codes = codes(panel: panel)
    for feature in 0..<(features.groups(of: Self.unit) * Self.unit) {
      let (group, place) = feature.quotientAndRemainder(dividingBy: Self.unit)
      codes[(group * width + lane) * Self.unit + place] =
        feature < features ? scheme.code(token[feature * width]) : 0
    }
  }
}

/// How the floats of a token become codes. Every step is rounded as the vector kernel's is.
struct TokenScheme {
  let scale: Float
  let inverse: Float
  /// A whole number in 0…127.
  let zeroPoint: Float

  /// - Parameters: the least and the greatest feature, or zero if that is beyond them.
  init(low: Float, high: Float) {
    let range = high - low
    // A range that vanishes, or has no inverse, or overflows.
    guard range >= 1e-30, range < .infinity else {
      (scale, inverse, zeroPoint) = (0, 0, 0)
      return
    }
    let largest = Float(QuantizedActivations.largestCode)
    scale = range / largest
    inverse = largest / range
    zeroPoint = (-low * inverse).rounded(.toNearestOrEven)
  }

  func code(_ value: Float) -> UInt8 {
    let rounded = (value * inverse).rounded(.toNearestOrEven) + zeroPoint
    // In this order, NaN becomes 0.
    let clamped = min(rounded > 0 ? rounded : 0, Float(QuantizedActivations.largestCode))
    return UInt8(clamped)
  }
}
