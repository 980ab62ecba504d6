import CKernels

/// The instructions that kernels may use: the choice between a loop in plain Swift and its twin in C.
package enum Instructions: Sendable {
  /// What every processor has: plain Swift, which is also what the other kernels are tested against.
  case baseline
  /// AVX2, FMA and F16C.
  case avx2

  /// The best that this processor has.
  package static let available: Instructions = pare_has_avx2() != 0 ? .avx2 : .baseline
}
