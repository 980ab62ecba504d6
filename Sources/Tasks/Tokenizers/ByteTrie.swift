/// A set of byte strings with a number for each, walked byte by byte.
///
/// The edges lie in one hash table from (node, byte) to node, so that building costs one insertion a
/// byte and a step one probe. The hash is seeded: no vocabulary can be written that fills the table
/// with collisions.
struct ByteTrie {
  typealias Node = UInt32

  static let root: Node = 0
  /// Nodes share 32 bits with the byte of an edge.
  static let nodeLimit = 1 << 24

  /// Node and byte above, the node they lead to below; 0 where there is no edge.
  private var edges: [UInt64]
  private var numbers: [Int32] = [-1]
  private var shift: UInt64
  private let multiplier: UInt64

  /// - Parameter capacity: how many nodes are expected.
  init(capacity: Int = 0) {
    var bits = 6
    while bits < 25, 1 << bits < capacity * 2 { bits += 1 }
    edges = [UInt64](repeating: 0, count: 1 << bits)
    shift = UInt64(64 - bits)
    multiplier = UInt64.random(in: .min ... .max) | 1
    numbers.reserveCapacity(capacity)
  }

  var nodeCount: Int { numbers.count }

  /// The number of the string that ends at a node; nil if none does.
  func number(at node: Node) -> Int32? {
    let number = numbers[Int(node)]
    return number < 0 ? nil : number
  }

  func number(of string: some Sequence<UInt8>) -> Int32? {
    node(of: string).flatMap(number(at:))
  }

  /// Where a string leads from a node; nil if no member begins so.
  func node(of string: some Sequence<UInt8>, from start: Node = root) -> Node? {
    edges.withUnsafeBufferPointer { edges in
      var node = start
      for byte in string {
        guard let next = step(edges, node, byte) else { return nil }
        node = next
      }
      return node
    }
  }

  /// Visits the members that a text begins with at a position, shortest first.
  @inline(__always) func eachPrefix(
    of text: UnsafeBufferPointer<UInt8>, in range: Range<Int>, from start: Node = root,
    _ body: (_ end: Int, _ number: Int32) -> Void
  ) {
    edges.withUnsafeBufferPointer { edges in
      numbers.withUnsafeBufferPointer { numbers in
        var node = start
        var position = range.lowerBound
        while position < range.upperBound, let next = step(edges, node, text[position]) {
          node = next
          position += 1
          if numbers[Int(node)] >= 0 { body(position, numbers[Int(node)]) }
        }
      }
    }
  }

  /// What came of adding a string.
  enum Insertion {
    case new, renumbered
    /// There is no room for its nodes.
    case refused
  }

  /// Adds a string, or gives it another number.
  mutating func insert(_ string: UnsafeBufferPointer<UInt8>, number: Int32) -> Insertion {
    guard numbers.count + string.count < Self.nodeLimit else { return .refused }
    while (numbers.count + string.count) * 2 > edges.count { grow() }
    var node = Self.root
    let (shift, multiplier) = (shift, multiplier)
    edges.withUnsafeMutableBufferPointer { edges in
      for byte in string {
        let key = node << 8 | UInt32(byte)
        var slot = Int((UInt64(key) &* multiplier) >> shift)
        while edges[slot] != 0, UInt32(edges[slot] >> 32) != key {
          slot = (slot + 1) & (edges.count - 1)
        }
        if edges[slot] == 0 {
          edges[slot] = UInt64(key) << 32 | UInt64(numbers.count)
          numbers.append(-1)
        }
        node = UInt32(truncatingIfNeeded: edges[slot])
      }
    }
    defer { numbers[Int(node)] = number }
    return numbers[Int(node)] < 0 ? .new : .renumbered
  }

  private mutating func grow() {
    let old = edges
    edges = [UInt64](repeating: 0, count: old.count * 2)
    shift -= 1
    for edge in old where edge != 0 {
      var slot = Int(((edge >> 32) &* multiplier) >> shift)
      while edges[slot] != 0 { slot = (slot + 1) & (edges.count - 1) }
      edges[slot] = edge
    }
  }

  @inline(__always) private func step(
    _ edges: UnsafeBufferPointer<UInt64>, _ node: Node, _ byte: UInt8
  ) -> Node? {
    let key = node << 8 | UInt32(byte)
    var slot = Int((UInt64(key) &* multiplier) >> shift)
    while edges[slot] != 0 {
      if UInt32(edges[slot] >> 32) == key { return UInt32(truncatingIfNeeded: edges[slot]) }
      slot = (slot + 1) & (edges.count - 1)
    }
    return nil
  }
}
