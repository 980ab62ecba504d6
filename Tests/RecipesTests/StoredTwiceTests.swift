import CHDF5
import Checkpoints
import Dialects
import Tensors
import TestSupport
import Testing

@testable import Formats
@testable import Recipes

/// BERT-base for pre-training as TensorFlow writes it: the masked-language-model layer stores the
/// embeddings a second time, so that adding up datasets gives 21.7 % too many parameters.
@Suite struct StoredTwiceTests {
  @Test func parametersAreCountedOnce() throws {
    let folder = try TemporaryFolder()
    let source = try folder.file("model.safetensors", [])
    try SparseModel(BERTShapes.base(prefix: "bert.") + BERTShapes.preTrainingHeads).write(
      to: source)
    let checkpoint = try Model.open(source).checkpoint
    let renaming = checkpoint.renamed(to: try Dialects.named("tf-bert"), style: .kerasLayers)
    let path = try folder.file("tf_model.h5", [])
    try layOut(renaming.tensors, in: path)

    let counts = try Model.open(path).checkpoint.counts
    #expect(counts.storedElements == 133_943_612)
    #expect(counts.uniqueParameters == 110_106_428)
  }

  /// A file with the structure of a `tf_model.h5`, and holes for data.
  private func layOut(_ tensors: [RenamedTensor], in path: String) throws {
    let output = try OutputTransaction(.file(path), replacing: true)
    let file = try output.makeFile("")
    let writer = try HDF5Writer(file)
    var layers: [(name: String, weights: [String])] = []
    for tensor in tensors {
      let parts = tensor.targetName.split(separator: "/", maxSplits: 1).map(String.init)
      if layers.last?.name != parts[0] { layers.append((parts[0], [])) }
      layers[layers.count - 1].weights.append(parts[1])
      _ = try writer.makeContiguous(tensor.targetName, PARE_HDF5_F32, tensor.tensor.shape)
    }
    for layer in layers {
      try writer.set("weight_names", of: layer.name, toNames: layer.weights)
    }
    try writer.set("layer_names", of: "", toNames: layers.map(\.name))
    _ = try writer.finish(tensors.count)
    try output.commit()
  }
}
