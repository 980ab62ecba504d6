import Reports
import Tasks
import Tensors

/// The predictions of an evaluation as a file.
public enum PredictionFile {
  /// Writes the file, whole or not at all.
  public static func write(
    _ evaluation: Evaluation, to destination: Destination, replacing: Bool
  ) throws {
    let output = try OutputTransaction(destination, replacing: replacing)
    let file = SequentialOutput(try output.makeFile("predictions"))
    try evaluation.predictionText { try file.write($0.utf8) }
    try file.finish()
    try output.commit()
  }
}
