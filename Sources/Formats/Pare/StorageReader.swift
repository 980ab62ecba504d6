import Checkpoints
import Documents
import Tensors

/// Makes the storage of one tensor of what a file says of it; its parts read their streams later.
struct StorageReader {
  private let source: FileSource
  private let name: String
  /// Where the next stream begins, from the start of the tensor's bytes.
  private var place = 0

  /// - Parameter source: the bytes of the tensor that holds the streams.
  init(_ source: FileSource, name: String) {
    self.source = source
    self.name = name
  }

  mutating func storage(_ json: JSON) throws -> Storage {
    let storage = try part(json)
    try storage.validate()
    let rest = source.byteCount - place
    guard rest == 0 else { throw Failure(PareReason.follows(rest)) }
    return storage
  }

  /// Nestings that are not legal end here, and with them the depth of what is read.
  private mutating func part(_ json: JSON?, within outer: Storage.Kind? = nil) throws -> Storage {
    func nesting(_ inner: Storage.Kind) throws {
      guard outer.map({ Storage.canHold($0, inner) }) ?? true else {
        throw Failure(StorageReason.illegalNesting(outer: outer!, inner: inner))
      }
    }
    if json?.array != nil {
      try nesting(.dense)
      return .dense(try tensor(json))
    }
    guard let members = json?.members, members.count == 1, let (key, fields) = members.first else {
      throw Failure(
        PareReason.field("storage", expected: "a stream, or an object of one member"))
    }
    switch key {
    case "sparse":
      try nesting(.sparse)
      return try sparse(fields)
    case "factorized":
      try nesting(.factorized)
      return .factorized(
        left: try part(fields["left"], within: .factorized),
        right: try part(fields["right"], within: .factorized))
    case "sum":
      try nesting(.sum)
      return .sum(
        try part(fields["left"], within: .sum), try part(fields["right"], within: .sum))
    default:
      try nesting(.quantized)
      let codes = try tensor(fields["codes"])
      return .quantized(codes: codes, scheme: try scheme(key, fields))
    }
  }

  private mutating func sparse(_ fields: JSON) throws -> Storage {
    let kept = try tensor(fields["mask"])
    guard kept.elementType == .bool else {
      throw Failure(PareReason.field("mask", expected: "a stream of BOOL"))
    }
    let shape = try Shape(reading: fields["shape"] ?? .null)
    let block = try Shape(reading: fields["block"] ?? .null)
    guard block.rank == 2, block.elementCount > 0 else {
      throw Failure(PareReason.field("block", expected: "the rows and columns of a block"))
    }
    return .sparse(
      mask: Mask(kept: kept, denseShape: shape, block: block),
      values: try part(fields["values"], within: .sparse))
  }

  private mutating func scheme(_ key: String, _ fields: JSON) throws -> QuantizationScheme {
    switch key {
    case "uniform":
      let bits = try self.bits(fields)
      return .uniform(
        bits: bits, granularity: try .init(reading: fields["per"]),
        scales: try tensor(fields["scales"]),
        zeroPoints: try optionalTensor(fields["zero_points"]),
        groupIndex: try optionalTensor(fields["group_index"]))
    case "codebook":
      return .codebook(bits: try bits(fields), entries: try tensor(fields["entries"]))
    case "product":
      let entries = try tensor(fields["entries"])
      guard entries.shape.rank == 3, entries.elementCount > 0 else {
        throw Failure(
          PareReason.field("entries", expected: "of the shape [sub-spaces, entries, width]"))
      }
      return .product(entries: entries)
    case "row_step": return .rowStep(steps: try tensor(fields["steps"]))
    default: throw Failure(PareReason.unknownStorage(key))
    }
  }

  private func bits(_ fields: JSON) throws -> Int {
    guard let bits = fields["bits"]?.integer, (1...32).contains(bits) else {
      throw Failure(PareReason.field("bits", expected: "1 to 32"))
    }
    return bits
  }

  private mutating func optionalTensor(_ json: JSON?) throws -> Tensor? {
    try json.map { try tensor($0) }
  }

  /// The next stream.
  private mutating func tensor(_ json: JSON?) throws -> Tensor {
    let stream = try StoredStream(reading: json)
    guard stream.byteCount <= source.byteCount - place else {
      throw Failure(
        PareReason.beyondTensor(
          needed: place.addingClamped(stream.byteCount), found: source.byteCount))
    }
    let start = source.range.lowerBound + place
    place += stream.byteCount
    return Tensor(
      stream.type, stream.shape,
      source: CodedSource(
        source.file, start..<(start + stream.byteCount), stream, name: name))
  }
}

extension QuantizationScheme.Granularity {
  /// Sizes are those of a matrix that could be: safe to add to.
  fileprivate init(reading json: JSON?) throws {
    let sizes = json?.array?.dropFirst().compactMap(\.integer) ?? []
    let areSizes = sizes.allSatisfy { (1..<(1 << 48)).contains($0) }
    switch (json?.array?.first?.string, json?.array?.count, sizes.count) {
    case ("tensor", 1, 0): self = .tensor
    case ("axis", 2, 1) where (0...1).contains(sizes[0]): self = .axis(sizes[0])
    case ("group", 2, 1) where areSizes: self = .group(sizes[0])
    case ("block", 3, 2) where areSizes: self = .block(rows: sizes[0], columns: sizes[1])
    default:
      throw Failure(
        PareReason.field("per", expected: "tensor, axis, group or block, and its sizes"))
    }
  }
}
