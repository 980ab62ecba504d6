"""Loads what pare wrote with the genuine libraries and compares every tensor with the sample it came from.

    python samples/check_written.py --pare .build/release/pare [--keep FOLDER] [--only WORD]

Every Python needs safetensors, h5py and numpy. Run it once in an environment with torch 2.13.0, tensorflow-cpu 2.15.1 and
transformers 4.36.2, and once in one with keras 3.15.1, keras-hub 0.32.0, tensorflow-cpu 2.21.0, gguf 0.19.0 and ctranslate2 4.8.5: what can
used, what cannot is named as skipped. One line is printed for each check; the exit status is 1 if any of them failed.
"""

import argparse
import glob
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ["HF_HUB_OFFLINE"] = "1"
warnings.simplefilter("ignore")

import h5py
import numpy as np

import goldens


def importable(attempt):
    try:
        return attempt()
    except Exception as error:  # a library that is there and broken is as good as absent, but say why
        return f"{type(error).__name__}: {error}".splitlines()[0]


def import_transformers():
    import torch
    import transformers
    transformers.logging.set_verbosity_error()
    return torch, transformers


def import_tensorflow():
    import tensorflow
    import transformers
    if not tensorflow.__version__.startswith("2.15."):
        raise ImportError(f"TensorFlow {tensorflow.__version__} is not 2.15")
    if not transformers.__version__.startswith("4."):
        raise ImportError(f"transformers {transformers.__version__} has no TensorFlow models")
    transformers.TFBertModel
    return tensorflow, transformers


def import_keras_hub():
    import keras
    import keras_hub
    return keras, keras_hub


class Run:
    def __init__(self, pare, folder, only):
        self.pare, self.folder, self.only = pare, folder, only
        self.passed, self.failed, self.written = 0, 0, 0

    def check(self, label, action):
        if self.only and self.only not in label:
            return
        try:
            action()
        except Exception as error:
            self.failed += 1
            print(f"FAIL {label}: {type(error).__name__ if not isinstance(error, AssertionError) else 'differs'}: "
                  + " | ".join(str(error).splitlines()[:6]), flush=True)
        else:
            self.passed += 1
            print(f"ok   {label}", flush=True)

    def convert(self, source, output, *options):
        """pare convert samples/SOURCE -o NEW/OUTPUT; the path of what was written."""
        self.written += 1
        place = os.path.join(self.folder, f"{self.written:03}")
        os.makedirs(place)
        path = os.path.join(place, output)
        command = [self.pare, "convert", source if os.path.isabs(source) else os.path.join(goldens.SAMPLES, source),
                   "-o", path, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"exit {done.returncode}: {' '.join(command[1:])}: {done.stderr.strip()}")
        assert os.path.exists(path), f"{' '.join(command[1:])} wrote nothing"
        return path


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array, dtype="<f4").tobytes()).hexdigest()


def same(expected, found, what):
    """Both {name: (shape, digest)}: equal names, shapes and values."""
    missing, extra = sorted(set(expected) - set(found)), sorted(set(found) - set(expected))
    assert not missing, f"{what}: missing {missing[:4]} ({len(missing)})"
    assert not extra, f"{what}: not expected {extra[:4]} ({len(extra)})"
    for name in sorted(expected):
        assert expected[name] == found[name], f"{what}: {name}: expected {expected[name]}, found {found[name]}"


def canonical(key):
    golden = goldens.read_canonical(key)
    return {row["name"]: (tuple(row["shape"]), row["sha256"]) for row in golden["parameters"]}, golden["ties"]


def shards(path):
    """The safetensors files of a path: one file, or those of a Hugging Face folder."""
    if not os.path.isdir(path):
        return [path]
    index = os.path.join(path, "model.safetensors.index.json")
    if os.path.exists(index):
        with open(index) as file:
            return sorted({os.path.join(path, name) for name in json.load(file)["weight_map"].values()})
    return [os.path.join(path, "model.safetensors")]


def safetensors_rows(path):
    rows = [row for file in shards(path) for row in goldens.read_safetensors(file)]
    return {name: (tuple(shape), hashlib.sha256(data).hexdigest()) for name, _, shape, data in rows}


