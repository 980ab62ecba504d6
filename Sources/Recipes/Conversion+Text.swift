import Checkpoints
import Reports
import Tensors

extension Conversion {
  /// What was done, in one line.
  public var summary: String {
    let bytes = byteText(files.reduce(0) { $0 + $1.byteCount })
    let parts = files.count > 1 ? " in \(files.count) files" : ""
    return "wrote \(printable(request.output.path)): \(tensors.count) tensors, \(bytes)\(parts)"
  }

  /// The plan as `--dry-run` shows it.
  public var planText: String {
    var table = Table(
      ("source", .left), ("target", .left), ("transform", .left), ("shape", .left),
      ("type", .left), ("bytes", .right))
    for (tensor, named) in zip(tensors, container.tensors) {
      let isRenamed = tensor.sourceName != tensor.targetName
      let type = named.blocks?.rawValue ?? named.tensor.elementType.rawValue
      table.add(
        printable(tensor.sourceName), isRenamed ? printable(tensor.targetName) : "",
        tensor.transform, tensor.tensor.shape.description,
        tensor.sourceType.rawValue == type ? type : "\(tensor.sourceType.rawValue) → \(type)",
        byteText(named.blocks == nil ? named.tensor.byteCount : named.byteCount))
    }
    let names = dialect.map { ", dialect \($0)" } ?? ", names as they are"
    let head = "\(printable(model.path)) → \(printable(request.output.path)) (\(format)\(names))"
    let foot = "\(tensors.count) tensors, \(byteText(byteCount))"
    let parts = files.map { "  \($0.name)  \(byteText($0.byteCount))" }
    return ([head, ""] + table.lines() + [""] + (files.count > 1 ? parts + [""] : []) + [foot])
      .joined(separator: "\n")
  }
}
