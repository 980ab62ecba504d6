import Glibc

/// The order-0 Shannon bound: the fewest bits in which symbols can be coded one by one by a coder that knows how
/// often each occurs (Shannon, "A Mathematical Theory of Communication", 1948).
package enum ShannonBound {
  /// The bits that all symbols take together, given how often each occurs.
  package static func bits(counts: some Sequence<Int>) -> Double {
    var total = 0
    var sum = 0.0
    for count in counts where count > 0 {
      total += count
      sum += Double(count) * log2(Double(count))
    }
    return total > 0 ? max(0, Double(total) * log2(Double(total)) - sum) : 0
  }
}