def check_safetensors(path, key):
    """Every unique parameter in PyTorch's names; a tie may be written out if it has the owner's bytes."""
    expected, ties = canonical(key)
    found = safetensors_rows(path)
    for name, owner in ties.items():
        if name in found:
            assert found.pop(name) == expected[owner], f"{name} differs from {owner}, to which it is tied"
    found = {name: value for name, value in found.items() if not name.endswith("position_ids")}
    same(expected, found, os.path.basename(path.rstrip("/")))
    for file in shards(path):
        assert (goldens.safetensors_metadata(file) or {}).get("format") == "pt", "__metadata__.format is not pt"


def hdf5_rows(path):
    return {name: (tuple(shape), hashlib.sha256(data).hexdigest()) for name, _, shape, data, _ in goldens.read_hdf5(path)}


def samples_with_config():
    """(folder, key of its canonical golden, PyTorch class) of every sample with a model.safetensors of PyTorch."""
    for folder in ["bert-tiny", *sorted(glob.glob("heads/*", root_dir=goldens.SAMPLES)),
                   *sorted(glob.glob("families/*", root_dir=goldens.SAMPLES))]:
        with open(os.path.join(goldens.SAMPLES, folder, "config.json")) as file:
            yield folder, folder.replace("/", "--"), json.load(file)["architectures"][0]


def has(sample):
    return os.path.exists(os.path.join(goldens.SAMPLES, sample))


def check_containers(run):
    """Needs only safetensors and h5py."""
    convert = run.convert
    for folder, key, _ in samples_with_config():
        run.check(f"safetensors {folder} → safetensors, bytes and names kept",
                  lambda: same(safetensors_rows(os.path.join(goldens.SAMPLES, folder)),
                               safetensors_rows(convert(folder + "/model.safetensors", "out.safetensors")), "out.safetensors"))
        if has(folder + "/tf_model.h5"):
            run.check(f"safetensors {folder}/tf_model.h5 → safetensors",
                      lambda: check_safetensors(convert(folder + "/tf_model.h5", "out.safetensors"), key))
            run.check(f"tf-h5 {folder}/tf_model.h5 → h5, names kept",
                      lambda: check_same_kind(convert(folder + "/tf_model.h5", "out.h5"), folder + "/tf_model.h5"))
    for source in ["bert-tiny-sharded", "bert-tiny-tf", "bert-tiny-tf-sharded", "keras-legacy/split-attributes.h5"]:
        run.check(f"safetensors {source} → safetensors",
                  lambda: check_safetensors(convert(source, "out.safetensors"), "bert-tiny"))
    for source in ["bert-tiny-tf-safetensors", "old-names/gamma-beta.safetensors", "old-names/module-prefix.safetensors",
                   "old-names/model-prefix.safetensors", "old-names/untied.safetensors"]:
        run.check(f"safetensors {source} → safetensors in the bert dialect",
                  lambda: check_safetensors(convert(source, "out.safetensors", "--dialect", "bert"), "bert-tiny"))
    for name in ["gamma-beta", "module-prefix", "model-prefix", "untied"]:
        source = f"old-names/{name}.safetensors"
        run.check(f"safetensors {source} → safetensors, names kept",
                  lambda: same(safetensors_rows(os.path.join(goldens.SAMPLES, source)),
                               safetensors_rows(convert(source, "out.safetensors")), "out.safetensors"))
    for source, key in [("keras-hub-preset/model.weights.h5", "keras-hub-backbone"),
                        ("keras-hub/backbone.keras", "keras-hub-backbone"),
                        ("keras-hub/backbone-sharded.weights.json", "keras-hub-backbone"),
                        ("keras-hub/masked-lm.weights.h5", "keras-hub-masked-lm"),
                        ("keras-hub/text-classifier.weights.h5", "keras-hub-text-classifier")]:
        run.check(f"safetensors {source} → safetensors",
                  lambda: check_encoder(convert(source, "out.safetensors"), key))
    run.check("safetensors keras-hub/backbone-bfloat16.weights.h5 → safetensors --dtype F32",
              lambda: check_encoder(convert("keras-hub/backbone-bfloat16.weights.h5", "out.safetensors", "--dtype", "F32"),
                                    "keras-hub-backbone-bfloat16"))
    run.check("safetensors sst2-tiny → safetensors", lambda: check_safetensors(convert("sst2-tiny", "out.safetensors"), "sst2-tiny"))
    run.check("safetensors bert-tiny → safetensors --dtype F16", lambda: check_half(convert(
        "bert-tiny", "out.safetensors", "--dtype", "F16")))
    run.check("safetensors bert-tiny → folder, sidecars carried over", lambda: check_sidecars(convert("bert-tiny", "out/")))

    run.check("tf-h5 bert-tiny → h5 --dtype F16", lambda: check_half_hdf5(convert("bert-tiny", "out.h5", "--dtype", "F16")))
    run.check("hdf5 bert-tiny → hdf5 --compression gzip:6", lambda: check_plain(convert(
        "bert-tiny", "out.hdf5", "--compression", "gzip:6"), safetensors_rows(os.path.join(goldens.SAMPLES, "bert-tiny"))))
    run.check("hdf5 bert-tiny → hdf5", lambda: same(
        safetensors_rows(os.path.join(goldens.SAMPLES, "bert-tiny")), hdf5_rows(convert("bert-tiny", "out.hdf5")), "out.hdf5"))
    for name in ["contiguous", "chunked", "big-endian"]:
        run.check(f"hdf5 hdf5/{name}.h5 → hdf5", lambda: same(
            hdf5_rows(os.path.join(goldens.SAMPLES, "hdf5", name + ".h5")),
            hdf5_rows(convert(f"hdf5/{name}.h5", "out.hdf5", "--from", "hdf5")), "out.hdf5"))
    for name in ["keras-legacy/weights-keras2.h5", "keras-hub/classifier-with-optimizer.weights.h5"]:
        run.check(f"hdf5 {name} → hdf5, a model that is no BERT", lambda: same(
            hdf5_rows(os.path.join(goldens.SAMPLES, name)),
            hdf5_rows(convert(name, "out.hdf5", "--allow-unmapped")), "out.hdf5"))


