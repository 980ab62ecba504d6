import Tensors

/// Something about a model that its user should know and that did not stop the work.
public struct Diagnostic: Sendable, Equatable {
  public var severity: Severity
  public var code: Code
  public var message: String
  public var tensor: String?

  public init(_ severity: Severity, _ code: Code, _ message: String, tensor: String? = nil) {
    self.severity = severity
    self.code = code
    self.message = message
    self.tensor = tensor
  }

  public enum Severity: String, Sendable { case note, warning, error }

  /// Stable names for scripts.
  public enum Code: String, Sendable, CaseIterable {
    case tie
    case brokenTie = "broken-tie"
    case sum
    case buffer
    case unmapped
    case foreign
    case missing
    case shape
    case headsUnknown = "heads-unknown"
    case configuration
    case configurationMissing = "configuration-missing"
    case unknownDialect = "unknown-dialect"
    case header
    case indexMismatch = "index-mismatch"
    case skipped
    case unpacked
    case overflow
    case densified
    case leftWhole = "left-whole"
    case metadataDropped = "metadata-dropped"
    case inertGlobal = "inert-global"
    case checksum
    case unreadable
    case notANumber = "nan"
    case infinite
    case constant
    case emptyRows = "empty-rows"
    case notABoolean = "not-a-boolean"
    case vocabulary
    case calibration
  }
}
