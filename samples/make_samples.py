"""Makes the samples that PyTorch, TensorFlow and transformers write, with their goldens.

    python -m pip install torch==2.13.0 tensorflow-cpu==2.15.1 transformers==4.36.2 safetensors==0.8.0 h5py==3.16.0 "numpy==1.26.4"
    python samples/make_samples.py
    python samples/make_samples.py --trained FOLDER

One tiny random BERT (hidden 16, 2 layers, 2 heads, intermediate 32, 40 tokens, 24 positions) is written in every container
and with every head; RoBERTa, XLM-R, DistilBERT, ELECTRA and ALBERT follow. Every parameter is random, biases and layer
normalizations too, so that no swap of two tensors and no forgotten transpose can pass. Seeds are fixed: a second run gives
the same tensors. make_keras_samples.py and make_hdf5_samples.py make the rest. With --trained it makes nothing of this: it
has TensorFlow write sst2-tiny/tf_model.h5 from the folder that `pare distill` left (the command is in README.md).
"""

import argparse
import os
import shutil
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import safetensors.torch
import tensorflow as tf
import torch
import transformers
from keras.src.saving.legacy import hdf5_format
from transformers import AlbertConfig, BertConfig, DistilBertConfig, ElectraConfig, RobertaConfig, XLMRobertaConfig

import goldens

transformers.logging.set_verbosity_error()

VOCABULARY = """[PAD] [UNK] [CLS] [SEP] [MASK] . , ! ? ' the a an of and is was it this film movie not very good bad
great dull plot act ##ing ##ed ##s ##ly un ##believ ##able fun bore long end""".split()
assert len(VOCABULARY) == 40

SIZES = dict(vocab_size=40, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
             max_position_embeddings=24, type_vocab_size=2)
SENTIMENT = dict(id2label={0: "negative", 1: "neutral", 2: "positive"},
                 label2id={"negative": 0, "neutral": 1, "positive": 2})
ENTITIES = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
TAGS = dict(id2label=dict(enumerate(ENTITIES)), label2id={label: i for i, label in enumerate(ENTITIES)})


def place(sample):
    """An empty folder for a sample."""
    path = os.path.join(goldens.SAMPLES, sample)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def randomize(model):
    """Every parameter from a seed made of its own name: equal names get equal values in every model that has them."""
    for name, parameter in model.named_parameters():
        short = name.split(".", 1)[1] if name.split(".")[0] == model.base_model_prefix else name
        generator = torch.Generator().manual_seed(zlib.crc32(short.encode()))
        values = torch.randn(parameter.shape, generator=generator) * 0.2
        if name.endswith("LayerNorm.weight") or name.endswith("layer_norm.weight"):
            values += 1
        parameter.data.copy_(values)
    return model.eval()


def canonical(key, model, files):
    """The golden in PyTorch's names, with the ties as name → the name that owns the tensor."""
    parameters = dict(model.named_parameters())
    owners = {parameter.data_ptr(): name for name, parameter in parameters.items()}
    buffers = {name for name, _ in model.named_buffers()}
    ties = {name: owners[tensor.data_ptr()] for name, tensor in model.state_dict().items()
            if name not in buffers and name not in parameters}
    goldens.write_canonical(key, type(model).__name__, f"torch {torch.__version__}, transformers {transformers.__version__}",
                            files, {name: parameter.detach().numpy() for name, parameter in parameters.items()}, ties)


def save_pytorch(sample, model, **options):
    path = place(sample)
    model.save_pretrained(path, safe_serialization=True, **options)
    remove(path, "generation_config.json")
    for file in sorted(os.listdir(path)):
        if file.endswith(".safetensors"):
            goldens.write_golden(f"{sample}/{file}")


def remove(path, *files):
    for file in files:
        if os.path.exists(os.path.join(path, file)):
            os.remove(os.path.join(path, file))


def tensorflow_twin(name, pytorch_sample):
    """The TensorFlow class of the same model, with the weights of the PyTorch sample."""
    tf.keras.backend.clear_session()  # else Keras numbers the class scopes: tf_bert_model_1 …
    model, info = getattr(transformers, "TF" + name).from_pretrained(
        os.path.join(goldens.SAMPLES, pytorch_sample), output_loading_info=True)
    # TensorFlow's ALBERT adds a second bias that PyTorch ties to predictions.bias and so does not save.
    missing = [key for key in info["missing_keys"] if key != "predictions.decoder.bias"]
    assert not missing and not info["unexpected_keys"] and not info["mismatched_keys"], (name, info)
    model.config._name_or_path = ""  # else the config names this machine's folder
    if info["missing_keys"]:
        head = model.predictions
        head.decoder_bias.assign(head.bias)
    return model


