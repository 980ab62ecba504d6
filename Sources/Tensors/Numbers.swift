/// An integer with its thousands set apart: `22,713,216`.
package func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var result = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { result += "," }
    result.append(digit)
  }
  return (number < 0 ? "-" : "") + result
}

/// A number with a fixed count of decimals.
package func fixed(_ value: Double, _ decimals: Int) -> String {
  guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
  let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
  let scaled = Int((value.magnitude * scale).rounded())
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard decimals > 0 else { return sign + String(scaled) }
  let fraction = String(scaled % Int(scale))
  let zeros = String(repeating: "0", count: decimals - fraction.count)
  return "\(sign)\(scaled / Int(scale)).\(zeros)\(fraction)"
}

/// A number in three or four significant digits, with an exponent where it is very small or large.
package func significant(_ value: Double) -> String {
  guard value.isFinite, value != 0 else { return value == 0 ? "0" : "\(value)" }
  var exponent = 0
  var mantissa = value.magnitude
  while mantissa >= 10, exponent < 400 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
  while mantissa < 1, exponent > -400 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
  if (-4..<6).contains(exponent) { return fixed(value, max(0, 3 - exponent)) }
  return (value < 0 ? "-" : "") + fixed(mantissa, 3) + "e\(exponent)"
}

/// A size in bytes as people say it: `90.9 MB`. Units are decimal.
package func byteText(_ count: Int) -> String {
  let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
  var value = Double(count)
  var unit = 0
  while value >= 999.95, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
  return unit == 0 ? "\(count) B" : "\(fixed(value, 1)) \(units[unit])"
}

/// A share in percent, of nothing none.
package func percent(_ part: Int, of whole: Int) -> String {
  whole > 0 ? fixed(100 * Double(part) / Double(whole), 1) + " %" : ""
}
