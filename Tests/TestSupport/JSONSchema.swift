import Foundation

/// The part of JSON Schema that the schemas in `formats/` use.
public struct JSONSchema {
  private let root: [String: Any]

  /// Reads a schema from `formats/`.
  public init(_ name: String) throws {
    let data = Data(try bytes(of: "\(Places.root)/formats/\(name)"))
    root = try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  /// Where a document breaks the schema; empty if it does not.
  public func violations(of document: String) throws -> [String] {
    let value = try JSONSerialization.jsonObject(
      with: Data(document.utf8), options: .fragmentsAllowed)
    return check(value, root, at: "$")
  }

  private func check(_ value: Any, _ schema: [String: Any], at path: String) -> [String] {
    var violations: [String] = []
    if let types = schema["type"].map({ $0 as? [String] ?? [$0 as? String ?? ""] }),
      !types.contains(where: { matches(value, type: $0) })
    {
      return ["\(path): expected \(types.joined(separator: " or ")), found \(value)"]
    }
    if let constant = schema["const"] as? String, value as? String != constant {
      violations.append("\(path): expected \(constant)")
    }
    if let choices = schema["enum"] as? [String], !choices.contains(value as? String ?? "") {
      violations.append("\(path): \(value) is not one of \(choices)")
    }
    if let object = value as? [String: Any] {
      let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
      for key in schema["required"] as? [String] ?? [] where object[key] == nil {
        violations.append("\(path): lacks \(key)")
      }
      for (key, member) in object {
        if let subschema = properties[key] ?? schema["additionalProperties"] as? [String: Any] {
          violations += check(member, subschema, at: "\(path).\(key)")
        } else if !properties.isEmpty {
          violations.append("\(path): \(key) is not in the schema")
        }
      }
    }
    if let array = value as? [Any], let items = schema["items"] as? [String: Any] {
      violations += array.enumerated().flatMap { check($1, items, at: "\(path)[\($0)]") }
    }
    return violations
  }

  private func matches(_ value: Any, type: String) -> Bool {
    switch type {
    case "null": return value is NSNull
    case "string": return value is String
    case "object": return value is [String: Any]
    case "array": return value is [Any]
    default: break
    }
    guard let number = value as? NSNumber else { return false }
    let isBoolean = number.objCType.pointee == 0x63
    switch type {
    case "boolean": return isBoolean
    case "number": return !isBoolean
    case "integer": return !isBoolean && number.doubleValue.rounded() == number.doubleValue
    default: return false
    }
  }
}