def save_tensorflow(sample, model, into=None, **options):
    """save_pretrained into a new sample folder, or only its weights into an existing one."""
    path = into and os.path.join(goldens.SAMPLES, into) or place(sample)
    scratch = path + ".scratch"
    model.save_pretrained(scratch if into else path, **options)
    if into:
        shutil.move(os.path.join(scratch, "tf_model.h5"), os.path.join(path, "tf_model.h5"))
        shutil.rmtree(scratch)
    remove(path, "generation_config.json")
    for file in sorted(os.listdir(path)):
        if file.endswith(".h5") or (not into and file.endswith(".safetensors")):
            goldens.write_golden(f"{into or sample}/{file}")


def both(sample, name, config, twin=True):
    """One folder with model.safetensors and, of the same weights, tf_model.h5."""
    model = randomize(getattr(transformers, name)(config))
    save_pytorch(sample, model)
    files = [f"{sample}/model.safetensors"]
    if twin:
        save_tensorflow(sample, tensorflow_twin(name, sample), into=sample)
        files.append(f"{sample}/tf_model.h5")
    canonical(sample.replace("/", "--"), model, files)
    return model


def bert():
    config = BertConfig(**SIZES)
    model = randomize(transformers.BertForPreTraining(config))
    save_pytorch("bert-tiny", model)
    path = os.path.join(goldens.SAMPLES, "bert-tiny")
    with open(os.path.join(path, "vocab.txt"), "w") as file:
        file.write("".join(token + "\n" for token in VOCABULARY))
    transformers.BertTokenizerFast(os.path.join(path, "vocab.txt"), model_max_length=24).save_pretrained(path)

    save_pytorch("bert-tiny-sharded", model, max_shard_size="8KB")

    twin = tensorflow_twin("BertForPreTraining", "bert-tiny")
    save_tensorflow("bert-tiny-tf", twin)
    save_tensorflow("bert-tiny-tf-sharded", twin, max_shard_size="12KB")
    save_tensorflow("bert-tiny-tf-safetensors", twin, safe_serialization=True)
    canonical("bert-tiny", model, [
        "bert-tiny/model.safetensors", "bert-tiny-sharded/model.safetensors.index.json", "bert-tiny-tf/tf_model.h5",
        "bert-tiny-tf-sharded/tf_model.h5.index.json", "bert-tiny-tf-safetensors/model.safetensors",
        "keras-legacy/split-attributes.h5", "old-names/gamma-beta.safetensors", "old-names/module-prefix.safetensors",
        "old-names/model-prefix.safetensors", "old-names/untied.safetensors"])

    # model.save_weights writes the very bytes of tf_model.h5, so that file is not repeated; here Keras must split its lists
    # of names, which it does for long lists, since HDF5 cannot hold an attribute of 64 KiB.
    path = place("keras-legacy")
    limit, hdf5_format.HDF5_OBJECT_HEADER_LIMIT = hdf5_format.HDF5_OBJECT_HEADER_LIMIT, 1000
    twin.save_weights(os.path.join(path, "split-attributes.h5"))
    hdf5_format.HDF5_OBJECT_HEADER_LIMIT = limit
    goldens.write_golden("keras-legacy/split-attributes.h5")
    return model


def heads():
    config = lambda **more: BertConfig(**SIZES, **more)
    both("heads/model", "BertModel", config())
    both("heads/masked-lm", "BertForMaskedLM", config())
    both("heads/next-sentence", "BertForNextSentencePrediction", config(), twin=False)
    both("heads/sequence-classification", "BertForSequenceClassification", config(**SENTIMENT))
    both("heads/token-classification", "BertForTokenClassification", config(**TAGS))
    both("heads/question-answering", "BertForQuestionAnswering", config())
    both("heads/multiple-choice", "BertForMultipleChoice", config(), twin=False)


def families():
    roberta = dict(SIZES, type_vocab_size=1, max_position_embeddings=26)  # positions start at padding_idx + 1 = 2
    both("families/roberta-masked-lm", "RobertaForMaskedLM", RobertaConfig(**roberta))
    both("families/roberta-sequence-classification", "RobertaForSequenceClassification",
         RobertaConfig(**roberta, **SENTIMENT))
    both("families/xlm-roberta-masked-lm", "XLMRobertaForMaskedLM", XLMRobertaConfig(**roberta), twin=False)

    distil = dict(vocab_size=40, dim=16, n_layers=2, n_heads=2, hidden_dim=32, max_position_embeddings=24)
    both("families/distilbert-masked-lm", "DistilBertForMaskedLM", DistilBertConfig(**distil))
    both("families/distilbert-sequence-classification", "DistilBertForSequenceClassification",
         DistilBertConfig(**distil, **SENTIMENT))

    electra = dict(SIZES, embedding_size=8)
    both("families/electra-pretraining", "ElectraForPreTraining", ElectraConfig(**electra))
    both("families/electra-masked-lm", "ElectraForMaskedLM", ElectraConfig(**electra))
    both("families/electra-sequence-classification", "ElectraForSequenceClassification",
         ElectraConfig(**electra, **SENTIMENT))

    albert = dict(SIZES, embedding_size=8)
    both("families/albert-masked-lm", "AlbertForMaskedLM", AlbertConfig(**albert))
    both("families/albert-pretraining", "AlbertForPreTraining", AlbertConfig(**albert))
    both("families/albert-sequence-classification", "AlbertForSequenceClassification",
         AlbertConfig(**albert, **SENTIMENT))


