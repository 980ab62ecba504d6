import Tensors

/// Decodes a pickle into a graph of what it describes.
///
/// A pickle is a program for a machine with a stack; here it only ever builds values. Globals stay names, and a call stays a
/// record of what would have been called: nothing of Python is there to be run.
struct PickleDecoder {
  private var input: PickleInput
  private let start: Int
  private var graph = PickleGraph()
  private var stack: [PickleValue] = []
  /// How high the stack was at each mark.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  /// In bytes; a model's is some hundred kilobytes.
  static let sizeLimit = 256 << 20
  static let operationLimit = 16 << 20

  /// Decodes one pickle of a file.
  ///
  /// - Returns: also where it ends.
  /// - Throws: ``Failure`` with the byte at which it is damaged.
  static func decode(
    _ file: InputFile, _ range: Range<Int>
  ) throws -> (graph: PickleGraph, end: Int) {
    var decoder = PickleDecoder(file, range)
    try decoder.run()
    return (decoder.graph, decoder.input.offset)
  }

  private init(_ file: InputFile, _ range: Range<Int>) {
    input = PickleInput(file, range)
    start = range.lowerBound
  }

  private mutating func run() throws {
    guard input.rest > 0 else { throw input.failure(.notAPickle) }
    for _ in 0..<Self.operationLimit {
      let place = input.offset
      guard place - start <= Self.sizeLimit else {
        throw input.failure(.tooLarge(limit: Self.sizeLimit))
      }
      let byte = try input.byte()
      guard let opcode = PickleOpcode(rawValue: byte) else {
        throw input.failure(place == start ? .notAPickle : .unknownOpcode(byte), at: place)
      }
      if opcode == .stop {
        graph.root = try pop()
        guard stack.isEmpty else { throw input.failure(.leftover(stack.count)) }
        return
      }
      try perform(opcode)
    }
    throw input.failure(.tooManyOperations(limit: Self.operationLimit))
  }

  private mutating func perform(_ opcode: PickleOpcode) throws {
    switch opcode {
    case .proto:
      let version = Int(try input.byte())
      guard (1...5).contains(version) else { throw input.failure(.protocolVersion(version)) }
    case .frame: _ = try input.number(8)
    case .stop: break
    case .mark: marks.append(stack.count)
    case .pop:
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case .popMark: _ = try popToMark()
    case .duplicate: stack.append(try top())

    case .none: stack.append(.none)
    case .newTrue: stack.append(.boolean(true))
    case .newFalse: stack.append(.boolean(false))
    case .binInt: stack.append(.integer(Int(Int32(truncatingIfNeeded: try input.number(4)))))
    case .binInt1: stack.append(.integer(try input.number(1)))
    case .binInt2: stack.append(.integer(try input.number(2)))
    case .long1: stack.append(try integer(of: try input.number(1)))
    case .long4: stack.append(try integer(of: try input.number(4)))
    case .binFloat:
      let bits = try input.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      stack.append(.number(Double(bitPattern: bits)))

    case .binUnicode, .binString: stack.append(.text(try input.text(try input.number(4))))
    case .shortBinUnicode, .shortBinString:
      stack.append(.text(try input.text(try input.number(1))))
    case .binUnicode8: stack.append(.text(try input.text(try input.number(8))))
    case .binBytes: stack.append(.bytes(try input.skip(try input.number(4))))
    case .shortBinBytes: stack.append(.bytes(try input.skip(try input.number(1))))
    case .binBytes8, .byteArray8: stack.append(.bytes(try input.skip(try input.number(8))))

    case .emptyList: push(PickleNode(kind: .list))
    case .emptyTuple: push(PickleNode(kind: .tuple))
    case .emptyDictionary: push(PickleNode(kind: .dictionary))
    case .emptySet: push(PickleNode(kind: .set))
    case .list: push(PickleNode(kind: .list, items: try popToMark()))
    case .frozenSet: push(PickleNode(kind: .set, items: try popToMark()))
    case .tuple: push(PickleNode(kind: .tuple, items: try popToMark()))
    case .tuple1: push(PickleNode(kind: .tuple, items: try pop(1)))
    case .tuple2: push(PickleNode(kind: .tuple, items: try pop(2)))
    case .tuple3: push(PickleNode(kind: .tuple, items: try pop(3)))
    case .dictionary: push(PickleNode(kind: .dictionary, pairs: try pairs(popToMark())))
    case .append: try appendToTop(try pop(1))
    case .appends, .addItems: try appendToTop(try popToMark())
    case .setItem: try setInTop(try pop(2))
    case .setItems: try setInTop(try popToMark())

    case .global:
      let module = try input.line()
      stack.append(.global(PickleGlobal(module: module, name: try input.line())))
    case .stackGlobal:
      let names = try pop(2).compactMap(\.text)
      guard names.count == 2 else { throw input.failure(.wrongOperand("the name of a global")) }
      stack.append(.global(PickleGlobal(module: names[0], name: names[1])))
    case .reduce, .newObject:
      let parts = try pop(2)
      push(PickleNode(kind: .object(parts[0], arguments: parts[1])))
    case .newObjectExtended:
      let parts = try pop(3)
      push(PickleNode(kind: .object(parts[0], arguments: parts[1]), state: parts[2]))
    case .instance:
      let module = try input.line()
      let type = PickleGlobal(module: module, name: try input.line())
      pushObject(.global(type), try popToMark())
    case .object:
      let parts = try popToMark()
      guard let type = parts.first else { throw input.failure(.wrongOperand("a class")) }
      pushObject(type, Array(parts.dropFirst()))
    case .build:
      let state = try pop()
      guard case .node(let index) = try top() else {
        throw input.failure(.wrongOperand("an object"))
      }
      graph.nodes[index].state = state
    case .binPersistentIdentifier: push(PickleNode(kind: .persistent(try pop())))

    case .binGet: try recall(try input.number(1))
    case .longBinGet: try recall(try input.number(4))
    case .binPut: memo[try input.number(1)] = try top()
    case .longBinPut: memo[try input.number(4)] = try top()
    case .memoize: memo[memo.count] = try top()
    }
  }
}

