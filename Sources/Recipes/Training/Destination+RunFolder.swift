import Tensors

extension Destination {
  /// Where the state of a run lies while it is under way: beside the output, hidden.
  var runFolder: String {
    var path = path
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    let (parent, name) = splitPath(path)
    return joinPath(parent, ".\(name).pare-run")
  }
}