def old_names(model):
    """The same weights under the names that older tools left in published files."""
    path = place("old-names")
    model.config.to_json_file(os.path.join(path, "config.json"))
    state = safetensors.torch.load_file(os.path.join(goldens.SAMPLES, "bert-tiny", "model.safetensors"))

    def gamma_beta(name):
        return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")

    whole = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    variants = {
        "gamma-beta": {gamma_beta(name): tensor for name, tensor in state.items()},
        "module-prefix": {"module." + name: tensor for name, tensor in state.items()},
        "model-prefix": {"model." + name: tensor for name, tensor in state.items()},
        # as older transformers saved it: the tied decoder written out, and the position_ids buffer
        "untied": {**whole, "bert.embeddings.position_ids": torch.arange(24).unsqueeze(0)},
    }
    for name, tensors in variants.items():
        file = f"{name}.safetensors"
        safetensors.torch.save_file(tensors, os.path.join(path, file), metadata={"format": "pt"})
        goldens.write_golden(f"old-names/{file}")


def keras_models():
    """Plain Keras models that are no BERT: saved whole with an optimizer, and weights only in both layouts of Keras 2.15."""
    tf.keras.backend.clear_session()
    tf.keras.utils.set_random_seed(7)
    layers = tf.keras.layers
    tokens = tf.keras.Input((6,), dtype="int32", name="tokens")
    x = layers.Embedding(40, 8, name="word_embeddings")(tokens)
    x = layers.Add(name="residual")([x, layers.MultiHeadAttention(2, 4, name="attention")(x, x)])
    x = layers.LayerNormalization(name="norm")(x)
    x = layers.GlobalAveragePooling1D(name="mean")(x)
    inside = tf.keras.Sequential([tf.keras.Input((8,)), layers.Dense(12, "relu", name="up"), layers.Dense(8, name="down")],
                                 name="feed_forward")
    x = layers.Dense(3, name="classifier")(inside(x))
    model = tf.keras.Model(tokens, x, name="tiny_classifier")
    model.compile(tf.keras.optimizers.Adam(0.01), tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    rng = np.random.default_rng(7)
    model.fit(rng.integers(0, 40, (8, 6)), rng.integers(0, 3, 8), epochs=1, verbose=0, shuffle=False)
    for file, save in [("whole-model-keras2.h5", model.save), ("weights-keras2.h5", model.save_weights),
                       ("keras2.weights.h5", model.save_weights)]:
        save(os.path.join(goldens.SAMPLES, "keras-legacy", file))
        goldens.write_golden(f"keras-legacy/{file}")

    # Both lists of names split: nine layers in parts of 64 bytes.
    limit, hdf5_format.HDF5_OBJECT_HEADER_LIMIT = hdf5_format.HDF5_OBJECT_HEADER_LIMIT, 64
    model.save_weights(os.path.join(goldens.SAMPLES, "keras-legacy", "split-layer-names.h5"))
    hdf5_format.HDF5_OBJECT_HEADER_LIMIT = limit
    goldens.write_golden("keras-legacy/split-layer-names.h5")


def write_trained(folder):
    """What `pare distill` trained, in the file that TensorFlow makes of it; the folder's other files are as they were."""
    save_tensorflow(None, tensorflow_twin("BertForSequenceClassification", os.path.abspath(folder)), into="sst2-tiny")


def trained():
    """sst2-tiny was trained by `pare` and is no work of this script; its goldens are."""
    goldens.write_golden("sst2-tiny/tf_model.h5")
    model, info = transformers.BertForSequenceClassification.from_pretrained(
        os.path.join(goldens.SAMPLES, "sst2-tiny"), from_tf=True, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], info
    canonical("sst2-tiny", model, ["sst2-tiny/tf_model.h5"])


def main():
    parser = argparse.ArgumentParser(description="Makes the samples of PyTorch, TensorFlow and transformers.")
    parser.add_argument("--trained", metavar="FOLDER", help="only sst2-tiny, from what pare distill wrote")
    folder = parser.parse_args().trained
    if folder:
        write_trained(folder)
        trained()
        return
    torch.manual_seed(0)
    model = bert()
    heads()
    old_names(model)
    families()
    keras_models()
    trained()


if __name__ == "__main__":
    main()