def check_same_kind(path, sample):
    """The dataset paths and layer list of the file it came from."""
    original = os.path.join(goldens.SAMPLES, sample)
    same(hdf5_rows(original), hdf5_rows(path), sample)
    assert goldens.layer_names(path) == goldens.layer_names(original), "layer_names differ"


def check_encoder(path, key):
    """A KerasHub file: with or without the prefix of the encoder, as the writer chooses."""
    expected, _ = canonical(key)
    strip = lambda rows: {name.removeprefix("bert."): value for name, value in rows.items()}
    found = {name: value for name, value in safetensors_rows(path).items()
             if name not in ("cls.predictions.decoder.weight", "cls.predictions.decoder.bias")}
    same(strip(expected), strip(found), os.path.basename(path))


def check_half(path):
    found = {name: (dtype, tuple(shape), data) for name, dtype, shape, data in goldens.read_safetensors(path)}
    for name, _, shape, data in goldens.read_safetensors(os.path.join(goldens.SAMPLES, "bert-tiny", "model.safetensors")):
        expected = np.frombuffer(data, "<f4").astype("<f2").tobytes()
        assert found.pop(name) == ("F16", tuple(shape), expected), f"{name} is not the nearest F16"
    assert not found, f"not expected: {sorted(found)}"


def check_half_hdf5(path):
    """The tensors of the genuine tf_model.h5 as F16; the word embeddings may stand there once or twice."""
    expected = {(tuple(shape), np.frombuffer(data, "<f4").astype("<f2").tobytes())
                for _, _, shape, data, _ in goldens.read_hdf5(os.path.join(goldens.SAMPLES, "bert-tiny-tf", "tf_model.h5"))}
    rows = goldens.read_hdf5(path)
    assert all(dtype == "F16" for _, dtype, *_ in rows), "not every dataset is F16"
    assert {(tuple(shape), data) for _, _, shape, data, _ in rows} == expected, "values differ"


def check_sidecars(folder):
    source = os.path.join(goldens.SAMPLES, "bert-tiny")
    for file in sorted(os.listdir(source)):
        with open(os.path.join(source, file), "rb") as ours, open(os.path.join(folder, file), "rb") as theirs:
            first, second = ours.read(), theirs.read()
        if file == "config.json":
            first, second = json.loads(first), json.loads(second)
        if file != "model.safetensors":
            assert first == second, f"{file} differs"


