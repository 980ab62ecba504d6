import Checkpoints
import Glibc
import Tensors

extension Compression {
  /// By which a later run knows that it would make the same output: of the input's files, the recipe and the files it
  /// names, the target, and the program itself.
  ///
  /// Files are known by path, size and time of change, so that this costs nothing.
  static func fingerprint(of model: Model, _ request: CompressionRequest) -> String {
    var fingerprint = Fingerprint()
    let named = request.recipe.steps.flatMap(\.files)
    for path in model.checkpoint.container.files + model.sidecars.map(\.path) + named {
      fingerprint.combine(fileIdentity(path))
    }
    fingerprint.combine(fileIdentity("/proc/self/exe"))
    fingerprint.combine(request.recipe.text)
    fingerprint.combine("\(request.format ?? "") \(request.output.path) \(request.carriesSidecars)")
    return fingerprint.text
  }
}

/// By which a file is known again, at no cost: its path, size and time of change.
func fileIdentity(_ path: String) -> String {
  var status = stat()
  guard stat(path, &status) == 0 else { return path }
  let time = status.st_mtim
  return "\(path) \(status.st_ino) \(status.st_size) \(time.tv_sec).\(time.tv_nsec)"
}

extension RecipeStep {
  /// The files that the arguments name.
  fileprivate var files: [String] {
    type.declaration.options.flatMap { option -> [String] in
      if case .file = option.kind { arguments.texts(option.name) } else { [] }
    }
  }
}
