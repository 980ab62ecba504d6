/// Plain text of which hidden tokens are learned, a line each.
package struct MaskedTextRequest: Sendable {
  package var path: String
  /// The text that the model is held against; nil where lines of the first are held back for that.
  package var validation: String?
  /// The greatest number of tokens of a sequence; longer lines are cut into several.
  package var maximumLength: Int?

  package init(_ path: String) { self.path = path }
}
