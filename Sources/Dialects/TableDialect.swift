import Checkpoints

/// A naming scheme of encoders that is one table of names, the same in every style.
protocol TableDialect: EncoderDialect {
  var table: NameTable { get }
}

extension TableDialect {
  func place(
    of role: Role, in architecture: EncoderArchitecture, style: NameStyle
  ) -> NamedPlace? {
    guard styles.contains(style), encoderFamilies.contains(architecture.family) else { return nil }
    return table.place(of: role, in: architecture)
  }
}
