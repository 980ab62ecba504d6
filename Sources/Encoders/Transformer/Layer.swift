import Checkpoints
import Kernels
import Tensors

/// The parameters of one transformer layer, normalized after each branch (Vaswani et al., 2017; Devlin et al., 2019).
struct Layer: Sendable {
  let query: Linear
  let key: Linear
  let value: Linear
  let attentionOutput: Linear
  let attentionNorm: Norm
  let intermediate: Linear
  let output: Linear
  let outputNorm: Norm
  let heads: Int

  /// The rows of query, key and value.
  var attentionWidth: Int { query.rows }
  var headWidth: Int { attentionWidth / heads }

  init(
    _ reader: ParameterReader, _ index: Int, _ shape: LayerShape, hidden: Int,
    _ settings: EncoderSettings
  ) throws {
    guard let heads = shape.heads else {
      let configured = reader.checkpoint.configuration?.heads
      throw Failure(
        configured.map { EncoderReason.headsConfigured($0, hidden: hidden, width: shape.attention) }
          ?? .headsUnknown, at: Place(file: reader.checkpoint.container.files.first))
    }
    guard heads > 0, shape.attention > 0, shape.attention % heads == 0 else {
      throw Failure(
        EncoderReason.heads(heads, width: shape.attention),
        at: Place(file: reader.checkpoint.container.files.first))
    }
    self.heads = heads
    func linear(_ part: LayerModule, _ rows: Int, _ columns: Int) throws -> Linear {
      try reader.linear(.layer(index, part), rows: rows, columns: columns)
    }
    query = try linear(.query, shape.attention, hidden)
    key = try linear(.key, shape.attention, hidden)
    value = try linear(.value, shape.attention, hidden)
    attentionOutput = try linear(.attentionOutput, hidden, shape.attention)
    intermediate = try linear(.intermediate, shape.intermediate, hidden)
    output = try linear(.output, hidden, shape.intermediate)
    func norm(_ part: LayerModule) throws -> Norm {
      try reader.norm(.layer(index, part), width: hidden, epsilon: settings.normEpsilon)
    }
    attentionNorm = try norm(.attentionNorm)
    outputNorm = try norm(.outputNorm)
  }

  var linears: [Linear] { [query, key, value, attentionOutput, intermediate, output] }
}
