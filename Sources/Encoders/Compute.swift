/// How linear maps are computed.
public enum Compute: String, Sendable, CaseIterable {
  /// In singles, from the weights as the file says them: what any runtime computes from this file.
  case exact
  /// In integers: weights of 8 bits for each row, activations of 7 bits for each token, quantized
  /// as they come. Sums are exact; what is lost is lost in rounding the two sides.
  case int8
}
