import Checkpoints
import Formats
import Tensors
import TestSupport
import Testing

@testable import Passes

@Suite struct QuantizeTests {
  private static let dense = Storage.dense(Tensor(normal(6 * 8, seed: 2), [6, 8]))
  private static let methods: [[String: String]] = [
    ["bits": "4", "per": "row"], ["per": "tensor", "asymmetric": "true"],
    ["method": "kmeans", "bits": "3"], ["method": "step"],
    ["method": "product", "subvector": "2", "entries": "4", "only": "*"],
  ]

  @Test(arguments: methods)
  func factorsAreQuantizedEach(_ options: [String: String]) throws {
    let (left, right) = (
      Storage.dense(Tensor(normal(6 * 4, seed: 5), [6, 4])),
      Storage.dense(Tensor(normal(4 * 8, seed: 6), [4, 8]))
    )
    let found = try quantized(.factorized(left: left, right: right), [6, 8], options)
    try found.validate()
    guard case .factorized(let first, let second) = found else { return #expect(Bool(false)) }
    #expect(try first.values(of: [6, 4]) == quantized(left, [6, 4], options).values(of: [6, 4]))
    #expect(
      try second.values(of: [4, 8]) == quantized(right, [4, 8], options).values(of: [4, 8]))
    let sum = try quantized(.sum(left, left), [6, 4], options)
    try sum.validate()
    #expect(sum.parts.allSatisfy { $0.kind == .quantized })
  }

  @Test(arguments: methods)
  func whatIsQuantizedIsRefusedByName(_ options: [String: String]) throws {
    let once = try quantized(Self.dense, [6, 8], ["bits": "8"])
    let failure = try #require(throws: Failure.self) { try quantized(once, [6, 8], options) }
    #expect(failure.reason.hint == "the pass 'merge' makes it dense again")
    #expect(failure.place.tensor == "encoder.0.attention.query.weight")
    let (sparse, _) = masked([6, 8])
    #expect(throws: Failure.self) {
      try quantized(quantized(sparse, [6, 8], ["bits": "8"]), [6, 8], options)
    }
  }

  @Test func productCodesAndMasksExcludeEachOther() throws {
    let (sparse, _) = masked([6, 8])
    let options = ["method": "product", "subvector": "2", "only": "*"]
    #expect(throws: Failure.self) { try quantized(sparse, [6, 8], options) }
  }

  @Test(arguments: [
    ["per": "group"], ["group-size": "3"], ["method": "product", "subvector": "3", "only": "*"],
  ])
  func whatDoesNotDivideIsRefused(_ options: [String: String]) throws {
    let failure = try #require(throws: Failure.self) {
      try quantized(Self.dense, [6, 8], options)
    }
    #expect(failure.description.contains("8 columns cannot be divided"))
    #expect(failure.place.tensor == "encoder.0.attention.query.weight")
  }

  @Test(arguments: [
    ["per": "row", "group-size": "4"], ["group-size": "4", "block": "2x2"],
    ["per": "block"], ["block": "2x"], ["block": "0x4"], ["block": "2x2x2"],
    ["method": "kmeans", "per": "row"], ["method": "kmeans", "step": "1"],
    ["method": "step", "bits": "4"], ["method": "uniform", "entries": "4"],
    ["method": "product", "asymmetric": "true"], ["method": "step", "statistics": "s"],
  ])
  func optionsThatContradictAreUsage(_ options: [String: String]) throws {
    let failure = try #require(throws: Failure.self) { try quantized(Self.dense, [6, 8], options) }
    #expect(failure.reason.outcome == .usage)
  }

  /// The failure comes when codes are asked for, and knows the tensor.
  @Test(arguments: methods, [Float.nan, -.nan, .infinity, -.infinity])
  func whatIsNotFiniteIsRefused(_ options: [String: String], _ value: Float) throws {
    var values = normal(6 * 8, seed: 2)
    values[21] = value
    let found = try quantized(.dense(Tensor(values, [6, 8])), [6, 8], options)
    let failure = try #require(throws: Failure.self) { try found.values(of: [6, 8]) }
    #expect(
      failure.description.contains("element [2, 5] is NaN or infinite")
        || options["method"] == "kmeans")
    #expect(failure.place == Place(file: "model.test", tensor: "encoder.0.attention.query.weight"))
  }

  @Test(arguments: methods)
  func zerosStayZeros(_ options: [String: String]) throws {
    let zeros = Storage.dense(Tensor([Float](repeating: 0, count: 48), [6, 8]))
    #expect(try quantized(zeros, [6, 8], options).values(of: [6, 8]).allSatisfy { $0 == 0 })
  }

  @Test(arguments: methods, [1, 2, 5])
  func threadsChangeNothing(_ options: [String: String], _ threads: Int) throws {
    let matrix = Storage.dense(Tensor(normal(3000 * 8, seed: 8), [3000, 8]))
    let one = try quantized(matrix, [3000, 8], options)
    let many = try quantized(matrix, [3000, 8], options, threads: threads)
    for (left, right) in zip(one.tensors, many.tensors) {
      #expect(try left.allBytes() == right.allBytes())
    }
  }

  @Test func takesLinearsAndTheWordEmbedding() throws {
    let roles = [
      Role(.embedding(.word), .weight), Role(.embedding(.position), .weight),
      Role(.embedding(.norm), .weight), Role(.layer(0, .query), .weight),
      Role(.layer(0, .query), .bias), Role(.layer(0, .outputNorm), .weight),
      Role(.layer(1, .output), .weight), Role(.pooler, .weight), Role(.head(.classifier), .weight),
    ]
    let checkpoint = Checkpoint(
      roles.map { role in
        let shape: Shape = role.kind == .bias || "\(role)".contains("norm") ? [48] : [6, 8]
        return (role, .dense(Tensor(normal(48, seed: 1), shape)), shape)
      })
    func taken(_ options: [String: String]) throws -> [String] {
      try checkpoint.quantized(options).parameters.filter { $0.storage.kind == .quantized }
        .map { "\($0.role)" }
    }
    let linears = ["encoder.0.attention.query.weight", "encoder.1.ffn.output.weight"]
    #expect(try taken([:]) == ["embeddings.word.weight"] + linears)
    #expect(try taken(["method": "product", "entries": "2"]) == ["embeddings.word.weight"])
    #expect(try taken(["only": "pooler"]) == ["pooler.weight"])
    #expect(try taken(["except": "embeddings"]) == linears)
    #expect(throws: Failure.self) { try taken(["only": "*.bias"]) }
  }
}
