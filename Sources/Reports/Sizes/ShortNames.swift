import Tensors

/// Paths as they fit beside a point or over a column: as much of their ends as tells them apart.
package func shortNames(_ paths: [String], limit: Int = 20) -> [String] {
  let parts = paths.map { path in path.split(separator: "/").map { printable(String($0)) } }
  let longest = parts.map(\.count).max() ?? 0
  let depth = (1...max(1, longest)).first { depth in
    Set(parts.map { $0.suffix(depth).joined(separator: "/") }).count == Set(paths).count
  }
  return zip(parts, paths).map { parts, path in
    let name = parts.suffix(depth ?? longest).joined(separator: "/")
    return abbreviated(name.isEmpty ? printable(path) : name, to: limit)
  }
}

/// A text without its middle where it is too long.
func abbreviated(_ text: String, to limit: Int) -> String {
  guard text.count > limit else { return text }
  return "\(text.prefix(limit / 2 - 1))…\(text.suffix(limit - limit / 2))"
}
