import Tensors

/// Makes a value of the events of one document.
struct YAMLComposer: ~Copyable {
  private let events: YAMLEvents
  private var depth = 0

  init(_ events: consuming YAMLEvents) { self.events = events }

  mutating func document() throws -> JSON {
    let first = try events.next()
    guard case .documentStart = first.kind else { return .null }
    let value = try value(beginningWith: events.next())
    _ = try events.next()
    let rest = try events.next()
    guard case .streamEnd = rest.kind else { throw rest.failure(YAMLReason.secondDocument) }
    return value
  }

  private mutating func value(beginningWith event: YAMLEvent) throws -> JSON {
    switch event.kind {
    case .alias(let name): throw event.failure(YAMLReason.alias(name))
    case .scalar(let text, let tag, let isPlain):
      do throws(Failure) {
        return try JSON(yamlScalar: text, tag: tag, isPlain: isPlain)
      } catch {
        throw event.failure(error.reason)
      }
    case .sequenceStart(let tag):
      try check(tag, "tag:yaml.org,2002:seq", event)
      return .array(try elements())
    case .mappingStart(let tag):
      try check(tag, "tag:yaml.org,2002:map", event)
      return .object(try members())
    case .documentStart, .documentEnd, .streamEnd, .sequenceEnd, .mappingEnd:
      throw event.failure(YAMLReason.syntax("a value is missing"))
    }
  }

  private mutating func elements() throws -> [JSON] {
    var elements: [JSON] = []
    while true {
      let event = try events.next()
      if case .sequenceEnd = event.kind { break }
      elements.append(try value(beginningWith: event))
    }
    depth -= 1
    return elements
  }

  private mutating func members() throws -> [(key: String, value: JSON)] {
    var members: [(key: String, value: JSON)] = []
    var keys: Set<String> = []
    while true {
      let event = try events.next()
      if case .mappingEnd = event.kind { break }
      if case .alias(let name) = event.kind { throw event.failure(YAMLReason.alias(name)) }
      guard case .scalar(let key, _, _) = event.kind else {
        throw event.failure(YAMLReason.keyNotScalar)
      }
      guard keys.insert(key).inserted else { throw event.failure(YAMLReason.duplicateKey(key)) }
      members.append((key, try value(beginningWith: events.next())))
    }
    depth -= 1
    return members
  }

  private mutating func check(_ tag: String?, _ expected: String, _ event: YAMLEvent) throws {
    if let tag, tag != expected, tag != "!" { throw event.failure(YAMLReason.unknownTag(tag)) }
    depth += 1
    guard depth <= YAML.depthLimit else { throw event.failure(YAMLReason.depth) }
  }
}
