import Formats
import Tensors

extension Destination {
  /// The destination that a user means: `-` is standard output; an existing folder, a name that ends
  /// with a slash, and any name without a known ending is a model's folder.
  public init(argument: String) {
    if argument == "-" {
      self = .standardOutput
    } else if argument.hasSuffix("/") || isFolder(argument) {
      self = .folder(argument)
    } else if FormatList.forOutput(argument) != nil || NativeOutput.isNamed(.file(argument)) {
      self = .file(argument)
    } else {
      self = .folder(argument)
    }
  }
}
