import Tensors

/// A report as a file.
public enum ReportFile {
  public static func write(_ text: String, to destination: Destination, replacing: Bool) throws {
    let output = try OutputTransaction(destination, replacing: replacing)
    let file = SequentialOutput(try output.makeFile("report"))
    try file.write((text.hasSuffix("\n") ? text : text + "\n").utf8)
    try file.finish()
    try output.commit()
  }
}
