"""Makes the samples of BiLSTM students that PyTorch and Keras write, with their goldens.

    python -m pip install torch==2.13.0 tensorflow-cpu==2.15.1 safetensors==0.8.0 h5py==3.16.0 "numpy==1.26.4"
    python samples/make_bilstm_samples.py
    python -m pip install keras==3.15.1 torch==2.15.0 safetensors==0.8.0 h5py==3.14.0 numpy==2.4.6
    python samples/make_bilstm_samples.py --keras3

The student of XtremeDistil (Mukherjee and Awadallah, 2020): an embedding, a bidirectional LSTM, a dense layer with GELU, a
dense layer. Layers are named as its code names them. Every parameter is random, both of PyTorch's biases too. The Keras
models hold the weights of the PyTorch ones, with the sum of the biases, and must give the same logits. Run make_samples.py first:
the vocabulary is that of bert-tiny.
"""

import json
import os
import shutil
import sys
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "torch")

import numpy as np
import safetensors.numpy
import torch

import goldens

VOCABULARY, EMBEDDING, HIDDEN, PROJECTION = 40, 6, 5, 8
READOUTS = {
    "last-state": ["negative", "neutral", "positive"],
    "max-pool": ["negative", "neutral", "positive"],
    "per-token": ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"],
}
LENGTHS = [1, 2, 3, 7, 12, 17, 24, 40]
FOLDER = os.path.join(goldens.SAMPLES, "bilstm")


class Student(torch.nn.Module):
    """What samples/bilstm/<readout>/model.safetensors is the state of."""

    def __init__(self, readout):
        super().__init__()
        self.readout = readout
        self.embeddings = torch.nn.Embedding(VOCABULARY, EMBEDDING)
        self.lstm = torch.nn.LSTM(EMBEDDING, HIDDEN, bidirectional=True, batch_first=True)
        self.projection = torch.nn.Linear(2 * HIDDEN, PROJECTION)
        self.classifier = torch.nn.Linear(PROJECTION, len(READOUTS[readout]))

    def forward(self, ids):
        states, (last, _) = self.lstm(self.embeddings(ids))
        read = {"last-state": lambda: torch.cat([last[0], last[1]], -1), "max-pool": lambda: states.max(1).values,
                "per-token": lambda: states}[self.readout]()
        vectors = torch.nn.functional.gelu(self.projection(read))
        return states, vectors, self.classifier(vectors)


def student(readout):
    model = Student(readout)
    for name, parameter in model.named_parameters():
        generator = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * 0.6)
    return model.eval()


def sequences():
    rng = np.random.default_rng(11)
    return [rng.integers(0, VOCABULARY, length) for length in LENGTHS]


def write_pytorch(readout):
    model = student(readout)
    path = os.path.join(FOLDER, readout)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    labels = READOUTS[readout]
    config = {
        "architectures": ["BiLSTMFor" + ("Token" if readout == "per-token" else "Sequence") + "Classification"],
        "model_type": "bilstm", "vocab_size": VOCABULARY, "embedding_size": EMBEDDING, "hidden_size": HIDDEN,
        "projection_size": PROJECTION, "readout": readout, "hidden_act": "gelu",
        "id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}, "pad_token_id": 0,
    }
    with open(os.path.join(path, "config.json"), "w") as file:
        json.dump(config, file, indent=2)
        file.write("\n")
    safetensors.numpy.save_file({name: tensor.numpy() for name, tensor in model.state_dict().items()},
                                os.path.join(path, "model.safetensors"), {"format": "pt"})
    for name in ["vocab.txt", "tokenizer_config.json"]:
        shutil.copy(os.path.join(goldens.SAMPLES, "bert-tiny", name), path)
    goldens.write_golden(f"bilstm/{readout}/model.safetensors")
    return model


def write_outputs(models):
    """The states of the LSTM, what the projection gives and the logits, in double precision, of each sequence alone."""
    tensors = {}
    for index, ids in enumerate(sequences()):
        tensors[f"e{index}.ids"] = ids.astype("<i4")
    for readout, model in models.items():
        for index, ids in enumerate(sequences()):
            with torch.no_grad():
                states, vectors, logits = model.double()(torch.tensor(ids)[None])
                single = model.float()(torch.tensor(ids)[None])[2]
            assert (single - logits).abs().max() < 5e-6
            tensors[f"{readout}.states{index}"] = states[0].numpy().astype("<f4")
            tensors[f"{readout}.vectors{index}"] = vectors.numpy().astype("<f4").reshape(-1, PROJECTION)
            tensors[f"{readout}.logits{index}"] = logits.numpy().astype("<f4").reshape(-1, logits.shape[-1])
    for readout in ["max-pool", "per-token"]:  # the states are the same whatever is read out
        for index in range(len(LENGTHS)):
            del tensors[f"{readout}.states{index}"]
    safetensors.numpy.save_file(tensors, os.path.join(FOLDER, "golden.safetensors"))


