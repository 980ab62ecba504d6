import Tasks
import Tensors
import Training

/// Which texts more are to be made of, by which models, and where these go.
package struct AugmentationRequest: Sendable {
  /// Its embeddings hold the neighbours of words.
  package var model: ModelRequest
  /// A model with a masked-language-model head, which finds what stands in words' places; nil for neighbours alone.
  package var masked: ModelRequest?
  package var source: Source
  package var settings = AugmentationSettings()
  /// How many of the source's texts or examples are taken, chosen at random; nil for all.
  package var limit: Int?
  package var output: Destination
  package var replaces = false
  package var threads = 1

  package enum Source: Sendable {
    /// The examples of a task; of a folder the split that the request names, or else `train`.
    case task(TaskRequest)
    /// A file of lines.
    case text(String)
  }

  package init(_ source: Source, by model: ModelRequest, output: Destination) {
    self.source = source
    self.model = model
    self.output = output
  }
}

extension Destination {
  /// The destination that a user means for examples: `-` is standard output, a name with the ending of a task's file is a file; any other is
  /// a task's folder.
  package init(examples argument: String) {
    if argument == "-" {
      self = .standardOutput
    } else if isFolder(argument) || argument.hasSuffix("/") || !TaskFiles.isExamples(argument) {
      self = .folder(argument)
    } else {
      self = .file(argument)
    }
  }
}
