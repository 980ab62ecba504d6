import Checkpoints

/// The attribute paths of a student in Keras 3, and in the `.weights.h5` of Keras 2.15:
/// `layers/bidirectional/forward_layer/cell/vars/0`.
///
/// Layers go by their classes, so that the first dense layer is the projection and the second the head. What dropout draws its numbers
/// from is a buffer.
struct BiLSTMKeras: BiLSTMDialect {
  let name = "keras-bilstm"
  let summary = "BiLSTM student, Keras 3: layers/bidirectional/forward_layer/cell/vars/0"
  let styles: [NameStyle] = [.kerasPaths, .flat]

  private let table: NameTable

  init() {
    table = NameTable(Self.places.map { NameTable.Entry($0.place.name, $0.role, $0.place.layout) })
  }

  func meanings(of names: [String]) -> Meanings {
    Meanings(
      names.map { name in
        let path = KerasPath(name).rest
        if path.without(suffix: "seed_generator/vars/0") != nil { return .buffer(.seed) }
        return table.match(path).map { .parameter($0.role, $0.layout) }
      })
  }

  func places(in style: NameStyle) -> [(role: Role, place: NamedPlace)] { Self.places }

  private static let places: [(role: Role, place: NamedPlace)] = {
    var places = [
      (Role(.embedding(.word), .weight), NamedPlace("layers/embedding/vars/0", .asIs))
    ]
    for direction in Direction.allCases {
      let cell = "layers/bidirectional/\(direction.rawValue)_layer/cell/vars"
      let (input, recurrent) = (Module.lstm(direction, .input), Module.lstm(direction, .recurrent))
      places.append((Role(input, .weight), NamedPlace("\(cell)/0", .transposed)))
      places.append((Role(recurrent, .weight), NamedPlace("\(cell)/1", .transposed)))
      places.append((Role(input, .bias), NamedPlace("\(cell)/2", .asIs)))
    }
    for (module, layer) in [(Module.projection, "dense"), (.head(.classifier), "dense_1")] {
      places.append((Role(module, .weight), NamedPlace("layers/\(layer)/vars/0", .transposed)))
      places.append((Role(module, .bias), NamedPlace("layers/\(layer)/vars/1", .asIs)))
    }
    return places
  }()
}