def canonical(readout, model):
    """The same weights with one bias for each direction, as Keras has them."""
    tensors = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    for end in ["", "_reverse"]:
        tensors["lstm.bias_ih_l0" + end] = tensors["lstm.bias_ih_l0" + end] + tensors.pop("lstm.bias_hh_l0" + end)
    files = [f"bilstm/{readout}/model.safetensors"]
    if readout == "last-state":
        files += ["bilstm/keras2/last-state.h5", "bilstm/keras2/last-state-whole.h5", "bilstm/keras2/last-state.weights.h5",
                  "bilstm/keras3/last-state.weights.h5"]
    if readout == "per-token":
        files += ["bilstm/keras2/per-token.h5", "bilstm/keras3/per-token.keras"]
    goldens.write_canonical(f"bilstm-{readout}", "Student", f"torch {torch.__version__}", files, tensors, {})


def keras_student(keras, readout):
    """As XtremeDistil-v2 builds it, but for sequences of any length and with exact GELU."""
    layers = keras.layers
    keras.backend.clear_session()
    ids = keras.Input((None,), dtype="int32", name="input")
    x = layers.Embedding(VOCABULARY, EMBEDDING, name="word_embedding")(ids)
    x = layers.Dropout(0.2)(x)
    lstm = layers.LSTM(HIDDEN, dropout=0.2, recurrent_dropout=0.2, return_sequences=readout != "last-state")
    x = layers.Bidirectional(lstm, name="bilstm")(x)
    if readout == "max-pool":
        x = layers.GlobalMaxPooling1D(name="pool")(x)
    x = layers.Dense(PROJECTION, activation="gelu", name="dense")(x)
    x = layers.Dense(len(READOUTS[readout]), activation="linear", name="output")(x)
    model = keras.Model(ids, x)
    state = {name: tensor.numpy() for name, tensor in student(readout).state_dict().items()}
    weights = [state["embeddings.weight"]]
    for end in ["", "_reverse"]:
        weights += [state["lstm.weight_ih_l0" + end].T, state["lstm.weight_hh_l0" + end].T,
                    state["lstm.bias_ih_l0" + end] + state["lstm.bias_hh_l0" + end]]
    for name in ["projection", "classifier"]:
        weights += [state[name + ".weight"].T, state[name + ".bias"]]
    # Keras 3 counts the seeds of dropout among the weights.
    for variable, value in zip(model.trainable_weights, weights, strict=True):
        variable.assign(value)
    expected = safetensors.numpy.load_file(os.path.join(FOLDER, "golden.safetensors"))
    for index, ids in enumerate(sequences()):
        logits = np.asarray(model.predict(ids[None], verbose=0))[0]
        error = np.abs(logits - expected[f"{readout}.logits{index}"]).max()
        assert error < 1e-5, (readout, index, error)
    return model


def write_keras2():
    import tensorflow

    keras = tensorflow.keras
    folder = os.path.join(FOLDER, "keras2")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    model = keras_student(keras, "last-state")
    model.save_weights(os.path.join(folder, "last-state.h5"))
    model.save_weights(os.path.join(folder, "last-state.weights.h5"), save_format="keras")
    model.compile("adam", "mse")
    model.save(os.path.join(folder, "last-state-whole.h5"))
    keras_student(keras, "per-token").save_weights(os.path.join(folder, "per-token.h5"))
    for name in ["last-state.h5", "last-state.weights.h5", "last-state-whole.h5", "per-token.h5"]:
        goldens.write_golden(f"bilstm/keras2/{name}")


def write_keras3():
    import keras

    folder = os.path.join(FOLDER, "keras3")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    keras_student(keras, "last-state").save_weights(os.path.join(folder, "last-state.weights.h5"))
    keras_student(keras, "per-token").save(os.path.join(folder, "per-token.keras"))
    for name in ["last-state.weights.h5", "per-token.keras"]:
        goldens.write_golden(f"bilstm/keras3/{name}")


def main():
    if "--keras3" in sys.argv:
        return write_keras3()
    models = {readout: write_pytorch(readout) for readout in READOUTS}
    for readout, model in models.items():
        canonical(readout, model)
    write_outputs(models)
    write_keras2()


if __name__ == "__main__":
    main()
