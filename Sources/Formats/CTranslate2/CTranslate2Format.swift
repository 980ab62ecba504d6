import Checkpoints
import Kernels
import Tensors

/// `model.bin` of CTranslate2 (`python/ctranslate2/specs/model_spec.py`, binary versions 4 to 6): the variables of a model specification, by
/// name, some of them single numbers; weights may be int8 with a scale for each row.
package struct CTranslate2Format: Format {
  package init() {}

  package let name = "ctranslate2"
  package let summary = "CTranslate2's model.bin, in floating-point numbers or int8"
  /// Only `model.bin` is ever meant, and others' names end so too.
  package let extensions: [String] = []
  package let carries: Capabilities = [
    .reading, .writing, .folders, .blocks, .attributes,
  ]
  package let naming = NameStyle.specification
  package let folderNames = [fileName]

  static let fileName = "model.bin"

  package func recognizes(_ prefix: [UInt8], path: String) -> Bool {
    CTranslate2File.recognizes(prefix)
  }

  package func read(_ path: String, options: ReadOptions) throws -> Container {
    let file = try CTranslate2File(path, access: options.access)
    var container = Container(
      format: name, files: [path], byteCount: file.file.byteCount, tensors: [], naming: naming)
    container.attributes = [
      (CTranslate2.specification, .string(file.specification)),
      (CTranslate2.revision, .uint32(file.revision)),
    ]
    try file.describe(in: &container)
    return container
  }
}

/// Words of the format.
package enum CTranslate2 {
  /// The attribute that is the name of the model's specification; its others are single numbers by their names.
  package static let specification = "specification"
  /// The attribute that is the specification's revision.
  package static let revision = "revision"
  /// What stands behind the name of a weight for its scales.
  static let scaleEnding = "_scale"
  /// What the names of those weights end with that may be int8.
  static let weightEnding = "/weight"
}

extension CTranslate2File {
  /// Puts variables and aliases into a container: numbers as attributes, codes with their scales.
  fileprivate func describe(in container: inout Container) throws {
    let byName = Dictionary(variables.map { ($0.name, $0) }) { first, _ in first }
    var tensors: [String: NamedTensor] = [:]
    for variable in variables {
      if let weight = byName[String(variable.name.dropLast(CTranslate2.scaleEnding.count))],
        variable.name == weight.name + CTranslate2.scaleEnding, weight.isCoded
      {
        continue
      }
      guard variable.shape.rank > 0 else {
        container.attributes.append((variable.name, try number(variable)))
        continue
      }
      if variable.isCoded, let scales = byName[variable.name + CTranslate2.scaleEnding] {
        guard let named = try coded(variable, scales) else {
          container.foreign.append(
            ForeignTensor(
              name: variable.name, type: "\(variable.type.rawValue) with a scale",
              shape: variable.shape.lengths, byteCount: variable.range.count))
          continue
        }
        tensors[variable.name] = named
        container.tensors.append(named)
        continue
      }
      let named = NamedTensor(variable.name, try tensor(of: variable))
      tensors[variable.name] = named
      container.tensors.append(named)
    }
    for alias in aliases {
      guard let target = tensors[alias.target] else { continue }
      container.tensors.append(NamedTensor(alias.name, target.tensor, byteCount: 0))
      container.diagnostics.append(
        Diagnostic(
          .note, .tie, "is another name of '\(printable(alias.target))'", tensor: alias.name))
    }
  }
}
