import Checkpoints
import Tensors

/// The names that PyTorch gives the modules of a student: those of `torch.nn.LSTM`, such as
/// `lstm.weight_ih_l0_reverse`, beside `embeddings`, `projection` and `classifier`.
///
/// PyTorch has two biases for each direction, of which only the sum is ever used. They are read as one parameter; written is the sum in
/// the place of `bias_ih`, and zeros in that of `bias_hh`, without which PyTorch would not load the file. Wrappers (`module.`,
/// `model.`, `_orig_mod.`) and other names that such modules go by are read and not written.
struct BiLSTMPyTorch: BiLSTMDialect {
  let name = "bilstm"
  let summary = "BiLSTM student, PyTorch: lstm.weight_ih_l0_reverse"
  let styles: [NameStyle] = [.flat]

  private let meanings: [String: Meaning]

  init() {
    var meanings: [String: Meaning] = [:]
    for (role, place) in Self.places {
      for name in Self.spellings(of: place.name) { meanings[name] = .parameter(role, place.layout) }
    }
    for (role, place) in Self.addends {
      for name in Self.spellings(of: place.name) { meanings[name] = .addend(role, place.layout) }
    }
    self.meanings = meanings
  }

  func meanings(of names: [String]) -> Meanings {
    Meanings(names.map { meanings[String($0[...].withoutWrappers)] })
  }

  func places(in style: NameStyle) -> [(role: Role, place: NamedPlace)] { Self.places }

  func repetitions(in architecture: Architecture, style: NameStyle) -> [Repetition] {
    guard case .bilstm(let student) = architecture, style == .flat,
      let gates = Shape(checking: [4, student.hidden])
    else { return [] }
    return Self.addends.map { role, place in
      var zeros = Repetition(role, place, order: order(of: role) + [1])
      zeros.zeros = [gates.elementCount]
      return zeros
    }
  }

  private static let places: [(role: Role, place: NamedPlace)] = {
    var places = [(Role(.embedding(.word), .weight), NamedPlace("embeddings.weight", .asIs))]
    for direction in Direction.allCases {
      let end = suffix(of: direction)
      let (input, recurrent) = (Module.lstm(direction, .input), Module.lstm(direction, .recurrent))
      places.append((Role(input, .weight), NamedPlace("lstm.weight_ih_l0\(end)", .asIs)))
      places.append((Role(recurrent, .weight), NamedPlace("lstm.weight_hh_l0\(end)", .asIs)))
      places.append((Role(input, .bias), NamedPlace("lstm.bias_ih_l0\(end)", .asIs)))
    }
    for (module, name) in [(Module.projection, "projection"), (.head(.classifier), "classifier")] {
      for kind in Role.Kind.allCases {
        places.append((Role(module, kind), NamedPlace("\(name).\(kind.rawValue)", .asIs)))
      }
    }
    return places
  }()

  private static let addends: [(role: Role, place: NamedPlace)] = Direction.allCases.map {
    (Role(.lstm($0, .input), .bias), NamedPlace("lstm.bias_hh_l0\(suffix(of: $0))", .asIs))
  }

  private static func suffix(of direction: Direction) -> String {
    direction == .backward ? "_reverse" : ""
  }

  /// A name, and what else it is spelled like.
  private static func spellings(of name: String) -> [String] {
    let alternatives = [
      "embeddings": ["embedding", "word_embedding", "word_embeddings"],
      "lstm": ["bilstm", "rnn"], "projection": ["dense"], "classifier": ["output", "fc"],
    ]
    guard let dot = name.firstIndex(of: ".") else { return [name] }
    let (module, rest) = (String(name[..<dot]), name[dot...])
    return [name] + (alternatives[module] ?? []).map { $0 + rest }
  }
}
