import Checkpoints
import Tensors
import TestSupport

@testable import Formats

/// Tensors in every kind of storage and scheme, with random parts.
struct PareFixture {
  private var generator: SeededGenerator
  private(set) var tensors: [NamedTensor] = []

  init(seed: UInt64 = 7) {
    generator = SeededGenerator(seed: seed)
    addDense()
    addQuantized()
    addComposed()
  }

  /// Some of them, of each kind of storage: enough to be damaged.
  static var few: PareFixture {
    var fixture = PareFixture()
    let names: Set<String> = [
      "dense", "tied", "plain", "uniform.group", "product", "row-step", "sparse.blocks",
      "factorized.sparse", "sum",
    ]
    fixture.tensors.removeAll { !names.contains($0.name) }
    return fixture
  }

  var container: Container {
    Container(
      format: "pare", files: [], byteCount: 0, tensors: tensors,
      metadata: [("format", "pt"), ("pare.recipe", "{\"steps\": []}")])
  }

  private mutating func add(_ name: String, _ storage: Storage, _ shape: Shape) {
    tensors.append(NamedTensor(name, storage, shape, as: .f32))
  }

  private mutating func addDense() {
    for type in ElementType.allCases where type != .bool {
      let shape: Shape = [96, 64]
      let bytes = (0..<shape.byteCount(of: type)!).map { _ in
        // Skewed, so that there is something to code.
        UInt8.random(in: 0...255, using: &generator) & UInt8.random(in: 0...255, using: &generator)
      }
      tensors.append(
        NamedTensor("dense.\(type.rawValue)", Tensor(type, shape, source: MemorySource(bytes))))
    }
    add("dense", .dense(floats([120, 48])), [120, 48])
    add("tied", tensors.last!.heldStorage, [120, 48])
    add("plain", .dense(floats([48])), [48])
    add("plain.empty", .dense(floats([0, 48])), [0, 48])
    add("plain.scalar", .dense(floats([])), [])
    let booleans = (0..<6000).map { UInt8($0 % 7) }
    tensors.append(
      NamedTensor("booleans", Tensor(.bool, [6000], source: MemorySource(booleans))))
  }

  private mutating func addQuantized() {
    let shape: Shape = [40, 48]
    let schemes: [(String, QuantizationScheme.Granularity, Shape, Bool)] = [
      ("tensor", .tensor, [1], false), ("row", .axis(0), [40, 1], false),
      ("column", .axis(1), [1, 48], true), ("group", .group(16), [40, 3], true),
      ("block", .block(rows: 8, columns: 16), [5, 3], false),
    ]
    for (index, (name, granularity, scaleShape, isAsymmetric)) in schemes.enumerated() {
      let bits = 2 + index
      add(
        "uniform.\(name)",
        .quantized(
          codes: codes(shape, bits: bits),
          scheme: .uniform(
            bits: bits, granularity: granularity, scales: floats(scaleShape),
            zeroPoints: isAsymmetric ? codes(scaleShape, bits: bits) : nil,
            groupIndex: name == "group" ? indices([48], below: 3, .i32) : nil)), shape)
    }
    add(
      "codebook",
      .quantized(
        codes: indices(shape, below: 16, .u8),
        scheme: .codebook(bits: 4, entries: floats([16]))), shape)
    add(
      "product",
      .quantized(
        codes: indices([40, 12], below: 16, .u8),
        scheme: .product(entries: floats([12, 16, 4]))), shape)
    add(
      "row-step",
      .quantized(
        codes: indices(shape, below: 2000, .i16), scheme: .rowStep(steps: floats([40]))), shape)
  }

  private mutating func addComposed() {
    let shape: Shape = [40, 48]
    add("sparse", sparse(shape) { .dense($0.floats([$1])) }, shape)
    add("sparse.blocks", sparse(shape, [4, 1]) { .dense($0.floats([$1])) }, shape)
    let rows = { (fixture: inout PareFixture, count: Int) in
      Storage.quantized(
        codes: fixture.codes([count], bits: 8),
        scheme: .uniform(
          bits: 8, granularity: .axis(0), scales: fixture.floats([40, 1]), zeroPoints: nil,
          groupIndex: nil))
    }
    add("sparse.quantized", sparse(shape) { rows(&$0, $1) }, shape)
    let left = sparse([40, 8]) { .dense($0.floats([$1])) }
    let right = sparse([8, 48]) { .dense($0.floats([$1])) }
    add("factorized.sparse", .factorized(left: left, right: right), shape)
    let dense = Storage.factorized(
      left: .dense(floats([40, 5])), right: .dense(floats([5, 48])))
    add("factorized", dense, shape)
    add("sum", .sum(dense, sparse(shape) { rows(&$0, $1) }), shape)
  }

  private mutating func sparse(
    _ shape: Shape, _ block: Shape = [1, 1], _ values: (inout PareFixture, Int) -> Storage
  ) -> Storage {
    let kept = Shape([shape[0] / block[0], shape[1] / block[1]])
    let bytes: [UInt8] = (0..<kept.elementCount).map { _ in
      Int.random(in: 0..<5, using: &generator) == 0 ? 1 : 0
    }
    let count = bytes.count { $0 == 1 } * block.elementCount
    return .sparse(
      mask: Mask(
        kept: Tensor(.bool, kept, source: MemorySource(bytes)), denseShape: shape, block: block),
      values: values(&self, count))
  }

  mutating func floats(_ shape: Shape) -> Tensor {
    Tensor(
      (0..<shape.elementCount).map { _ in Float.random(in: -1...1, using: &generator) }, shape)
  }

  mutating func codes(_ shape: Shape, bits: Int) -> Tensor {
    let limit = Int8(1 << (bits - 1) - 1)
    let bytes = (0..<shape.elementCount).map { _ in
      UInt8(bitPattern: Int8.random(in: -limit...limit, using: &generator) / 2)
    }
    return Tensor(.i8, shape, source: MemorySource(bytes))
  }

  mutating func indices(_ shape: Shape, below limit: Int, _ type: ElementType) -> Tensor {
    let bytes = (0..<shape.elementCount).flatMap { _ in
      let value = UInt32(Int.random(in: 0..<limit, using: &generator)).littleEndian
      return withUnsafeBytes(of: value) { Array($0.prefix(type.byteWidth!)) }
    }
    return Tensor(type, shape, source: MemorySource(bytes))
  }
}

/// A folder with files of the format `pare`.
struct PareWorkshop {
  let folder = try! TemporaryFolder()
  let format = PareFormat()

  /// Writes a container and returns the path of the file.
  func write(
    _ container: Container, _ name: String = "x.pare.safetensors", threads: Int = 1
  ) throws -> String {
    let path = try folder.file(name)
    let output = try OutputTransaction(.file(path), replacing: true)
    try format.write(container, to: output, options: WriteOptions(threads: threads))
    try output.commit()
    return path
  }

  func read(_ path: String) throws -> Container {
    try format.read(path, options: ReadOptions())
  }

  func read(_ bytes: [UInt8]) throws -> Container {
    try read(try folder.file("damaged.pare.safetensors", bytes))
  }
}
