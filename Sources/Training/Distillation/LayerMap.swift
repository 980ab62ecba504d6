import Tensors

/// Which layer of a student is held against which of a teacher, as a rule that goes for any number of layers.
///
/// Layers are counted from 0, as in the names of parameters. With S layers of the student and T of the teacher:
/// - `uniform`: the layer i against round((i + 1) · T / S) − 1, the last against the last (TinyBERT: Jiao et al., 2020);
/// - `rosita`: against ⌊(i + 1) · T / S⌋ − 1, as ROSITA's 8 of 12 layers (Liu et al., 2021);
/// - `last`: against T − S + i, the last layers (PKD: Sun et al., 2019);
/// - `0:1,1:3`: student:teacher as they are given.
package enum LayerMap: Sendable, Equatable, CustomStringConvertible {
  case uniform
  case rosita
  case last
  case pairs([LayerPair])

  /// - Throws: ``Failure`` of usage.
  package init(_ text: String) throws {
    switch text {
    case "uniform": self = .uniform
    case "rosita": self = .rosita
    case "last": self = .last
    default:
      let pairs = text.split(separator: ",", omittingEmptySubsequences: false).map(LayerPair.init)
      let all = pairs.compactMap(\.self)
      guard all.count == pairs.count else { throw Failure(DistillationReason.layerMap(text)) }
      self = .pairs(all)
    }
  }

  package var description: String {
    switch self {
    case .uniform: "uniform"
    case .rosita: "rosita"
    case .last: "last"
    case .pairs(let pairs): pairs.map { "\($0.student):\($0.teacher)" }.joined(separator: ",")
    }
  }

  /// The pairs for a student and a teacher.
  ///
  /// - Parameters:
  ///   - student: how many layers it has, at least one.
  ///   - teacher: the same.
  /// - Throws: ``Failure`` of usage if a layer is not there, or the rule is for smaller students.
  package func pairs(student: Int, teacher: Int) throws -> [LayerPair] {
    switch self {
    case .uniform:
      return (1...student).map { layer in
        LayerPair(layer - 1, max(0, (2 * layer * teacher + student) / (2 * student) - 1))
      }
    case .rosita, .last:
      guard student <= teacher else {
        throw Failure(DistillationReason.layers(self, student: student, teacher: teacher))
      }
      return (1...student).map { layer in
        LayerPair(
          layer - 1,
          self == .last ? teacher - student + layer - 1 : layer * teacher / student - 1)
      }
    case .pairs(let pairs):
      for pair in pairs {
        try Self.check(pair.student, of: "student", count: student)
        try Self.check(pair.teacher, of: "teacher", count: teacher)
      }
      return pairs
    }
  }

  /// Fails unless a model has a layer.
  package static func check(_ layer: Int, of owner: String, count: Int) throws {
    guard layer < count else {
      throw Failure(DistillationReason.layer(layer, of: owner, count: count))
    }
  }
}

/// A layer of a student and the one of a teacher that it is held against.
package struct LayerPair: Sendable, Equatable {
  package var student: Int
  package var teacher: Int

  package init(_ student: Int, _ teacher: Int) {
    self.student = student
    self.teacher = teacher
  }

  /// `0:1`.
  fileprivate init?(_ text: Substring) {
    let layers = text.split(separator: ":", omittingEmptySubsequences: false).map {
      $0.utf8.allSatisfy { (48...57).contains($0) } && $0.utf8.count < 6 ? Int($0) : nil
    }
    guard layers.count == 2, let student = layers[0], let teacher = layers[1] else { return nil }
    self.init(student, teacher)
  }
}
