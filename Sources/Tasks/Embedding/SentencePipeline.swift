import Documents
import Encoders
import Tensors

/// How a folder of sentence-transformers makes a vector of a sentence: its `modules.json` and what
/// that names.
public enum SentencePipeline {
  /// The pooling that a model's folder asks for; the mean, where it says nothing.
  ///
  /// - Throws: ``Failure`` if there is a step that is not known.
  public static func pooling(in folder: String) throws -> Pooling {
    let path = joinPath(folder, "modules.json")
    guard exists(path) else { return Pooling([.mean]) }
    let modules = try JSON.read(path, limit: 1 << 20)
    guard let list = modules.array else {
      throw Failure(PipelineReason.notAList, at: Place(file: path))
    }
    var pooling = Pooling([.mean])
    for module in list {
      let type = module["type"]?.string ?? ""
      switch type.split(separator: ".").last.map(String.init) {
      case "Transformer": continue
      case "Pooling":
        pooling.modes = try modes(of: joinPath(folder, module["path"]?.string ?? "1_Pooling"))
      case "Normalize": pooling.normalizes = true
      default: throw Failure(PipelineReason.unknownModule(type), at: Place(file: path))
      }
    }
    return pooling
  }

  /// The modes of a pooling module's folder, in the order in which its vectors stand.
  package static func modes(of folder: String) throws -> [Pooling.Mode] {
    let path = joinPath(folder, "config.json")
    let settings = try JSON.read(path, limit: 1 << 20)
    let names = named(settings["pooling_mode"])
    if !names.isEmpty {
      return try names.map { name in
        guard let mode = Pooling.Mode(rawValue: name) else {
          throw Failure(PipelineReason.unknownMode(name), at: Place(file: path))
        }
        return mode
      }
    }
    let flags: [(String, Pooling.Mode)] = [
      ("pooling_mode_cls_token", .cls), ("pooling_mode_max_tokens", .max),
      ("pooling_mode_mean_tokens", .mean), ("pooling_mode_mean_sqrt_len_tokens", .meanSquareRoot),
      ("pooling_mode_weightedmean_tokens", .weightedMean),
      ("pooling_mode_lasttoken", .lastToken),
    ]
    let modes = flags.filter { settings[$0.0]?.bool == true }.map(\.1)
    guard !modes.isEmpty else { throw Failure(PipelineReason.noMode, at: Place(file: path)) }
    return modes
  }

  private static func named(_ value: JSON?) -> [String] {
    if let name = value?.string { return [name] }
    return value?.array?.compactMap(\.string) ?? []
  }
}

/// Why a folder of sentence-transformers cannot be followed.
enum PipelineReason: Reason {
  case notAList
  case unknownModule(String)
  case unknownMode(String)
  case noMode

  var description: String {
    switch self {
    case .notAList: "is not a list of modules"
    case .unknownModule(let type):
      "the module '\(printable(type))' is not known; known are Transformer, Pooling, Normalize"
    case .unknownMode(let name):
      "the pooling mode '\(printable(name))' is not known; known are "
        + Pooling.Mode.allCases.map(\.rawValue).joined(separator: ", ")
    case .noMode: "no pooling mode is set"
    }
  }
}
