import Tensors

/// The mean squared error of what a BiLSTM student's projection gives from the states of one of a teacher's layers: of the first token
/// where the student reads out a sequence, else token by token (XtremeDistil, stage 1: Mukherjee and Awadallah, 2020).
package struct ProjectionLoss {
  private let states: TeacherOutputs
  private let matching: OutputMatching
  private let weight: Float
  private let map: WidthMap?

  /// - Parameters:
  ///   - width: of the student's projection.
  ///   - seed: of what the map begins with, where widths differ.
  package init(
    weight: Float, of states: TeacherOutputs, _ matching: OutputMatching, width: Int, seed: UInt64
  ) throws {
    self.weight = weight
    self.states = states
    self.matching = matching
    map =
      width == states.columns
      ? nil : try WidthMap(.projected, from: width, to: states.columns, seed: seed)
  }

  var parameters: [TrainableParameter] { map?.parameters ?? [] }

  /// Nil where the batch has nothing to be compared.
  func term(
    _ output: ModelOutput, _ examples: [Int], _ tape: Tape
  ) throws -> (weight: Float, node: Node)? {
    guard let projected = output.projected else { preconditionFailure("no projection") }
    let rows = matching.rows(of: examples, output.ranges)
    guard !rows.teacher.isEmpty else { return nil }
    let read = try rows.student.map { try tape.rows($0, of: projected) } ?? projected
    let mapped = try map?(read, tape) ?? read
    return (weight, try tape.squaredError(mapped, from: try states.rows(rows.teacher, tape)))
  }
}
