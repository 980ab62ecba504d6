import CJSON
import Tensors

extension JSON {
  /// How deep documents may nest: far more than any configuration does, far less than the stack holds.
  package static let depthLimit = 64

  /// Reads one JSON document through json-c in its strict mode.
  ///
  /// - Parameter file: the name that errors are reported under.
  /// - Throws: ``Failure`` with the offset of the first wrong byte.
  package static func parse(_ text: [UInt8], file: String) throws -> JSON {
    func failure(_ reason: JSONReason, _ offset: Int? = nil) -> Failure {
      Failure(reason, at: Place(file: file, offset: offset))
    }
    guard text.count < Int(Int32.max) else { throw failure(.tooLarge(text.count)) }
    if let offset = text.firstIndex(of: 0) { throw failure(.syntax("unexpected NUL"), offset) }
    guard let tokener = json_tokener_new_ex(Int32(depthLimit)) else { throw failure(.noMemory) }
    defer { json_tokener_free(tokener) }
    json_tokener_set_flags(tokener, pare_json_strict())
    // With its closing NUL, so that a bare number at the end is known to be complete.
    let value = (text + [0]).withUnsafeBytes {
      json_tokener_parse_ex(
        tokener, $0.baseAddress!.assumingMemoryBound(to: CChar.self), Int32($0.count))
    }
    defer { json_object_put(value) }
    let status = json_tokener_get_error(tokener)
    let end = json_tokener_get_parse_end(tokener)
    guard status == json_tokener_success else {
      let truncated = status == json_tokener_continue
      let reason = truncated ? "unexpected end" : String(cString: json_tokener_error_desc(status))
      throw failure(.syntax(reason), min(end, text.count))
    }
    let rest = text.dropFirst(end).first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    guard rest == nil, !text.isEmpty else {
      throw failure(.syntax("unexpected text after the value"), end)
    }
    return try JSON(value, failure)
  }

  /// Reads a JSON file.
  package static func read(_ path: String, limit: Int = 512 << 20) throws -> JSON {
    let file = try InputFile(path, access: .read)
    guard file.byteCount <= limit else {
      throw Failure(JSONReason.tooLarge(file.byteCount), at: Place(file: path))
    }
    return try parse(file.bytes(0..<file.byteCount), file: path)
  }

  private init(_ value: OpaquePointer?, _ failure: (JSONReason, Int?) -> Failure) throws {
    switch json_object_get_type(value) {
    case json_type_boolean: self = .bool(json_object_get_boolean(value) != 0)
    case json_type_double:
      let number = json_object_get_double(value)
      // json-c takes NaN and Infinity, which are not JSON.
      guard number.isFinite else { throw failure(.notFinite, nil) }
      self = .number(number)
    case json_type_int: self = try JSON.integer(of: value, failure)
    case json_type_string: self = .string(JSON.text(value))
    case json_type_array:
      self = .array(
        try (0..<json_object_array_length(value)).map {
          try JSON(json_object_array_get_idx(value, $0), failure)
        })
    case json_type_object: self = .object(try JSON.members(of: value, failure))
    default: self = .null
    }
  }

  private static func integer(
    of value: OpaquePointer?, _ failure: (JSONReason, Int?) -> Failure
  ) throws -> JSON {
    let number = json_object_get_int64(value)
    // json-c stops at the limits of the type instead of failing.
    guard number != .max, number != .min else { throw failure(.integerOverflow, nil) }
    return .integer(Int(number))
  }

  private static func text(_ value: OpaquePointer?) -> String {
    let bytes = UnsafeRawBufferPointer(
      start: json_object_get_string(value), count: Int(json_object_get_string_len(value)))
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func members(
    of object: OpaquePointer?, _ failure: (JSONReason, Int?) -> Failure
  ) throws -> [(key: String, value: JSON)] {
    var members: [(key: String, value: JSON)] = []
    var position = json_object_iter_begin(object)
    var end = json_object_iter_end(object)
    while json_object_iter_equal(&position, &end) == 0 {
      let key = String(cString: json_object_iter_peek_name(&position))
      members.append((key, try JSON(json_object_iter_peek_value(&position), failure)))
      json_object_iter_next(&position)
    }
    return members
  }
}

/// What can be wrong with a JSON document.
package enum JSONReason: Reason {
  case syntax(String)
  case notFinite
  case integerOverflow
  case tooLarge(Int)
  case noMemory
  case missing(String)
  case wrongType(String, expected: String)

  package var description: String {
    switch self {
    case .syntax(let what): "is not valid JSON: \(what)"
    case .notFinite: "is not valid JSON: NaN and Infinity are no JSON numbers"
    case .integerOverflow: "holds an integer beyond 64 bits"
    case .tooLarge(let count): "is too large for a JSON document: \(count) bytes"
    case .noMemory: "cannot be read: out of memory"
    case .missing(let key): "lacks the key '\(key)'"
    case .wrongType(let key, let expected): "'\(printable(key))' should be \(expected)"
    }
  }
}
