import Checkpoints
import Tensors

extension Dialects {
  /// Understands a container: what each tensor does, what the whole is, and what is odd about it.
  ///
  /// Names and shapes alone are looked at, but where a parameter is stored twice: then the bytes of
  /// both are compared. What is missing, contradictory or unknown becomes a diagnostic.
  ///
  /// - Parameter dialect: the one to read by; nil for the one that ``detect(_:configuration:)`` finds.
  /// - Throws: ``Failure`` if bytes that must be compared cannot be read.
  public static func interpret(
    _ container: Container, configuration: Configuration? = nil, dialect: (any Dialect)? = nil
  ) throws -> Checkpoint {
    guard let dialect = dialect ?? detect(container, configuration: configuration) else {
      return unknown(container, configuration: configuration)
    }
    let container = dialect.unpacked(container)
    var reading = NameReading(container, by: dialect)
    var diagnostics = try reading.settleCopies()
    diagnostics += try reading.settleTies()
    let (architecture, doubts) = Architecture.read(
      from: reading, dialect: dialect, configuration: configuration)
    diagnostics += reading.diagnostics(dialect: dialect) + doubts
    diagnostics += architecture.check(reading.parameters)
    let parameters = reading.parameters.values.map { ($0.role.order, $0) }
      .sorted { $0.0.lexicographicallyPrecedes($1.0) }.map(\.1)
    var checkpoint = Checkpoint(
      architecture: architecture, dialect: dialect.name, parameters: parameters,
      buffers: reading.buffers, copies: reading.copies, unmapped: reading.unmapped,
      container: container, configuration: configuration,
      diagnostics: container.diagnostics + diagnostics)
    checkpoint.addends = reading.addends
    return checkpoint
  }

  private static func unknown(
    _ container: Container, configuration: Configuration?
  ) -> Checkpoint {
    let tensors = container.tensors.filter { !$0.isTrainingVariable }
    var diagnostics = container.diagnostics
    if !tensors.isEmpty {
      let names = listing(tensors.map(\.name))
      diagnostics.append(
        Diagnostic(
          .warning, .unknownDialect, "the names are those of no known kind of model: \(names)"))
    }
    diagnostics += trainingDiagnostics(container.tensors.count - tensors.count)
    return Checkpoint(
      architecture: .unknown, dialect: nil, parameters: [], buffers: [], copies: [],
      unmapped: tensors, container: container, configuration: configuration,
      diagnostics: diagnostics)
  }
}

/// The first few of a list, and how many there are.
func listing(_ names: [String]) -> String {
  let shown = names.prefix(3).map(printable).joined(separator: ", ")
  return names.count > 3 ? "\(shown), … (\(names.count) in all)" : shown
}
