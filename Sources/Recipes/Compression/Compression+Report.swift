import Tensors

extension Compression {
  /// What reads the output again and holds it against the input: sizes, errors, how good both are at a task.
  ///
  /// Made before the output is there, run when it is in its place.
  public var reportRequest: ReportRequest {
    var output = ModelRequest(request.output.path)
    output.threads = request.threads
    // A file has its configuration and vocabulary where the input has them.
    output.folder = request.output.isForFolder ? nil : origin.folder
    var input = ModelRequest(origin.path)
    input.threads = request.threads
    var report = ReportRequest([output], against: input)
    report.threads = request.threads
    report.recipe = recipe
    report.ledger = ledger
    report.budget = request.plan
    report.trainings = request.history.trainings
    return report
  }
}
