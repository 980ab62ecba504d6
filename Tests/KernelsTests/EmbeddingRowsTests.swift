import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct EmbeddingRowsTests {
  @Test(arguments: [ElementType.f64, .f32, .f16, .bf16])
  func gathersFloats(_ type: ElementType) throws {
    var generator = SeededGenerator(seed: 81)
    for (rows, features) in [(50, 384), (300, 7), (3, 1)] {
      let tensor = Tensor(randomFloats(rows * features, using: &generator), [rows, features])
        .cast(to: type)
      let table = try EmbeddingRows(Tensor(type, tensor.shape, source: Crooked(tensor.source)))
      #expect(table.byteCount == rows * features * (type == .f64 ? 4 : type.byteWidth!))
      try check(table, tensor.cast(to: .f32).floats(), &generator)
    }
  }

  @Test(arguments: [1, 3]) func gathersCodes(_ groups: Int) throws {
    var generator = SeededGenerator(seed: 82)
    let (rows, features) = (40, 21)
    let codes = (0..<(rows * features)).map { _ in Int8.random(in: -128...127, using: &generator) }
    let scales = randomFloats(rows * groups, using: &generator)
    for zeroPoints in [nil, (0..<(rows * groups)).map { Int32($0) - 60 }] {
      let table = try codes.withUnsafeBufferPointer {
        try EmbeddingRows(
          rows: rows, features: features, codes: $0, scales: scales, zeroPoints: zeroPoints,
          groups: groups)
      }
      let values = codes.enumerated().map { index, code in
        let place = index / features * groups + index % features / (features / groups)
        return Float(Int32(code) - (zeroPoints?[place] ?? 0)) * scales[place]
      }
      #expect(table.byteCount == rows * features + rows * groups * 8)
      try check(table, values, &generator)
    }
  }

  @Test func refusesWhatIsNotFinite() {
    var values = [Float](repeating: 1, count: 700 * 3)
    values[700 * 3 - 1] = .infinity
    let failure = #expect(throws: Failure.self) { try EmbeddingRows(Tensor(values, [700, 3])) }
    #expect(failure?.description == "element [699, 2] is NaN or infinite")
    #expect(throws: Failure.self) { try EmbeddingRows(Tensor([1], [1])) }
    #expect(throws: Failure.self) {
      try EmbeddingRows(Tensor(.i8, [1, 1], source: MemorySource([1])))
    }
  }

  private func check(
    _ table: EmbeddingRows, _ values: [Float], _ generator: inout SeededGenerator
  ) throws {
    let ids = (0..<37).map { _ in Int32.random(in: 0..<Int32(table.rows), using: &generator) }
    let x = Panels(features: table.features, tokens: 50)
    for adding in [false, true] {
      ids.withUnsafeBufferPointer {
        table.gather(ids: $0, into: x.view, firstToken: 9, adding: adding)
      }
      for token in 0..<50 {
        for feature in 0..<table.features {
          guard (9..<46).contains(token) else {
            #expect(x[token, feature] == Panels.untouched)
            continue
          }
          let value = values[Int(ids[token - 9]) * table.features + feature]
          #expect(x[token, feature] == (adding ? 2 * value : value))
        }
      }
    }
    #expect(x.isUntouched(outside: 0..<table.features))
  }
}