def check_plain(path, expected):
    same(expected, hdf5_rows(path), os.path.basename(path))
    with h5py.File(path, "r") as file:
        used = [(item.compression, item.compression_opts) for _, item in goldens.datasets(file) if item.chunks]
    assert used and set(used) == {("gzip", 6)}, f"filters are {set(used) or 'absent'}, expected gzip 6"


def no_problems(info):
    for kind in ["missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs"]:
        # A Dropout layer has no weights, and the number in its name depends on what the process built before.
        found = [key for key in info.get(kind, []) if not str(key).endswith("position_ids") and not str(key).startswith("dropout")]
        assert not found, f"{kind}: {found[:4]}"


def check_pytorch(run, torch, transformers):
    """transformers loads the folder with nothing missing and nothing left over."""

    def load(folder, name, key):
        model, info = getattr(transformers, name).from_pretrained(folder, output_loading_info=True)
        no_problems(info)
        expected, ties = canonical(key)
        state = {name: (tuple(t.shape), digest(t.numpy())) for name, t in model.state_dict().items()}
        found = {name: value for name, value in state.items() if name not in ties and not name.endswith("position_ids")}
        same(expected, found, name)
        for tied, owner in ties.items():
            assert state[tied] == expected[owner], f"{name}: {tied} is not {owner}"

    def tensorflow_folder(folder):
        """Only the tf_model.h5 and the config of a sample that has both."""
        path = tempfile.mkdtemp(dir=run.folder)
        for file in ["config.json", "tf_model.h5"]:
            shutil.copy(os.path.join(goldens.SAMPLES, folder, file), path)
        return path

    for folder, key, name in samples_with_config():
        run.check(f"transformers {folder} → folder → {name}", lambda: load(run.convert(folder, "out/"), name, key))
        if has(folder + "/tf_model.h5"):
            run.check(f"transformers {folder}/tf_model.h5 → folder → {name}", lambda: load(
                run.convert(tensorflow_folder(folder), "out/", "--to", "safetensors"), name, key))
    run.check("transformers sst2-tiny → folder → BertForSequenceClassification", lambda: load(
        run.convert("sst2-tiny", "out/", "--to", "safetensors"), "BertForSequenceClassification", "sst2-tiny"))


def check_tensorflow(run, tensorflow, transformers):
    """TensorFlow's model of the same class, from the file that pare wrote and from PyTorch's, holds the same variables."""

    def load(folder, name):
        tensorflow.keras.backend.clear_session()
        model, info = getattr(transformers, "TF" + name).from_pretrained(folder, output_loading_info=True)
        return model, info

    def variables(model):
        return {w.name: (tuple(w.shape), digest(w.numpy())) for w in model.weights}

    def reference(folder, name):
        model, info = load(os.path.join(goldens.SAMPLES, folder), name)
        # ALBERT's second bias of the masked-LM head is tied in PyTorch, so its file has it once.
        if info["missing_keys"] == ["predictions.decoder.bias"]:
            model.predictions.decoder_bias.assign(model.predictions.bias)
        return variables(model)

    def written(folder, name, sample):
        model, info = load(folder, name)
        no_problems(info)
        same(reference(sample, name), variables(model), "TF" + name)

    for folder, _, name in samples_with_config():
        run.check(f"tensorflow {folder} → tf-h5 folder → TF{name}", lambda: written(
            run.convert(folder, "out/", "--to", "tf-h5"), name, folder))

    def in_order(path, sample, name):
        """Keras's own load_weights, which goes by the order of weight_names and not by names."""
        tensorflow.keras.backend.clear_session()
        config = transformers.AutoConfig.from_pretrained(os.path.join(goldens.SAMPLES, sample))
        model = getattr(transformers, "TF" + name)(config)
        model.build_in_name_scope() if hasattr(model, "build_in_name_scope") else model(model.dummy_inputs)
        model.load_weights(path)
        found = variables(model)  # before the reference, which clears Keras's session
        same(reference(sample, name), found, "TF" + name)

    for sample, name in [("heads/model", "BertModel"), ("heads/sequence-classification", "BertForSequenceClassification")]:
        run.check(f"tensorflow {sample} → h5 → load_weights in order", lambda: in_order(
            run.convert(sample, "out.h5"), sample, name))
    run.check("tensorflow sst2-tiny → safetensors folder → TFBertForSequenceClassification", lambda: same(
        variables(load(os.path.join(goldens.SAMPLES, "sst2-tiny"), "BertForSequenceClassification")[0]),
        variables(load(run.convert("sst2-tiny", "out/", "--to", "safetensors"), "BertForSequenceClassification")[0]),
        "TFBertForSequenceClassification"))


