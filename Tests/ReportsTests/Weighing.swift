import Checkpoints
import Tensors
import TestSupport

/// A parameter of a storage, named by its role.
func parameter(_ role: Role, _ storage: Storage, _ shape: Shape) -> Parameter {
  Parameter(
    role: role, name: "\(role)", storage: storage, shape: shape,
    stored: storage.tensor(of: shape, as: .f32))
}

/// A checkpoint of an encoder with these parameters, in a container of 100 bytes more than they take.
func checkpoint(_ parameters: [Parameter], layers: Int = 2) -> Checkpoint {
  let tensors = parameters.filter { $0.storage.kind != .shared }.map {
    NamedTensor($0.name, $0.storage, $0.shape, as: .f32)
  }
  let shape = LayerShape(heads: 1, attention: 4, intermediate: 8)
  return Checkpoint(
    architecture: .encoder(
      EncoderArchitecture(
        family: .bert, layers: Array(repeating: shape, count: layers), storedLayers: layers,
        hidden: 4, embedding: 4, vocabulary: 6, positions: 8, types: 2, head: .none)),
    dialect: nil, parameters: parameters, buffers: [], copies: [], unmapped: [],
    container: Container(
      format: "memory", files: [], byteCount: tensors.reduce(100) { $0 + $1.byteCount },
      tensors: tensors), configuration: nil, diagnostics: [])
}

let query = Role(.layer(0, .query), .weight)
let key = Role(.layer(1, .key), .weight)
let output = Role(.layer(0, .output), .weight)
let words = Role(.embedding(.word), .weight)
let decoder = Role(.head(.maskedDecoder), .weight)

/// A mask of single elements.
func mask(_ kept: [UInt8], _ shape: Shape) -> Mask {
  Mask(kept: Tensor(.bool, shape, source: MemorySource(kept)), denseShape: shape)
}

/// Codes of 8 bits with one scale and one zero point.
func quantized(_ codes: [UInt8], _ shape: Shape, scale: Float, zero: UInt8) -> Storage {
  .quantized(
    codes: Tensor(.u8, shape, source: MemorySource(codes)),
    scheme: .uniform(
      bits: 8, granularity: .tensor, scales: Tensor([scale], [1]),
      zeroPoints: Tensor(.u8, [1], source: MemorySource([zero])), groupIndex: nil))
}
