"""Makes the samples that Keras 3 and KerasHub write, with their goldens. Run make_samples.py first.

    python -m pip install keras==3.15.1 keras-hub==0.32.0 tensorflow-cpu==2.21.0 tensorflow-text==2.21.1 safetensors==0.8.0 h5py==3.14.0 numpy==2.4.6
    python samples/make_keras_samples.py

The BERT of samples/bert-tiny is carried over by KerasHub's own converter, its heads by hand in the same convention.
Seeds are fixed; only the date in a .keras archive and the stamp in metadata.json differ from run to run.
"""

import os
import shutil

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py
import keras
import keras_hub
import ml_dtypes
import numpy as np
import safetensors.numpy

import goldens

def place(sample):
    path = os.path.join(goldens.SAMPLES, sample)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def load(sample):
    return safetensors.numpy.load_file(os.path.join(goldens.SAMPLES, sample, "model.safetensors"))


def backbone_of(sample, **more):
    return keras_hub.models.BertBackbone.from_preset(os.path.join(goldens.SAMPLES, sample), **more)


def layer_names_by_path(path):
    """The user-visible name that Keras leaves on each group of variables."""
    found = {}

    def visit(group, item):
        if isinstance(item, h5py.Group) and "name" in item.attrs:
            found[group] = item.attrs["name"]

    with goldens.open_hdf5(path) as file:
        file.visititems(visit)
    return found


def golden(sample):
    goldens.write_golden(sample, layers=layer_names_by_path(os.path.join(goldens.SAMPLES, sample)))


def canonical(key, model, files, tensors):
    """The same weights as PyTorch has them; KerasHub's converter is the witness that they are the same."""
    goldens.write_canonical(key, model, f"safetensors {safetensors.__version__}, keras-hub {keras_hub.__version__}", files,
                            tensors, {})


def save(model, sample):
    model.save_weights(os.path.join(goldens.SAMPLES, sample))
    golden(sample)


def encoder():
    """The encoder and pooler of bert-tiny."""
    keras.utils.clear_session()
    backbone = backbone_of("bert-tiny")

    # The folder that keras_hub.upload_preset sends; its model.weights.h5 is what save_weights writes.
    preset = place("keras-hub-preset")
    backbone.save_to_preset(preset)
    golden("keras-hub-preset/model.weights.h5")

    place("keras-hub")
    backbone.save(os.path.join(goldens.SAMPLES, "keras-hub", "backbone.keras"))
    golden("keras-hub/backbone.keras")

    index = os.path.join(goldens.SAMPLES, "keras-hub", "backbone-sharded.weights.json")
    backbone.save_weights(index, max_shard_size=1.2e-5)  # GB
    for shard in ["backbone-sharded_00000.weights.h5", "backbone-sharded_00001.weights.h5"]:
        golden("keras-hub/" + shard)

    tensors = load("heads/model")
    canonical("keras-hub-backbone", "BertModel", [
        "keras-hub-preset/model.weights.h5", "keras-hub/backbone.keras", "keras-hub/backbone-sharded.weights.json"], tensors)

    half = keras_hub.models.BertBackbone.from_config({**backbone.get_config(), "dtype": "bfloat16"})
    for target, source in zip(half.weights, backbone.weights):
        target.assign(source)
    save(half, "keras-hub/backbone-bfloat16.weights.h5")
    canonical("keras-hub-backbone-bfloat16", "BertModel", ["keras-hub/backbone-bfloat16.weights.h5"],
              {name: array.astype(ml_dtypes.bfloat16).astype("<f4") for name, array in tensors.items()})


def masked_lm():
    """The encoder with pooler of bert-tiny and its masked-LM head."""
    keras.utils.clear_session()
    state = load("bert-tiny")
    model = keras_hub.models.BertMaskedLM(backbone=backbone_of("bert-tiny"), preprocessor=None)
    head = model.masked_lm_head
    head._intermediate_dense.kernel.assign(state["cls.predictions.transform.dense.weight"].T)
    head._intermediate_dense.bias.assign(state["cls.predictions.transform.dense.bias"])
    head._intermediate_layer_norm.gamma.assign(state["cls.predictions.transform.LayerNorm.weight"])
    head._intermediate_layer_norm.beta.assign(state["cls.predictions.transform.LayerNorm.bias"])
    head._bias.assign(state["cls.predictions.bias"])
    save(model, "keras-hub/masked-lm.weights.h5")
    canonical("keras-hub-masked-lm", "BertForMaskedLM", ["keras-hub/masked-lm.weights.h5"],
              {name: array for name, array in state.items() if "seq_relationship" not in name})


def text_classifier():
    keras.utils.clear_session()
    state = load("heads/sequence-classification")
    model = keras_hub.models.BertTextClassifier(
        backbone=backbone_of("heads/sequence-classification"), num_classes=3, preprocessor=None)
    model.output_dense.kernel.assign(state["classifier.weight"].T)
    model.output_dense.bias.assign(state["classifier.bias"])
    save(model, "keras-hub/text-classifier.weights.h5")
    canonical("keras-hub-text-classifier", "BertForSequenceClassification", ["keras-hub/text-classifier.weights.h5"], state)


def legacy():
    """A model that is no BERT, with its optimizer: whole in the old .h5 layout, whose names have no ":0" since Keras 3, and in
    the new layout of weights."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(7)
    layers = keras.layers
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    x = layers.Embedding(40, 8, name="word_embeddings")(tokens)
    x = layers.Add(name="residual")([x, layers.MultiHeadAttention(2, 4, name="attention")(x, x)])
    x = layers.LayerNormalization(name="norm")(x)
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    x = layers.Dense(3, name="classifier")(x)
    model = keras.Model(tokens, x, name="tiny_classifier")
    model.compile(keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    rng = np.random.default_rng(7)
    model.fit(rng.integers(0, 40, (8, 6)), rng.integers(0, 3, 8), epochs=1, verbose=0, shuffle=False)
    model.save(os.path.join(goldens.SAMPLES, "keras-legacy", "whole-model-keras3.h5"))
    goldens.write_golden("keras-legacy/whole-model-keras3.h5")
    save(model, "keras-hub/classifier-with-optimizer.weights.h5")


def main():
    encoder()
    masked_lm()
    text_classifier()
    legacy()


if __name__ == "__main__":
    main()
