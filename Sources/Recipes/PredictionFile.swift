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
    let file = try output.makeFile("predictions")
    var offset = 0
    var pending: [UInt8] = []
    func flush() throws {
      try file.write(pending, at: offset)
      offset += pending.count
      pending = []
    }
    try evaluation.predictionText { text in
      pending += Array(text.utf8)
      if pending.count > 1 << 16 { try flush() }
    }
    try flush()
    try output.commit()
  }
}
