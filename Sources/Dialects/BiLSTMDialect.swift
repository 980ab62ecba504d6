import Checkpoints

/// A naming scheme of BiLSTM students: a place for each of their parameters, whatever the student's size.
protocol BiLSTMDialect: Dialect {
  /// Every parameter's name and layout in files of a style, in the order of the files.
  func places(in style: NameStyle) -> [(role: Role, place: NamedPlace)]
}

extension BiLSTMDialect {
  var families: [Family] { [.bilstm] }

  func place(of role: Role, in architecture: Architecture, style: NameStyle) -> NamedPlace? {
    guard case .bilstm = architecture, styles.contains(style) else { return nil }
    return places(in: style).first { $0.role == role }?.place
  }

  func order(of role: Role) -> [Int] {
    let places = places(in: styles[0])
    return [places.firstIndex { $0.role == role } ?? places.count]
  }

  /// The recurrent weights of an LSTM.
  func isAnchor(_ role: Role) -> Bool {
    if case .lstm(_, .recurrent) = role.module { true } else { false }
  }
}
