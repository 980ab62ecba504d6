import Documents
import TestSupport
import Testing

/// The cases of a golden file of `samples/metrics`, which `make_metric_goldens.py` wrote.
func goldens(_ file: String, _ key: String = "cases") throws -> [JSON] {
  let document = try JSON.read(Places.sample("metrics/\(file).json"))
  let cases = try #require(document[key]?.array)
  #expect(!cases.isEmpty)
  return cases
}

extension JSON {
  var integers: [Int] { array?.compactMap(\.integer) ?? [] }
  var numbers: [Double] { array?.compactMap(\.number) ?? [] }
  var strings: [String] { array?.compactMap(\.string) ?? [] }
  var floats: [Float] { numbers.map(Float.init) }
}

func isNear(_ value: Double, _ expected: Double, within tolerance: Double = 1e-12) -> Bool {
  abs(value - expected) <= tolerance * max(1, abs(expected))
}

/// Whether the bounds of a bootstrap are as near to another's as their own chance allows.
func isNear(_ interval: ClosedRange<Double>, _ expected: [Double]) -> Bool {
  let width = expected[1] - expected[0]
  return abs(interval.lowerBound - expected[0]) < 0.12 * width
    && abs(interval.upperBound - expected[1]) < 0.12 * width
}
