import Documents
import TestSupport

/// A copy of a sample in safetensors, with a vocabulary, that is changed before it is run.
struct EditedModel {
  let folder: TemporaryFolder

  init(_ sample: String, vocabulary: String = "bert-tiny/vocab.txt") throws {
    folder = try TemporaryFolder()
    for name in ["model.safetensors", "config.json"] {
      _ = try folder.file(name, bytes(of: Places.sample("\(sample)/\(name)")))
    }
    _ = try folder.file("vocab.txt", bytes(of: Places.sample(vocabulary)))
  }

  var path: String { folder.path }
  private var weights: String { path + "/model.safetensors" }

  /// Sets members of the configuration; null takes one out.
  func configure(_ settings: [(key: String, value: JSON)]) throws {
    let old = try JSON.read(path + "/config.json").members ?? []
    let kept = old.filter { member in !settings.contains { $0.key == member.key } }
    let document = JSON.object(kept + settings.filter { $0.value != .null })
    _ = try folder.file("config.json", Array(document.text().utf8))
  }

  /// Says that a tensor is of another type of the same width.
  func call(_ tensor: String, _ type: String) throws {
    try edit { header, _ in
      header = header.replacing(tensor) { $0.replacing("\"F16\"", with: "\"\(type)\"") }
    }
  }

  /// Sets all bytes of a tensor to pairs of bytes.
  func fill(_ tensor: String, with pair: [UInt8]) throws {
    try edit { header, data in
      let document = try JSON.parse(Array(header.utf8), file: "header")
      let range = document[tensor]!["data_offsets"]!.array!.map { $0.integer! }
      for index in range[0]..<range[1] { data[index] = pair[(index - range[0]) % 2] }
    }
  }

  private func edit(_ body: (inout String, inout [UInt8]) throws -> Void) throws {
    let file = try bytes(of: weights)
    let length = (0..<8).reduce(0) { $0 | Int(file[$1]) << (8 * $1) }
    var header = String(decoding: file[8..<(8 + length)], as: UTF8.self)
    var data = Array(file[(8 + length)...])
    try body(&header, &data)
    precondition(header.utf8.count == length)
    _ = try folder.file("model.safetensors", file[..<8] + Array(header.utf8) + data)
  }
}

extension String {
  /// Changes the part from a tensor's name to the end of its description.
  fileprivate func replacing(_ tensor: String, _ change: (String) -> String) -> String {
    guard let name = firstRange(of: "\"\(tensor)\""),
      let end = self[name.upperBound...].firstIndex(of: "}")
    else { return self }
    return self[..<name.upperBound] + change(String(self[name.upperBound..<end])) + self[end...]
  }
}
