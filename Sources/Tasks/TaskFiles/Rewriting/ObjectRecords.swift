import Documents
import Tensors

/// Objects on lines of their own, as their file has them.
struct LineRecords: RecordForm {
  private let source: SourceText
  private var lines: [Range<Int>] = []
  private let keys: TextKeys

  init(_ source: SourceText, _ description: TaskDescription) throws {
    self.source = source
    var lines: [Range<Int>] = []
    keys = try source.withBytes { bytes in
      for (_, line) in TextLines(bytes) where !line.isBlank {
        lines.append(line.bytes.startIndex..<line.bytes.endIndex)
      }
      let first = try JSON.parse(Array(bytes[lines.first ?? 0..<0]), file: source.path)
      return try TextKeys(JSONNode(first), description)
    }
    self.lines = lines
  }

  var count: Int { lines.count }

  func record(_ index: Int) -> [UInt8] { source.withBytes { Array($0[lines[index]]) } }

  func record(_ index: Int, _ first: String, _ second: String?) throws -> [UInt8] {
    keys.written(try JSON.parse(record(index), file: source.path), first, second)
  }
}

/// The objects of a list, which may stand under `data` in an object.
struct ListRecords: RecordForm {
  /// What stands before the objects and behind them.
  let frame: (front: [UInt8], back: [UInt8])
  private let nodes: [JSON]
  private let keys: TextKeys

  init(_ source: SourceText, _ description: TaskDescription) throws {
    let document = try source.withBytes { try JSON.parse(Array($0), file: source.path) }
    nodes = document.array ?? document["data"]?.array ?? []
    keys = try TextKeys(JSONNode(nodes.first ?? .null), description)
    // The members of the document but its data; the brace that closes them is put behind the list.
    let rest = JSON.object((document.members ?? []).filter { $0.key != "data" })
    let members = rest.text().dropLast()
    frame =
      document.array != nil
      ? (Array("[\n".utf8), Array("\n]\n".utf8))
      : (
        Array("\(members)\(rest.members?.isEmpty ?? true ? "" : ",")\"data\":[\n".utf8),
        Array("\n]}\n".utf8)
      )
  }

  var count: Int { nodes.count }

  func record(_ index: Int) -> [UInt8] { Array(nodes[index].text().utf8) }

  func record(_ index: Int, _ first: String, _ second: String?) -> [UInt8] {
    keys.written(nodes[index], first, second)
  }
}

/// The members of objects that their texts are.
private struct TextKeys: Sendable {
  private let text: String
  private let second: String?

  init(_ first: JSONNode, _ description: TaskDescription) throws {
    let records = try TextRecords(description, first)
    (text, second) = (records.text, records.second)
  }

  /// An object on one line, with other texts.
  func written(_ object: JSON, _ first: String, _ second: String?) -> [UInt8] {
    let members = (object.members ?? []).map { key, value -> (key: String, value: JSON) in
      if key == text { return (key, .string(first)) }
      if key == self.second, let second { return (key, .string(second)) }
      return (key, value)
    }
    return Array(JSON.object(members).text().utf8)
  }
}
