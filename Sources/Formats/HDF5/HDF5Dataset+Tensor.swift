import Checkpoints
import Tensors

extension HDF5Dataset {
  /// Beyond this size a dataset must store a thousandth of what it declares, as Keras demands too.
  private static let trustedByteCount = 4 << 30
  private static let highestRatio = 1000

  /// What a dataset is to `pare`.
  enum Content {
    case tensor(Tensor)
    /// The type in words, for what cannot be carried elsewhere.
    case foreign(type: String, shape: [Int])
  }

  /// The tensor that a dataset holds.
  ///
  /// - Throws: ``Failure`` if its data lie elsewhere, if they are not as large as declared, or if
  /// they
  ///   would be far larger than what is stored.
  func content(in file: HDF5Bytes) throws -> Content {
    switch storage {
    case .virtual: throw Failure(HDF5Reason.virtualDataset)
    case .external(let files): throw Failure(HDF5Reason.externalStorage(files))
    case .unknown: throw Failure(HDF5Reason.unknownLayout)
    default: break
    }
    let lengths: [Int]
    switch space {
    case .null: return .foreign(type: "\(type.description) (no dataspace)", shape: [])
    case .scalar: lengths = []
    case .simple(let axes): lengths = axes
    }
    guard let elementType = type.elementType(attributes) else {
      return .foreign(type: type.description, shape: lengths)
    }
    guard let shape = Shape(checking: lengths),
      !shape.elementCount.multipliedReportingOverflow(by: elementType.bitWidth).overflow,
      let byteCount = shape.byteCount(of: elementType)
    else { throw Failure(HDF5Reason.shapeOverflow(lengths)) }
    guard byteCount <= Self.trustedByteCount || byteCount / Self.highestRatio <= storedByteCount
    else { throw Failure(HDF5Reason.bomb(declared: byteCount, stored: storedByteCount)) }
    guard let source = try source(in: file, lengths: lengths, byteCount: byteCount) else {
      return .foreign(type: "\(type.description) (\(filterNames))", shape: lengths)
    }
    return .tensor(Tensor(elementType, shape, source: source))
  }

  /// Nil if the data went through a filter that is not known.
  private func source(
    in file: HDF5Bytes, lengths: [Int], byteCount: Int
  ) throws -> (any TensorSource)? {
    guard fill.isEmpty || fill.count == type.byteCount else {
      throw Failure(HDF5Reason.wrongFillSize(declared: type.byteCount, found: fill.count))
    }
    let source: any TensorSource
    switch storage {
    case .chunked(let table):
      guard let pipeline = HDF5Pipeline(filters, elementSize: type.byteCount) else { return nil }
      if byteCount == 0 || table.chunks.isEmpty { return filled(byteCount) }
      source = try ChunkedSource(
        file, lengths: lengths, elementSize: type.byteCount, byteCount: byteCount, table: table,
        pipeline: pipeline, fill: fill)
    case .compact(let bytes):
      guard bytes.count == byteCount else {
        throw Failure(HDF5Reason.wrongSize(declared: byteCount, stored: bytes.count))
      }
      source = MemorySource(bytes)
    case .contiguous(let offset?) where byteCount > 0:
      guard storedByteCount >= byteCount else {
        throw Failure(HDF5Reason.wrongSize(declared: byteCount, stored: storedByteCount))
      }
      source = try FileSource(file.file, file.range(offset, byteCount))
    default: return filled(byteCount)
    }
    return type.isSwapped ? SwappedSource(base: source, width: type.byteCount) : source
  }

  private func filled(_ byteCount: Int) -> FillSource {
    FillSource(element: type.isSwapped ? fill.reversed() : fill, byteCount: byteCount)
  }

  private var filterNames: String {
    let names = filters.map { filter in
      Self.filterNames[filter.identifier]
        ?? (filter.name.isEmpty ? "number \(filter.identifier)" : printable(filter.name))
    }
    return (names.count == 1 ? "filter " : "filters ") + names.joined(separator: ", ")
  }

  /// Those of HDF5 itself and the usual registered ones (the HDF Group's list of filters).
  private static let filterNames: [UInt32: String] = [
    1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scale-offset",
    307: "bzip2", 32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle", 32013: "zfp",
    32015: "zstd", 32026: "blosc2",
  ]
}
