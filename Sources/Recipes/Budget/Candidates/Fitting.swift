import Tensors

/// Nil where passes do not fit what they are applied to: a rank that saves nothing, columns that no group divides, less work than one head takes.
func fitting<Result>(_ work: () throws -> Result) throws -> Result? {
  do { return try work() } catch let failure as Failure {
    guard failure.reason.outcome == .usage else { throw failure }
    return nil
  }
}
