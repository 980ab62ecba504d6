import CJSON

extension JSON {
  /// The document as text, its keys in the order that they have; doubles in their shortest form.
  public func text(pretty: Bool = false) -> String {
    let object = makeObject()
    defer { json_object_put(object) }
    var flags = JSON_C_TO_STRING_NOSLASHESCAPE
    if pretty { flags |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED }
    guard let object else { return "null" }
    return String(cString: json_object_to_json_string_ext(object, Int32(flags)))
  }

  /// A json-c object that the caller owns; null has none.
  private func makeObject() -> OpaquePointer? {
    switch self {
    case .null: return nil
    case .bool(let value): return json_object_new_boolean(value ? 1 : 0)
    case .integer(let value): return json_object_new_int64(Int64(value))
    case .number(let value):
      return value.isFinite ? json_object_new_double_s(value, value.description) : nil
    case .string(let value):
      var value = value
      return value.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          // A pointer is wanted even for no bytes.
          $0.isEmpty
            ? json_object_new_string("")
            : json_object_new_string_len($0.baseAddress, Int32($0.count))
        }
      }
    case .array(let values):
      let array = json_object_new_array()
      for value in values { json_object_array_add(array, value.makeObject()) }
      return array
    case .object(let members):
      let object = json_object_new_object()
      for (key, value) in members { json_object_object_add(object, key, value.makeObject()) }
      return object
    }
  }
}
