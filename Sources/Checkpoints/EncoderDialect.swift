/// A naming scheme of transformer encoders.
public protocol EncoderDialect: Dialect {
  var encoderFamilies: [EncoderFamily] { get }

  /// As ``Dialect/place(of:in:style:)``.
  func place(of role: Role, in architecture: EncoderArchitecture, style: NameStyle) -> NamedPlace?

  /// As ``Dialect/repetitions(in:style:)``.
  func repetitions(in architecture: EncoderArchitecture, style: NameStyle) -> [Repetition]

  /// As ``Dialect/expectedRoles(in:)``.
  func expectedRoles(in architecture: EncoderArchitecture) -> [Role]
}

extension EncoderDialect {
  public var families: [Family] { encoderFamilies.map(Family.encoder) }

  public func place(
    of role: Role, in architecture: Architecture, style: NameStyle
  ) -> NamedPlace? {
    architecture.encoder.flatMap { place(of: role, in: $0, style: style) }
  }

  public func repetitions(in architecture: Architecture, style: NameStyle) -> [Repetition] {
    architecture.encoder.map { repetitions(in: $0, style: style) } ?? []
  }

  public func expectedRoles(in architecture: Architecture) -> [Role] {
    architecture.encoder.map { expectedRoles(in: $0) } ?? []
  }

  public func repetitions(
    in architecture: EncoderArchitecture, style: NameStyle
  ) -> [Repetition] { [] }

  public func expectedRoles(in architecture: EncoderArchitecture) -> [Role] { [] }

  /// A word embedding or a layer's query.
  public func isAnchor(_ role: Role) -> Bool {
    switch (role.module, role.kind) {
    case (.embedding(.word), .weight), (.layer(_, .query), .weight): true
    default: false
    }
  }
}