def check_keras_hub(run, keras, keras_hub):
    """KerasHub loads the .weights.h5 and holds what its own converter makes of the sample."""

    def backbone(dtype="float32"):
        keras.utils.clear_session()
        return keras_hub.models.BertBackbone(40, 2, 2, 16, 32, max_sequence_length=24, num_segments=2, dtype=dtype)

    def task(kind):
        if kind == "backbone":
            return backbone()
        if kind == "masked-lm":
            return keras_hub.models.BertMaskedLM(backbone(), preprocessor=None)
        return keras_hub.models.BertTextClassifier(backbone(), num_classes=3, preprocessor=None)

    def values(model):
        return {f"{index} {w.path}": (tuple(w.shape), digest(np.asarray(keras.ops.convert_to_numpy(w), "<f4")))
                for index, w in enumerate(model.weights)}

    def loaded(path, kind):
        model = task(kind)
        model.load_weights(path)
        return values(model)

    def compare(path, kind, original):
        same(loaded(os.path.join(goldens.SAMPLES, original), kind), loaded(path, kind), kind)

    encoder = "keras-hub-preset/model.weights.h5"
    for source in ["heads/model", "heads/model/tf_model.h5"]:
        run.check(f"keras-hub {source} → weights.h5 → BertBackbone", lambda: compare(
            run.convert(source, "out.weights.h5"), "backbone", encoder))
    run.check("keras-hub heads/sequence-classification → weights.h5 → BertTextClassifier", lambda: compare(
        run.convert("heads/sequence-classification", "out.weights.h5"), "text-classifier",
        "keras-hub/text-classifier.weights.h5"))
    for kind, source in [("backbone", encoder), ("backbone", "keras-hub/backbone-sharded.weights.json"),
                         ("backbone", "keras-hub/backbone.keras"), ("masked-lm", "keras-hub/masked-lm.weights.h5"),
                         ("text-classifier", "keras-hub/text-classifier.weights.h5")]:
        original = encoder if kind == "backbone" else source
        run.check(f"keras-hub {source} → weights.h5 → {kind}", lambda: compare(
            run.convert(source, "out.weights.h5"), kind, original))

    def half():
        model, expected = backbone("bfloat16"), backbone("bfloat16")
        model.load_weights(run.convert("heads/model", "out.weights.h5", "--dtype", "BF16"))
        expected.load_weights(os.path.join(goldens.SAMPLES, "keras-hub", "backbone-bfloat16.weights.h5"))
        same(values(expected), values(model), "bfloat16 backbone")

    run.check("keras-hub heads/model → weights.h5 --dtype BF16 → BertBackbone in bfloat16", half)


def import_gguf():
    import gguf
    return (gguf,)


def import_ctranslate2():
    import ctranslate2
    return (ctranslate2,)


def digests(arrays):
    return {name: (tuple(array.shape), hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest())
            for name, array in arrays.items()}


def check_numpy(run):
    """np.load gives every tensor of the samples."""
    for folder, _, _ in samples_with_config():
        run.check(f"numpy {folder} → npz", lambda: same(
            safetensors_rows(os.path.join(goldens.SAMPLES, folder)),
            digests(dict(np.load(run.convert(folder, "out.npz")))), "out.npz"))


