import CYAML
import Tensors

/// One event of libyaml's parser and where it begins.
struct YAMLEvent {
  enum Kind {
    case documentStart, documentEnd, streamEnd
    case alias(String)
    case scalar(text: String, tag: String?, isPlain: Bool)
    case sequenceStart(tag: String?)
    case sequenceEnd
    case mappingStart(tag: String?)
    case mappingEnd
  }

  var kind: Kind
  /// Both counted from one.
  var line: Int
  var column: Int

  func failure(_ reason: any Reason) -> Failure {
    Failure(TextReason(line: line, column: column, reason))
  }
}

/// The events of a text, one after the other.
struct YAMLEvents: ~Copyable {
  // The parser points to itself, so that it must not move.
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let text: UnsafeRawBufferPointer

  /// - Parameter text: must outlive the events.
  init(_ text: UnsafeRawBufferPointer) throws {
    let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      throw Failure(YAMLReason.noMemory)
    }
    self.parser = parser
    self.text = text
    // A pointer is wanted even for no bytes.
    let start = text.baseAddress ?? UnsafeRawPointer(parser)
    yaml_parser_set_input_string(
      parser, start.assumingMemoryBound(to: UInt8.self), text.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// The next event; after the end of the stream, that end again.
  func next() throws -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw failure }
    defer { yaml_event_delete(&event) }
    guard let kind = YAMLEvent.Kind(event) else { return try next() }
    return YAMLEvent(
      kind: kind, line: Int(event.start_mark.line) + 1, column: Int(event.start_mark.column) + 1)
  }

  private var failure: Failure {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "unknown error"
    if parser.pointee.error == YAML_MEMORY_ERROR { return Failure(YAMLReason.noMemory) }
    if parser.pointee.error == YAML_READER_ERROR {
      let (line, column) = position(ofByte: Int(parser.pointee.problem_offset))
      return Failure(TextReason(line: line, column: column, YAMLReason.syntax(problem)))
    }
    let context = parser.pointee.context.map { String(cString: $0) + ", " } ?? ""
    let mark = parser.pointee.problem_mark
    return Failure(
      TextReason(
        line: Int(mark.line) + 1, column: Int(mark.column) + 1,
        YAMLReason.syntax(context + problem)))
  }

  /// libyaml gives only the offset of bytes that are no characters.
  private func position(ofByte offset: Int) -> (line: Int, column: Int) {
    let before = text.prefix(offset)
    let line = before.count { $0 == UInt8(ascii: "\n") }
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (line + 1, String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1)
  }
}

extension YAMLEvent.Kind {
  /// Nil for what says nothing of the document.
  fileprivate init?(_ event: yaml_event_t) {
    switch event.type {
    case YAML_STREAM_END_EVENT: self = .streamEnd
    case YAML_DOCUMENT_START_EVENT: self = .documentStart
    case YAML_DOCUMENT_END_EVENT: self = .documentEnd
    case YAML_ALIAS_EVENT: self = .alias(text(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      self = .scalar(
        text: String(decoding: bytes, as: UTF8.self), tag: text(scalar.tag),
        isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
    case YAML_SEQUENCE_START_EVENT: self = .sequenceStart(tag: text(event.data.sequence_start.tag))
    case YAML_SEQUENCE_END_EVENT: self = .sequenceEnd
    case YAML_MAPPING_START_EVENT: self = .mappingStart(tag: text(event.data.mapping_start.tag))
    case YAML_MAPPING_END_EVENT: self = .mappingEnd
    case YAML_NO_EVENT: self = .streamEnd
    default: return nil
    }
  }
}

private func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String? {
  bytes.map { String(cString: $0) }
}
