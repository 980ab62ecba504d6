import Checkpoints
import Kernels
import Passes
import Tensors
import TestSupport
import Testing

@Suite struct FactorizeTests {
  @Test func factorsHaveTheRankAndTheLeastError() throws {
    let original = try bertTiny()
    let factorized = try original.applying(Factorize.self, [("rank", "5")])
    for (before, after) in zip(original.parameters, factorized.parameters) {
      guard before.isLinear else {
        #expect(after.storage.kind == before.storage.kind)
        continue
      }
      guard case .factorized(.dense(let left), .dense(let right)) = after.storage else {
        Issue.record("\(after.storage)")
        continue
      }
      #expect(left.shape == [before.shape[0], 5] && right.shape == [5, before.shape[1]])
      let error = try squaredError(before, after).squareRoot()
      let values = try TruncatedSVD.singularValues(of: try #require(before.storage.dense))
      let best = values.dropFirst(5).reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(error <= 1.001 * best)
      let (found, stored) = (try after.values(), try after.stored.floats())
      #expect(found == stored)
    }
  }

  private func squaredError(_ before: Parameter, _ after: Parameter) throws -> Double {
    zip(try before.values(), try after.values()).reduce(0) {
      $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1)
    }
  }

  /// Beside the product the greatest of what it leaves: as many numbers as were asked for, and no error where they are.
  @Test func whatAProductLeavesStaysBesideIt() throws {
    let original = try bertTiny()
    let alone = try original.applying(Factorize.self, [("rank", "5")])
    let whole = try original.applying(Factorize.self, [("rank", "5"), ("residual", "0.1")])
    for (index, before) in original.parameters.enumerated() where before.isLinear {
      let (product, after) = (alone.parameters[index], whole.parameters[index])
      guard case .sum(.factorized, .sparse(let mask, .dense(let kept))) = after.storage else {
        Issue.record("\(after.storage)")
        continue
      }
      let count = Int((0.1 * Double(before.shape.elementCount)).rounded())
      #expect(kept.elementCount == count && mask.block == [1, 1])
      #expect(after.storage.storedCount == 5 * (before.shape[0] + before.shape[1]) + count)
      let (values, rest, result) = (
        try before.values(), try product.values(), try after.values()
      )
      let places = try mask.kept.allBytes()
      let left = zip(values, rest).map { abs($0 - $1) }
      let least = places.indices.filter { places[$0] == 1 }.map { left[$0] }.min() ?? 0
      for place in places.indices {
        if places[place] == 1 {
          #expect(abs(result[place] - values[place]) < 1e-5)
        } else {
          #expect(abs(result[place] - rest[place]) < 1e-6 && left[place] <= least + 1e-6)
        }
      }
    }
    let failure = try #require(
      Failure {
        _ = try original.applying(Factorize.self, [("ratio", "0.5"), ("residual", "0.6")])
      })
    #expect(failure.reason.outcome == .usage)
  }

  @Test func nothingIsDoneWhereNothingIsLeftOut() throws {
    let original = try bertTiny()
    for options in [[("ratio", "1")], [("energy", "1")]] {
      let same = try original.applying(Factorize.self, options)
      let (before, after) = (try original.storedBytes(), try same.storedBytes())
      #expect(before == after)
      #expect(same.diagnostics == original.diagnostics)
    }
  }

  @Test func theRatioDecidesOnTheRank() throws {
    for share in [0.1, 0.5, 0.9] {
      let factorized = try bertTiny().applying(Factorize.self, [("ratio", "\(share)")])
      for parameter in factorized.parameters where parameter.isLinear {
        let sides = parameter.shape[0] + parameter.shape[1]
        let kept = Double(parameter.storage.storedCount)
        let all = Double(parameter.shape.elementCount)
        #expect(kept <= share * all || kept == Double(sides))
        #expect(kept + Double(sides) > share * all)
      }
    }
  }

  @Test func theEnergyDecidesOnTheRank() throws {
    // Of rank 3 and a little noise.
    var generator = SeededGenerator(seed: 9)
    let path = "encoder.0.ffn.intermediate.weight"
    let left = (0..<96).map { _ in Float.random(in: -1...1, using: &generator) }
    let right = (0..<48).map { _ in Float.random(in: -1...1, using: &generator) }
    let original = try bertTiny().replacing { parameter in
      guard parameter.role.description == path else { return nil }
      var values = (0..<512).map { _ in Float.random(in: -1e-3...1e-3, using: &generator) }
      for place in 0..<512 {
        for inner in 0..<3 {
          values[place] += left[place / 16 * 3 + inner] * right[inner * 16 + place % 16]
        }
      }
      return .dense(Tensor(values, parameter.shape))
    }
    let factorized = try original.applying(
      Factorize.self, [("energy", "0.9999"), ("only", "encoder.0.ffn")])
    let stored = try factorized.parameter(at: path).storage.storedCount
    #expect(stored == 3 * 48)
    // The other matrix is random: its ranks are all needed, so it stays, and that is said.
    let whole = try factorized.parameter(at: "encoder.0.ffn.output.weight")
    #expect(whole.storage.dense != nil)
    let note = try #require(factorized.diagnostics.first { $0.code == .leftWhole })
    #expect(note.tensor == whole.name && note.message.contains("only up to rank 10"))
  }

  @Test func isTheSameWithAnyNumberOfThreads() throws {
    let original = try bertTiny()
    let options = [("ratio", "0.5"), ("embeddings", "true")]
    let one = try original.applying(Factorize.self, options).storedBytes()
    let two = try original.applying(Factorize.self, options, threads: 2).storedBytes()
    #expect(one == two)
  }

  @Test func factorsAreOfTheMatrixsType() throws {
    let path = "encoder.0.ffn.output.weight"
    for type in [ElementType.f16, .bf16, .f64] {
      let original = try bertTiny().replacing { parameter in
        guard parameter.role.description == path, let tensor = parameter.storage.dense else {
          return nil
        }
        return .dense(tensor.cast(to: type))
      }
      let after = try original.applying(Factorize.self, [("rank", "6"), ("only", path)])
        .parameter(at: path)
      #expect(after.storage.tensors.map(\.elementType) == [type, type])
      let plain = try bertTiny().applying(Factorize.self, [("rank", "6"), ("only", path)])
        .parameter(at: path)
      let (found, expected) = (try after.values(), try plain.values())
      let scale = expected.map(\.magnitude).max()!
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < scale / 50 })
    }
  }

  @Test func factorsCanBeNarrowed() throws {
    let wide = try bertTiny().applying(Factorize.self, [("rank", "6")])
    let narrow = try wide.applying(Factorize.self, [("rank", "2")])
    let direct = try bertTiny().applying(Factorize.self, [("rank", "2")])
    for (left, right) in zip(narrow.parameters, direct.parameters) where left.isLinear {
      #expect(left.storage.storedCount == right.storage.storedCount)
      let (found, expected) = (try left.values(), try right.values())
      let scale = expected.map(\.magnitude).max()!
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 * scale })
    }
  }

  @Test func theWordEmbeddingIsTakenWhenAskedFor() throws {
    let with = try bertTiny().applying(Factorize.self, [("rank", "3"), ("embeddings", "true")])
    #expect(try with.parameter(at: "embeddings.word.weight").storage.kind == .factorized)
    #expect(try with.parameter(at: "embeddings.position.weight").storage.kind == .dense)
    let only = try bertTiny().applying(
      Factorize.self, [("rank", "3"), ("only", "embeddings.word")])
    #expect(only.parameters.filter { $0.storage.kind == .factorized }.count == 1)
  }

  @Test func errorsAreWeightedByWhatWasMeasured() throws {
    let original = try bertTiny()
    let path = "encoder.0.ffn.intermediate.weight"
    let before = try original.parameter(at: path)
    let options = [("rank", "3"), ("only", path)]
    let plain = try original.applying(Factorize.self, options).parameter(at: path)
    // The first input matters a thousand times as much as the others.
    var gram = [Float](repeating: 0, count: 256)
    for index in 0..<16 { gram[index * 17] = index == 0 ? 1000 : 1 }
    let fed = try original.applying(
      Factorize.self, options, statistics: Statistics([("\(path).gram", Tensor(gram, [16, 16]))])
    ).parameter(at: path)
    func columnError(_ parameter: Parameter) throws -> Float {
      zip(try parameter.values(), try before.values()).enumerated().reduce(0) {
        $1.offset % 16 == 0
          ? $0 + ($1.element.0 - $1.element.1) * ($1.element.0 - $1.element.1) : $0
      }
    }
    let (fedError, plainError) = (try columnError(fed), try columnError(plain))
    #expect(fedError < plainError / 20)

    let importance = (0..<512).map { Float($0 < 16 ? 1000 : 1) }
    let important = try original.applying(
      Factorize.self, options,
      statistics: Statistics([("\(path).importance", Tensor(importance, [32, 16]))])
    ).parameter(at: path)
    func rowError(_ parameter: Parameter) throws -> Float {
      zip(try parameter.values(), try before.values()).prefix(16).reduce(0) {
        $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
      }
    }
    let (rowFound, rowPlain) = (try rowError(important), try rowError(plain))
    #expect(rowFound < rowPlain / 20)
  }

  @Test(arguments: [
    (
      [("rank", "8")],
      "factorize: at rank 8 a matrix [16, 16] does not become smaller; only up to rank 7 it does"
    ),
    ([("rank", "3"), ("ratio", "0.5")], "'rank' and 'ratio' exclude each other"),
    ([], "factorize needs 'rank', 'energy' or 'ratio'"),
    ([("rank", "0")], "'rank' takes a whole number from 1"),
    ([("energy", "0.999999")], "factorize: at rank 16 a matrix [16, 16] does not become smaller"),
    ([("rank", "1"), ("only", "encoder.0.ffn.norm")], "none matches --only and --except"),
  ])
  func refuses(_ options: [(String, String)], saying message: String) throws {
    let original = try bertTiny()
    let failure = try #require(Failure { _ = try original.applying(Factorize.self, options) })
    #expect(failure.description.contains(message), "\(failure)")
  }

  @Test func refusesWhatIsNeitherDenseNorFactors() throws {
    let sparse = try bertTiny().applying(Prune.self, [("sparsity", "0.5")])
    let failure = try #require(
      Failure { _ = try sparse.applying(Factorize.self, [("rank", "3")]) })
    #expect(failure.place.tensor == "bert.encoder.layer.0.attention.self.query.weight")
    #expect(
      failure.reason.description
        == "factorize: it is sparse(dense F32); factorize before that, or merge first")
  }

  @Test func anElementThatIsNoNumberIsNamedWithItsTensor() throws {
    let path = "encoder.0.ffn.output.weight"
    let original = try bertTiny().replacing { parameter in
      parameter.role.description == path
        ? .dense(Tensor([Float](repeating: .nan, count: 512), parameter.shape)) : nil
    }
    let factorized = try original.applying(Factorize.self, [("rank", "3"), ("only", path)])
    let failure = try #require(Failure { _ = try factorized.storedBytes() })
    #expect(
      failure.description.hasSuffix(
        "tensor 'bert.encoder.layer.0.output.dense.weight': element [0, 0] is NaN or infinite"))
  }
}
