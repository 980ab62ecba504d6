import Checkpoints
import Tensors
import Training

extension Compression {
  /// How passes that are given text to calibrate on come by statistics: measured on the model as it is before the first of them, once, and
  /// kept beside the output for later runs.
  static func calibration(
    of model: Model, _ request: CompressionRequest
  ) -> @Sendable (_ text: String, _ measures: Set<String>) throws -> Statistics {
    var source = request.input ?? ModelRequest(model.path)
    source.path = model.path
    source.threads = request.threads
    let path = request.keepsStatistics ? statisticsPath(besides: request.output.path) : nil
    let (model, threads) = (source, request.threads)
    return { text, measures in
      var calibrating = CalibrationRequest(.init(text), of: model)
      calibrating.settings.measures = Set(measures.compactMap(CalibrationMeasure.init))
      calibrating.settings.threads = threads
      let calibration = try ModelCalibration(calibrating)
      guard let path else { return try Statistics(calibration.measure().container) }
      return try calibration.kept(at: path).statistics
    }
  }

  /// Where statistics lie that belong to an output: `OUT.statistics.safetensors`.
  package static func statisticsPath(besides output: String) -> String {
    var path = output
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return path + ".statistics.safetensors"
  }
}
