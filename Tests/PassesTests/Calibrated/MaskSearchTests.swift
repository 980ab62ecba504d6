import Checkpoints
import Kernels
import Passes
import Tensors
import TestSupport
import Testing

/// The search for heads and neurons that cost least together, on the small BERT: 2 layers of 2 heads and 32 neurons.
@Suite struct MaskSearchTests {
  private static let examples = 24

  private func tensor(_ values: [Float], _ shape: Shape) -> Tensor {
    Tensor(.f32, shape, source: MemorySource(values.withUnsafeBytes { [UInt8]($0) }))
  }

  /// Derivatives by every mask, `[examples][masks]`, and second moments of inputs that depend on one another.
  private func statistics(
    of model: Checkpoint, _ derivative: (Role, _ example: Int, _ mask: Int) -> Float?
  ) throws -> Statistics {
    var tensors: [(String, Tensor)] = []
    for parameter in model.parameters.filter(\.isLinear) {
      guard case .layer(_, let part) = parameter.role.module,
        [.output, .attentionOutput].contains(part)
      else { continue }
      let width = parameter.shape[1]
      let masks = part == .output ? width : 2
      let noise = try Tensor.seeded([Self.examples, masks], "masks \(parameter.role)").floats()
      let values = (0..<(Self.examples * masks)).map { place in
        derivative(parameter.role, place / masks, place % masks) ?? noise[place] - 0.5
      }
      tensors.append(("\(parameter.role).masks", tensor(values, [Self.examples, masks])))
      let inputs = try Tensor.seeded([3 * width, width], "\(parameter.role)").floats()
      var gram = [Float](repeating: 0, count: width * width)
      for row in 0..<(3 * width) {
        for left in 0..<width {
          for right in 0..<width {
            gram[left * width + right] +=
              (inputs[row * width + left] - 0.3) * (inputs[row * width + right] - 0.3)
          }
        }
      }
      tensors.append(("\(parameter.role).gram", tensor(gram, [width, width])))
    }
    return try Statistics(tensors)
  }

  private func work(_ model: Checkpoint) throws -> Int {
    let encoder = try #require(model.architecture.encoder)
    return encoder.layers.reduce(0) {
      $0 + 4 * 128 * encoder.hidden * $1.attention + 2 * 128 * 128 * $1.attention + 2 * 128
        * encoder.hidden * $1.intermediate
    }
  }

  @Test(arguments: [0.45, 0.5, 0.8, 1.0]) func keepsWithinTheWork(_ share: Double) throws {
    let model = try bertTiny()
    let shrunk = try model.applying(
      Shrink.self, [("flops", "\(share)")], statistics: statistics(of: model) { _, _, _ in nil })
    let (before, after) = (try work(model), try work(shrunk))
    #expect(Double(after) <= share * Double(before))
    // No more is left over than a head would take.
    #expect(Double(after) >= share * Double(before) - 70_000 || share == 1)
    #expect(shrunk.contradictions.isEmpty)
    if share == 1 { #expect(after == before) }
  }

  /// What changes nothing goes first, and so do two neurons that together change nothing, however much each would.
  @Test func findsWhatCostsLeastTogether() throws {
    let model = try bertTiny()
    let pair = [3, 17]
    let statistics = try statistics(of: model) { role, example, mask in
      guard case .layer(0, .output) = role.module else {
        return role.module == .layer(1, .attentionOutput) && mask == 1 ? 0 : nil
      }
      if mask == 5 { return 0 }
      // Little less than others, so that they are among those tried.
      if mask == pair[0] { return Float(example % 5) * 0.2 - 0.41 }
      if mask == pair[1] { return 0.41 - Float(example % 5) * 0.2 }
      return nil
    }
    // An output of ones for what stays: columns tell which neurons those are.
    let marked = model.replacing { parameter in
      guard parameter.role == Role(.layer(0, .intermediate), .bias) else { return nil }
      return .dense(
        tensor((0..<parameter.shape[0]).map { Float($0) }, parameter.shape))
    }
    let shrunk = try marked.applying(
      Shrink.self, [("flops", "0.5")], statistics: statistics)
    let stayed = try shrunk.parameter(at: "encoder.0.ffn.intermediate.bias").values().map {
      Int($0)
    }
    #expect(stayed.count < 32 && !stayed.contains(5))
    #expect(!stayed.contains(pair[0]) && !stayed.contains(pair[1]), "\(stayed)")
    let encoder = try #require(shrunk.architecture.encoder)
    #expect(encoder.layers[1].heads == 1)
  }

  /// What stays gives more nearly what the whole gave than it did as it was.
  @Test func whatStaysMakesUpForWhatGoes() throws {
    let model = try bertTiny()
    let statistics = try statistics(of: model) { _, _, _ in nil }
    let path = "encoder.0.ffn.output.weight"
    let before = try model.parameter(at: path)
    let (rows, width) = (before.shape[0], before.shape[1])
    let kept = Array(stride(from: 0, to: width, by: 2))
    let gram = try #require(try statistics.gram(before.role, width: width))
    let weights = try before.values()
    let fitted = try LeastSquares.refit(
      weights, rows: rows, columns: width, keeping: kept, gram: gram)
    func error(_ value: (Int, Int) -> Float) -> Double {
      var sum = 0.0
      for row in 0..<rows {
        let change = (0..<width).map { column in
          Double(weights[row * width + column])
            - (kept.firstIndex(of: column).map { Double(value(row, $0)) } ?? 0)
        }
        for left in 0..<width {
          for right in 0..<width {
            sum += change[left] * Double(gram[left * width + right]) * change[right]
          }
        }
      }
      return sum
    }
    let plain = error { weights[$0 * width + kept[$1]] }
    let repaired = error { fitted[$0 * kept.count + $1] }
    #expect(repaired < 0.6 * plain, "\(repaired), \(plain)")
    // Where nothing goes nothing changes.
    let same = try LeastSquares.refit(
      weights, rows: rows, columns: width, keeping: Array(0..<width), gram: gram)
    #expect(zip(same, weights).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  @Test func whatIsMissingIsSaid() throws {
    let model = try bertTiny()
    func refused(_ message: String, _ body: () throws -> Void) {
      let text = Failure(of: body)?.description ?? "nothing"
      #expect(text.contains(message), "\(text)")
    }
    refused("shrink needs 'statistics'") {
      _ = try model.applying(Shrink.self, [("flops", "0.5")])
    }
    refused("hold no 'encoder.0.attention.output.weight.masks'") {
      _ = try model.applying(Shrink.self, [("flops", "0.5")], statistics: Statistics([]))
    }
    refused("exclude each other") {
      _ = try model.applying(
        Shrink.self, [("flops", "0.5"), ("heads", "1")], statistics: Statistics([]))
    }
    let all = try statistics(of: model) { _, _, _ in nil }
    refused("42.2 % of the work") {
      _ = try model.applying(Shrink.self, [("flops", "0.3")], statistics: all)
    }
    let wrong = try Statistics([
      ("encoder.0.attention.output.weight.masks", tensor([1, 2, 3], [1, 3]))
    ])
    refused("is of 3 masks where the model has 2") {
      _ = try model.applying(Shrink.self, [("flops", "0.5")], statistics: wrong)
    }
  }
}
