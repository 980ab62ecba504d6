import CKernels

/// The instructions that decoders may use: the choice between a loop in plain Swift and its twin in C.
package enum DecoderInstructions: Sendable {
  case baseline
  case avx2

  /// The best that this processor has.
  package static let available: DecoderInstructions = pare_has_avx2() != 0 ? .avx2 : .baseline
}
