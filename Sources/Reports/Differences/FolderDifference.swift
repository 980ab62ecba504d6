import Documents

/// A setting of `config.json` in which two models differ.
public struct SettingDifference: Sendable {
  public var key: String
  /// Nil where the model does not have the setting.
  public var first: JSON?
  public var second: JSON?

  /// What says where a configuration came from, and nothing of the model.
  private static let provenance: Set<String> = [
    "_name_or_path", "transformers_version", "_commit_hash", "torch_dtype", "dtype",
  ]

  /// The differences of two configurations in the order of the first; none unless both are there.
  static func all(_ first: JSON?, _ second: JSON?) -> [SettingDifference] {
    guard let ours = first?.members, let theirs = second?.members else { return [] }
    let known = Set(ours.map(\.key))
    let keys = ours.map(\.key) + theirs.map(\.key).filter { !known.contains($0) }
    return keys.filter { !provenance.contains($0) }.compactMap { key in
      let difference = SettingDifference(key: key, first: first?[key], second: second?[key])
      return difference.first == difference.second ? nil : difference
    }
  }
}

/// A file of the vocabulary that two models have beside their weights.
public struct FileDifference: Sendable {
  public var name: String
  public var areEqual: Bool
  /// Of files that list one token a line, how many lines differ, and the first of them, counted from 1.
  public var lines: (differing: Int, first: Int)?

  public init(name: String, areEqual: Bool, lines: (differing: Int, first: Int)? = nil) {
    self.name = name
    self.areEqual = areEqual
    self.lines = lines
  }

  /// Compares the bytes of two files, and their lines where the name says that they list tokens.
  public init(name: String, _ first: [UInt8], _ second: [UInt8]) {
    self.init(name: name, areEqual: first == second)
    guard !areEqual, name.hasSuffix(".txt") else { return }
    let (ours, theirs) = (first.split(separator: 0x0A), second.split(separator: 0x0A))
    let differing = (0..<max(ours.count, theirs.count)).filter { index in
      index >= ours.count || index >= theirs.count || ours[index] != theirs[index]
    }
    lines = differing.first.map { (differing.count, $0 + 1) }
  }
}
