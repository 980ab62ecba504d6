import Checkpoints
import Glibc
import Tensors
import TestSupport
import Testing

@testable import Reports

@Suite struct MeasuringTests {
  private func report(
    _ role: Role, _ storage: Storage, _ shape: Shape, against original: Storage? = nil
  ) throws -> ParameterReport {
    let reference = original.map { checkpoint([parameter(role, $0, shape)]) }
    let report = try ModelReport(
      measuring: checkpoint([parameter(role, storage, shape)]), path: "m", against: reference)
    return try #require(report.parameters.first)
  }

  @Test func survivorsOfAMask() throws {
    let storage = Storage.sparse(
      mask: mask([1, 0, 0, 1, 0, 0, 1, 0], [2, 4]), values: .dense(Tensor([1, 0, 2], [3])))
    let report = try report(query, storage, [2, 4])
    #expect(report.heldCount == 8 && report.denseCount == 8 && report.nonzeroCount == 2)
    #expect(report.byteCount == 8 + 12 && report.rank == nil && report.error == nil)
    // 3 of 8 are kept; of the survivors' bytes only the exponent's plane has more than one symbol, three of them.
    let entropy = -(3 * log2(3.0 / 8) + 5 * log2(5.0 / 8))
    #expect((report.boundBits - entropy - 3 * log2(3)).magnitude < 1e-9)
  }

  @Test func factorsAtTheirOwnSize() throws {
    let storage = Storage.factorized(
      left: .dense(Tensor([1, 0, 2, 3], [4, 1])), right: .dense(Tensor([5, 6], [1, 2])))
    let original = Storage.dense(Tensor([5, 6, 0, 0, 10, 12, 15, 20], [4, 2]))
    let report = try report(output, storage, [4, 2], against: original)
    #expect(report.denseCount == 8 && report.heldCount == 6 && report.nonzeroCount == 5)
    #expect(report.rank == 1)
    // One of eight differs: 18 instead of 20.
    #expect(report.error?.squaredDifference == 4 && report.error?.squaredNorm == 930)
    #expect(report.error?.maximum == 2)
  }

  @Test func zeroIsWhereTheZeroPointIs() throws {
    let storage = quantized([0, 1, 1, 2], [2, 2], scale: 0.5, zero: 1)
    let original = Storage.dense(Tensor([-0.5, 0.25, 0, 0.5], [2, 2]))
    let report = try report(query, storage, [2, 2], against: original)
    #expect(report.nonzeroCount == 2 && report.heldCount == 4)
    #expect(report.error?.maximum == 0.25 && report.error?.squaredDifference == 0.0625)
    #expect(report.boundBits == 6)
  }

  @Test func sumsHoldBoth() throws {
    let sparse = Storage.sparse(
      mask: mask([0, 1, 0, 0], [2, 2]), values: .dense(Tensor([7], [1])))
    let factors = Storage.factorized(
      left: .dense(Tensor([1, 2], [2, 1])), right: .dense(Tensor([3, 0], [1, 2])))
    let report = try report(query, .sum(factors, sparse), [2, 2])
    #expect(report.heldCount == 8 && report.nonzeroCount == 4 && report.rank == 1)
  }

  @Test func doublesAreComparedAsDoubles() throws {
    let values = [1 + 1e-12, 2.0]
    let bytes = values.flatMap { withUnsafeBytes(of: $0, Array.init) }
    let wide = Storage.dense(Tensor(.f64, [2, 1], source: MemorySource(bytes)))
    let error = try report(query, .dense(Tensor([1, 2], [2, 1])), [2, 1], against: wide).error
    #expect(error.map { ($0.maximum - 1e-12).magnitude < 1e-15 } ?? false)
  }

  @Test func tiesCountOnce() throws {
    let table = Storage.dense(Tensor((0..<24).map(Float.init), [6, 4]))
    let tied = [
      parameter(words, table, [6, 4]), parameter(decoder, .shared(with: words), [6, 4]),
    ]
    let report = try ModelReport(
      measuring: checkpoint(tied), path: "m", against: checkpoint(tied))
    #expect(report.total.denseCount == 24 && report.total.nonzeroCount == 23)
    #expect(report.parameters[1].error == nil && report.parameters[1].boundBits == 0)
    #expect(report.parameters[0].error?.relative == 0)
    #expect(report.components.last?.name == "container" && report.components.last?.byteCount == 100)
    #expect(report.components.reduce(0) { $0 + $1.byteCount } == report.byteCount)
  }

  @Test func whatHasNoCounterpartIsSaid() throws {
    let model = checkpoint([parameter(query, .dense(Tensor([1, 2], [1, 2])), [1, 2])])
    let wider = checkpoint([parameter(query, .dense(Tensor([1, 2, 3, 4], [2, 2])), [2, 2])])
    let report = try ModelReport(measuring: model, path: "m", against: wider)
    #expect(report.parameters[0].error == nil && report.notes.count == 1)
    #expect(report.notes[0].contains("another shape"))
    // With layers taken out, a number no longer means the same layer.
    let deeper = checkpoint(
      [parameter(query, .dense(Tensor([1, 3], [1, 2])), [1, 2])], layers: 3)
    let shorter = try ModelReport(measuring: model, path: "m", against: deeper)
    #expect(shorter.parameters[0].error == nil && shorter.notes[0].contains("layers"))
  }

  @Test func partsThatDoNotFitNameTheirTensor() {
    let broken = Storage.sparse(
      mask: mask([1, 1, 0, 1], [2, 2]), values: .dense(Tensor([1, 2], [2])))
    let error = #expect(throws: Failure.self) { try report(query, broken, [2, 2]) }
    #expect(error?.place.tensor == "\(query)" && error?.place.file == "m")
  }

  @Test func threadsChangeNothing() throws {
    var state = UInt32(7)
    let values = (0..<4096).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Float(state >> 8) / Float(1 << 24)
    }
    let roles = LayerModule.allCases.map { Role(.layer(0, $0), .weight) }
    let model = checkpoint(
      roles.map {
        parameter(
          $0, quantized(values.map { UInt8($0 * 200) }, [64, 64], scale: 0.005, zero: 0), [64, 64])
      })
    let reference = checkpoint(
      roles.map { parameter($0, .dense(Tensor(values, [64, 64])), [64, 64]) })
    let reports = try [1, 3, 16].map { threads in
      SizeReport([
        try ModelReport(measuring: model, path: "m", against: reference, threads: threads)
      ]).render(as: .json)
    }
    #expect(Set(reports).count == 1)
  }
}
