import Glibc

/// How much longer the steps of rare words may be than those of words as they usually are in a text: ((F + 1) / (f + 1))^power, f being
/// how often a word occurs and F the mean of that over the words of the text.
///
/// At the same share of all bits the sum of f · step² is least where steps go with f^−½ (reverse water-filling: Cover and Thomas, "Elements of
/// Information Theory", 13.3). One is added so that words that the text happens to lack are not lost (Laplace's rule of succession).
package func rarity(of counts: [Float], power: Double) -> [Float] {
  let sums = counts.reduce(into: (count: 0.0, squares: 0.0)) { sums, count in
    sums.count += Double(count)
    sums.squares += Double(count) * Double(count)
  }
  let usual = sums.count > 0 ? sums.squares / sums.count : 0
  return counts.map { Float(pow((usual + 1) / (Double(max(0, $0)) + 1), power)) }
}
