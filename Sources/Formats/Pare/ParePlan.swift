import Checkpoints
import Documents
import Tensors

/// Where the parts of a file go, as far as that is known before anything is coded.
///
/// The header is reserved as long as it can become. Small dense tensors follow as they are, in the order of the
/// reference implementation, then the coded ones in the order of the model.
struct ParePlan {
  /// In the order of the model.
  let tensors: [NamedTensor]
  let metadata: [(key: String, value: String)]
  /// Indices of tensors, in the order of their data.
  let plain: [Int]
  let coded: [Int]
  /// With the eight bytes of its length.
  let headerSize: Int

  /// Dense tensors up to this size are stored as they are, in bytes: what coding saves of them goes into the
  /// header.
  static let plainLimit = 4096

  init(_ container: Container) throws {
    tensors = container.tensors
    metadata = container.metadata
    let tensors = container.tensors
    if let tensor = tensors.first(where: { $0.name.utf8.contains(0) }) {
      throw Failure(PareReason.nameWithNUL, at: Place(tensor: tensor.name))
    }
    for tensor in tensors {
      do {
        try tensor.storage?.checkFit(tensor.tensor.shape)
      } catch let failure as Failure {
        throw failure.within(Place(tensor: tensor.name))
      }
    }
    let isPlain = tensors.map { $0.storage == nil && $0.tensor.byteCount <= Self.plainLimit }
    plain = tensors.indices.filter { isPlain[$0] }.sorted {
      let (left, right) = (tensors[$0].tensor.elementType.rank, tensors[$1].tensor.elementType.rank)
      return left != right
        ? left > right : tensors[$0].name.utf8.precedes(tensors[$1].name.utf8)
    }
    coded = tensors.indices.filter { !isPlain[$0] }
    headerSize = try Self.longestHeader(tensors, isPlain, container.metadata)
  }

  var plainByteCount: Int { plain.reduce(0) { $0 + tensors[$1].tensor.byteCount } }

  /// What the file will take if codes and masks take their bits and floating-point numbers what they are.
  var expectedByteCount: Int {
    coded.reduce(headerSize + plainByteCount) { $0 + tensors[$1].heldStorage.expectedByteCount }
  }

  /// The header with numbers as long as they can become.
  private static func longestHeader(
    _ tensors: [NamedTensor], _ isPlain: [Bool], _ metadata: [(key: String, value: String)]
  ) throws -> Int {
    let total = tensors.reduce(0) { $0.addingClamped($1.heldStorage.byteCount) }
    let longest = Self.longest(total)
    var header: [SafetensorsHeader.Placed] = []
    var entries: [(name: String, entry: PareManifest.Entry)] = []
    for (index, tensor) in tensors.enumerated() {
      if isPlain[index] {
        header.append(
          .init(tensor.name, tensor.tensor.elementType, tensor.tensor.shape, longest..<longest))
        entries.append((tensor.name, .plain(checksum: .max)))
      } else {
        header.append(.init(tensor.name, .u8, [longest], longest..<longest))
        entries.append((tensor.name, longestEntry(tensor)))
      }
    }
    return try SafetensorsHeader.bytes(
      header, PareManifest(entries).metadata(beside: metadata)
    ).count
  }

  /// What the manifest may at most say of a coded tensor.
  static func longestEntry(_ tensor: NamedTensor) -> PareManifest.Entry {
    let storage = tensor.heldStorage
    let streams = storage.tensors.map {
      StoredStream(
        coder: .floats, type: $0.elementType, shape: $0.shape, byteCount: longest($0.byteCount))
    }
    return .coded(tensor, streams)
  }

  /// The number with the most digits that a coded size, or the end of some, may have.
  private static func longest(_ byteCount: Int) -> Int {
    var limit = 1 << 16
    while limit / 2 < byteCount, limit < 1 << 60 { limit *= 2 }
    var nines = 9
    while nines < limit { nines = nines * 10 + 9 }
    return nines
  }
}

extension PareManifest.Entry {
  /// - Parameter streams: of the tensors of its storage, in their order.
  static func coded(_ tensor: NamedTensor, _ streams: [StoredStream]) -> PareManifest.Entry {
    var rest = streams[...]
    return .coded(
      tensor.tensor.elementType, tensor.tensor.shape,
      storage: tensor.heldStorage.manifest(&rest))
  }
}

extension NamedTensor {
  /// How it is held, `dense` included.
  var heldStorage: Storage { storage ?? .dense(tensor) }
}

extension Storage {
  fileprivate var expectedByteCount: Int {
    switch self {
    case .dense(let tensor): tensor.byteCount
    case .quantized(let codes, .uniform(let bits, _, let scales, let zeroPoints, let groupIndex)):
      codes.elementCount / 8 * bits + scales.byteCount + (zeroPoints?.byteCount ?? 0)
        + (groupIndex?.byteCount ?? 0)
    case .sparse(let mask, let values): mask.kept.byteCount / 8 + values.expectedByteCount
    case .factorized(let left, let right), .sum(let left, let right):
      left.expectedByteCount + right.expectedByteCount
    case .quantized, .shared: byteCount
    }
  }
}