extension PickleDecoder {
  private mutating func push(_ node: PickleNode) {
    stack.append(.node(graph.nodes.count))
    graph.nodes.append(node)
  }

  private mutating func pushObject(_ type: PickleValue, _ arguments: [PickleValue]) {
    graph.nodes.append(PickleNode(kind: .tuple, items: arguments))
    push(PickleNode(kind: .object(type, arguments: .node(graph.nodes.count - 1))))
  }

  /// The value on top; one below the last mark is out of reach.
  private func top() throws -> PickleValue {
    guard let value = stack.last, stack.count > marks.last ?? 0 else {
      throw input.failure(.emptyStack)
    }
    return value
  }

  private mutating func pop() throws -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  /// The topmost values, the uppermost last.
  private mutating func pop(_ count: Int) throws -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else { throw input.failure(.emptyStack) }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popToMark() throws -> [PickleValue] {
    guard let mark = marks.popLast() else { throw input.failure(.noMark) }
    defer { stack.removeLast(stack.count - mark) }
    return Array(stack[mark...])
  }

  private mutating func appendToTop(_ values: [PickleValue]) throws {
    guard case .node(let index) = try top() else { throw input.failure(.wrongOperand("a list")) }
    graph.nodes[index].items += values
  }

  private mutating func setInTop(_ values: [PickleValue]) throws {
    guard case .node(let index) = try top() else {
      throw input.failure(.wrongOperand("a dictionary"))
    }
    graph.nodes[index].pairs += try pairs(values)
  }

  private func pairs(
    _ values: [PickleValue]
  ) throws -> [(key: PickleValue, value: PickleValue)] {
    guard values.count % 2 == 0 else { throw input.failure(.wrongOperand("a value for a key")) }
    return stride(from: 0, to: values.count, by: 2).map { (values[$0], values[$0 + 1]) }
  }

  private mutating func recall(_ index: Int) throws {
    guard let value = memo[index] else { throw input.failure(.noSuchMemo(index)) }
    stack.append(value)
  }

  /// An integer in two's complement.
  private mutating func integer(of count: Int) throws -> PickleValue {
    let bytes = try input.bytes(count)
    guard bytes.count <= 8 else { return .longInteger(bytes) }
    var value: UInt64 = bytes.last.map { $0 >= 0x80 } == true ? .max : 0
    for byte in bytes.reversed() { value = value << 8 | UInt64(byte) }
    return .integer(Int(truncatingIfNeeded: value))
  }
}
