import Checkpoints
import Tensors

/// A linear map from what a student gives to a teacher's width, trained with the student and given up after it.
///
/// The weight begins uniform within √(6 / (inputs + outputs)) (Glorot and Bengio, 2010), the bias as zero.
struct WidthMap {
  let weight: TrainableParameter
  let bias: TrainableParameter

  /// - Parameters:
  ///   - output: what of the student is mapped.
  ///   - width: of the student.
  init(
    _ output: TrainableParameter.MappedOutput, from width: Int, to teacherWidth: Int, seed: UInt64
  ) throws {
    var numbers = RandomNumbers(seed: seed, stream: Self.stream(of: output))
    let limit = (6 / Float(width + teacherWidth)).squareRoot()
    weight = TrainableParameter(
      .init(Role(.projection, .weight), mapping: output), rows: teacherWidth, columns: width,
      values: try FloatBuffer(numbers.uniform(within: limit, count: teacherWidth * width)),
      gradient: .dense(try FloatBuffer(count: teacherWidth * width)))
    bias = TrainableParameter(
      .init(Role(.projection, .bias), mapping: output), rows: 1, columns: teacherWidth,
      values: try FloatBuffer(count: teacherWidth),
      gradient: .dense(try FloatBuffer(count: teacherWidth)))
  }

  var parameters: [TrainableParameter] { [weight, bias] }

  /// - Throws: ``Failure`` if the student's width is another than it was.
  func callAsFunction(_ x: Node, _ tape: Tape) throws -> Node {
    guard x.columns == weight.columns else {
      throw Failure(DistillationReason.width(x.columns, expected: weight.columns))
    }
    return try tape.linear(x, try tape.node(weight), bias: try tape.node(bias))
  }

  private static func stream(of output: TrainableParameter.MappedOutput) -> UInt64 {
    switch output {
    case .hiddenStates: 0x6D61_7000
    case .embeddings: 0x6D61_7001
    case .projected: 0x6D61_7002
    }
  }
}