def check_torch_load(run, torch, transformers):
    """torch.load(weights_only=True) gives every tensor of the samples, of one file and of shards."""

    def load(path):
        return {name: tensor.numpy() for name, tensor in torch.load(path, weights_only=True).items()}

    def loaded(path):
        if os.path.isfile(path):
            return load(path)
        with open(os.path.join(path, "pytorch_model.bin.index.json")) as file:
            names = sorted(set(json.load(file)["weight_map"].values()))
        return {key: value for name in names for key, value in load(os.path.join(path, name)).items()}

    for folder, _, _ in samples_with_config():
        rows = lambda: safetensors_rows(os.path.join(goldens.SAMPLES, folder))
        run.check(f"torch {folder} → bin", lambda: same(
            rows(), digests(loaded(run.convert(folder, "pytorch_model.bin"))), "pytorch_model.bin"))
        run.check(f"torch {folder} → shards", lambda: same(
            rows(), digests(loaded(run.convert(folder, "out/", "--to", "pytorch", "--split", "3"))), "shards"))


def check_gguf(run, gguf):
    """gguf-py reads the file, and finds in it what it has in the sample of its own making; blocks are those that it rounds to."""

    def read(path):
        return {tensor.name: np.array(tensor.data) for tensor in gguf.GGUFReader(path).tensors}

    own = os.path.join(goldens.SAMPLES, "gguf", "bert-tiny.gguf")
    options = ["--except", "head", "--except", "pooler"]
    run.check("gguf bert-tiny → gguf", lambda: same(
        digests(read(own)), digests(read(run.convert("bert-tiny", "out.gguf", *options))), "out.gguf"))

    def rounded(kind):
        values = read(os.path.join(goldens.SAMPLES, "gguf", "rounding.gguf"))
        found = read(run.convert("gguf/rounding.gguf", "out.gguf", "--only", "name:values.weight", "--rename",
                                 "values=values.weight", "--quantization", kind))
        expected = gguf.quants.quantize(values["values"], gguf.GGMLQuantizationType[kind])
        assert np.array_equal(found["values.weight"], expected), "blocks differ"

    for kind in ["Q8_0", "Q5_1", "Q5_0", "Q4_1", "Q4_0"]:
        run.check(f"gguf values → {kind}", lambda: rounded(kind))


def check_ctranslate2(run, ctranslate2):
    """CTranslate2 opens the folder, and gives the states that it gives for its own converter's."""

    def states(folder):
        encoder = ctranslate2.Encoder(folder, device="cpu")
        return np.array(encoder.forward_batch([[3, 5, 6, 4]]).last_hidden_state)

    for name, options in [("float32", []), ("float16", ["--dtype", "F16"]), ("int8", ["--quantization", "int8"])]:
        run.check(f"ctranslate2 bert-tiny → {name}", lambda: np.testing.assert_array_equal(
            states(run.convert("bert-tiny", "out/", "--to", "ctranslate2", "--except", "head", *options)),
            states(os.path.join(goldens.SAMPLES, "ctranslate2", f"bert-{name}"))))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pare", required=True, help="the binary under test")
    parser.add_argument("--keep", metavar="FOLDER", help="write into this empty folder and leave it there")
    parser.add_argument("--only", metavar="WORD", help="only the checks whose line contains WORD")
    arguments = parser.parse_args()
    pare = shutil.which(arguments.pare)
    if not pare:
        parser.error(f"{arguments.pare}: no such program")
    if arguments.keep:
        os.makedirs(arguments.keep, exist_ok=True)
        if os.listdir(arguments.keep):
            parser.error(f"{arguments.keep}: not empty")
    folder = arguments.keep or tempfile.mkdtemp(prefix="pare-check-")
    run = Run(os.path.abspath(pare), os.path.abspath(folder), arguments.only)
    try:
        check_containers(run)
        check_numpy(run)
        for name, attempt, checks in [("transformers with PyTorch", import_transformers, check_pytorch),
                                      ("PyTorch", import_transformers, check_torch_load),
                                      ("gguf", import_gguf, check_gguf),
                                      ("ctranslate2", import_ctranslate2, check_ctranslate2),
                                      ("transformers 4 with TensorFlow 2.15", import_tensorflow, check_tensorflow),
                                      ("keras-hub", import_keras_hub, check_keras_hub)]:
            libraries = importable(attempt)
            if isinstance(libraries, str):
                print(f"skip {name}: {libraries}", flush=True)
            else:
                checks(run, *libraries)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)
    print(f"{run.passed} ok, {run.failed} failed")
    if run.passed + run.failed == 0:
        print("no check matched", file=sys.stderr)
    sys.exit(1 if run.failed or not run.passed else 0)


if __name__ == "__main__":
    main()
