"""Makes the checkpoints of TensorFlow, with their goldens.

    python -m pip install tensorflow-cpu==2.15.1 safetensors==0.8.0 h5py==3.16.0 "numpy==1.26.4" cramjam==2.14.0
    python -m pip install --no-deps tf-models-official==2.15.0 gin-config==0.5.0 scipy==1.11.4 tensorflow-hub==0.15.0 tf-slim==1.1.0
    python samples/make_tf_checkpoint_samples.py

`tf.compat.v1.train.Saver` writes the weights of bert-tiny and heads/ under the names of google-research/bert, as its
`modeling.py`, `run_classifier.py` and `run_squad.py` make them, with what `optimization.py` adds. `tf.train.Checkpoint` writes those
of heads/model as the classes of tf-models-official hold them: nothing here knows their names. TensorFlow writes tables
without compression, but for its first version: compressed and big-endian indexes, and one of several blocks, are put together
here from one that it wrote, and it must read the same from them.
"""

import hashlib
import json
import os
import shutil
import struct
import tempfile
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cramjam
import numpy as np
import safetensors.numpy
import tensorflow as tf
from official.legacy.bert import configs
from tensorflow.core.protobuf.tensor_bundle_pb2 import BundleEntryProto as BundleEntry
from official.nlp.modeling import models, networks
from official.nlp.tools import tf2_bert_encoder_checkpoint_converter as converter

import goldens

FOLDER = os.path.join(goldens.SAMPLES, "tf-checkpoint")


def weights(sample):
    return safetensors.numpy.load_file(os.path.join(goldens.SAMPLES, sample, "model.safetensors"))


def place(name):
    path = os.path.join(FOLDER, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def golden(prefix, folder=FOLDER):
    """Every tensor as TensorFlow itself reads it; strings by name alone."""
    path = os.path.join(folder, prefix)
    reader = tf.train.load_checkpoint(path)
    rows, strings = [], []
    for name in sorted(reader.get_variable_to_shape_map()):
        type = reader.get_variable_to_dtype_map()[name]
        array = np.asarray(reader.get_tensor(name))
        if type == tf.string:
            strings.append(name)
        elif type in SPECIAL_TYPES:
            rows.append({"name": name, "dtype": SPECIAL_TYPES[type], "shape": list(array.shape),
                         "sha256": hashlib.sha256(array.tobytes()).hexdigest()})
        else:
            rows.append(goldens.array_entry(name, array))
    head = {"sample": f"tf-checkpoint/{prefix}", "reader": f"tensorflow {tf.__version__}", "strings": strings}
    goldens.write_json(os.path.join(goldens.SAMPLES, "golden", f"tf-checkpoint--{prefix.replace('/', '--')}.json"), head, "tensors", rows)
    return rows


SPECIAL_TYPES = {tf.bfloat16: "BF16", tf.dtypes.experimental.float8_e5m2: "F8_E5M2", tf.dtypes.experimental.float8_e4m3fn: "F8_E4M3", tf.complex64: "C64"}


# Google's names


def google(name, array):
    """The name and the array in google-research/bert of a parameter of transformers."""
    heads = {"classifier.weight": "output_weights", "classifier.bias": "output_bias",
             "qa_outputs.weight": "cls/squad/output_weights", "qa_outputs.bias": "cls/squad/output_bias",
             "cls.seq_relationship.weight": "cls/seq_relationship/output_weights",
             "cls.seq_relationship.bias": "cls/seq_relationship/output_bias",
             "cls.predictions.bias": "cls/predictions/output_bias"}
    if name in heads:
        return heads[name], array
    name = name.replace("encoder.layer.", "encoder.layer_").replace(".", "/")
    for module in ("word_embeddings", "position_embeddings", "token_type_embeddings"):
        name = name.replace(f"{module}/weight", module)
    if "LayerNorm" in name:
        return name.replace("weight", "gamma").replace("bias", "beta"), array
    if name.endswith("/weight"):
        return name[:-len("weight")] + "kernel", np.ascontiguousarray(array.T)
    return name, array


def optimizer_slots(variables):
    """What AdamWeightDecayOptimizer keeps of each variable."""
    for name, array in variables.items():
        generator = np.random.default_rng(zlib.crc32(name.encode()))
        for slot in ("adam_m", "adam_v"):
            yield f"{name}/{slot}", (generator.standard_normal(array.shape) * 1e-3).astype(np.float32)


def save(prefix, variables, devices=1, partitioners={}, version=tf.compat.v1.train.SaverDef.V2):
    """Saver.save of variables in a graph of their own; a sharded saver writes a file for each device."""
    v1 = tf.compat.v1
    session = v1.Session(graph=tf.Graph(), config=v1.ConfigProto(device_count={"CPU": devices}))
    with session.graph.as_default(), session:
        for number, (name, value) in enumerate(variables.items()):
            with v1.device(f"/cpu:{number % devices}"):
                # A partitioned variable takes its values from a function of the part.
                def part(shape, dtype=None, partition_info=None, value=value):
                    start = partition_info.var_offset if partition_info else [0] * len(shape)
                    return tf.constant(value[tuple(slice(s, s + n) for s, n in zip(start, shape))])
                v1.get_variable(name, shape=value.shape, dtype=value.dtype, initializer=part, use_resource=False,
                                partitioner=partitioners.get(name))
        session.run(v1.global_variables_initializer())
        v1.train.Saver(sharded=devices > 1, write_version=version).save(
            session, os.path.join(FOLDER, prefix), write_meta_graph=False)


def remove_list(folder):
    """The `checkpoint` file, which would make a folder's choice."""
    os.remove(os.path.join(FOLDER, folder, "checkpoint"))


def google_checkpoints():
    place("google")
    pretraining = dict(google(name, array) for name, array in weights("bert-tiny").items())
    step = {"global_step": np.int64(1000)}
    save("google/bert_model.ckpt", {**pretraining, **dict(optimizer_slots(pretraining)), **step})
    remove_list("google")
    with open(os.path.join(FOLDER, "google", "bert_config.json"), "w") as file:
        # As it lies in google-research's archives, here with the sizes of bert-tiny.
        json.dump({"attention_probs_dropout_prob": 0.1, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": 16,
                   "initializer_range": 0.02, "intermediate_size": 32, "max_position_embeddings": 24,
                   "num_attention_heads": 2, "num_hidden_layers": 2, "type_vocab_size": 2, "vocab_size": 40}, file, indent=2)
    shutil.copy(os.path.join(goldens.SAMPLES, "bert-tiny", "vocab.txt"), os.path.join(FOLDER, "google"))
    golden("google/bert_model.ckpt")

    # Estimators leave several, and a list that says which is the latest.
    place("classifier")
    classifier = dict(google(name, array) for name, array in weights("heads/sequence-classification").items())
    few = {name: classifier[name] * 0 for name in ("output_weights", "output_bias")}
    save("classifier/model.ckpt-0", {**few, **step})
    save("classifier/model.ckpt-343", {**classifier, **step})
    listing = os.path.join(FOLDER, "classifier", "checkpoint")
    with open(listing) as file:
        text = file.read()
    with open(listing, "w") as file:
        file.write(text.replace(FOLDER, "/models"))  # whose folder it was is nobody's business
    golden("classifier/model.ckpt-343")

    place("squad")
    squad = dict(google(name, array) for name, array in weights("heads/question-answering").items())
    squad |= {name: array for name, array in pretraining.items() if "pooler" in name}  # which transformers leaves out
    save("squad/model.ckpt-100", {**squad, **step})
    remove_list("squad")
    golden("squad/model.ckpt-100")

    place("sharded")
    save("sharded/model.ckpt", pretraining, devices=2)
    remove_list("sharded")
    golden("sharded/model.ckpt")

    place("partitioned")
    v1 = tf.compat.v1
    names = ["bert/embeddings/word_embeddings", "bert/embeddings/position_embeddings", "bert/pooler/dense/kernel", "bert/pooler/dense/bias"]
    save("partitioned/model.ckpt", {name: pretraining[name] for name in names},
         partitioners={names[0]: v1.fixed_size_partitioner(3), names[2]: v1.fixed_size_partitioner(2, axis=1)})
    remove_list("partitioned")
    golden("partitioned/model.ckpt")

    place("first-version")
    save("first-version/model.ckpt", {name: pretraining[name] for name in names}, version=v1.train.SaverDef.V1)
    remove_list("first-version")


def garden_checkpoints():
    """By the converter of the model garden itself, and by its task models."""
    place("garden")
    config = configs.BertConfig.from_json_file(os.path.join(FOLDER, "google", "bert_config.json"))
    source = os.path.join(FOLDER, "google", "bert_model.ckpt")
    converter.convert_checkpoint(config, os.path.join(FOLDER, "garden", "encoder"), source, "model", "encoder")
    golden("garden/encoder-1")
    with tempfile.TemporaryDirectory() as scratch:
        def scratch_golden(name, model, **items):
            """Only what the names are, for which the golden is enough."""
            os.makedirs(os.path.join(scratch, "garden"), exist_ok=True)
            tf.train.Checkpoint(model=model, **items).save(os.path.join(scratch, "garden", name))
            golden(f"garden/{name}-1", scratch)

        converter.convert_checkpoint(config, os.path.join(scratch, "garden", "pretrainer"), source, "model", "pretrainer")
        golden("garden/pretrainer-1", scratch)

        def encoder():
            made = converter._create_bert_model(config)
            tf.train.Checkpoint(model=made).restore(os.path.join(FOLDER, "garden", "encoder-1")).expect_partial()
            return made

        old = encoder()
        new = networks.BertEncoderV2(
            vocab_size=40, hidden_size=16, num_layers=2, num_attention_heads=2, max_sequence_length=24, type_vocab_size=2, inner_dim=32)
        new(new.inputs)
        values = {variable.name: variable.numpy() for variable in old.variables}
        for variable in new.variables:
            variable.assign(values[variable.name.removeprefix(new.name + "/")])
        scratch_golden("encoder-v2", new)

        def head(model, sample, prefix, layer):
            """Sets the kernel and bias of a head that transformers has too."""
            parameters = weights(sample)
            layer.kernel.assign(parameters[f"{prefix}.weight"].T)
            layer.bias.assign(parameters[f"{prefix}.bias"])
            return model

        classifier = models.BertClassifier(encoder(), num_classes=3)
        head(classifier, "heads/sequence-classification", "classifier", classifier.classifier.out_proj)
        optimizer = tf.keras.optimizers.Adam(1e-3)
        optimizer.build(classifier.trainable_variables)
        tf.train.Checkpoint(model=classifier, optimizer=optimizer).save(os.path.join(FOLDER, "garden", "classifier"))
        golden("garden/classifier-1")
        old_optimizer = tf.keras.optimizers.legacy.Adam(1e-3)
        old_optimizer._create_all_weights(classifier.trainable_variables)
        scratch_golden("classifier-legacy-optimizer", classifier, optimizer=old_optimizer, global_step=old_optimizer.iterations)

        span = models.BertSpanLabeler(encoder())
        scratch_golden("span", head(span, "heads/question-answering", "qa_outputs", dense(span)))
        tags = models.BertTokenClassifier(encoder(), num_classes=5)
        scratch_golden("tags", head(tags, "heads/token-classification", "classifier", tags.classifier))
        pretraining = models.BertPretrainer(encoder(), num_classes=2, num_token_predictions=4)
        scratch_golden("old-pretrainer", pretraining)
    remove_list("garden")


def dense(span):
    """The one layer within a span labeler's head."""
    return [layer for layer in span.span_labeling.layers if layer.weights][0]


# Tables


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(crc):
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def read_varint(data, place):
    value = shift = 0
    while True:
        value |= (data[place] & 0x7F) << shift
        shift += 7
        place += 1
        if data[place - 1] < 0x80:
            return value, place


def read_block(data, offset, size):
    block = data[offset:offset + size]
    assert data[offset + size] == 0 and struct.unpack_from("<I", data, offset + size + 1)[0] == masked(crc32c(data[offset:offset + size + 1]))
    end = len(block) - 4 - 4 * struct.unpack_from("<I", block, len(block) - 4)[0]
    place, key, entries = 0, b"", []
    while place < end:
        shared, place = read_varint(block, place)
        unshared, place = read_varint(block, place)
        size, place = read_varint(block, place)
        key = key[:shared] + block[place:place + unshared]
        entries.append((key, block[place + unshared:place + unshared + size]))
        place += unshared + size
    return entries


def read_table(path):
    with open(path, "rb") as file:
        data = file.read()
    assert data[-8:] == struct.pack("<Q", 0xDB4775248B80FB57)
    _, place = read_varint(data, len(data) - 48)
    _, place = read_varint(data, place)
    offset, place = read_varint(data, place)
    size, place = read_varint(data, place)
    entries = []
    for _, handle in read_block(data, offset, size):
        block, after = read_varint(handle, 0)
        entries += read_block(data, block, read_varint(handle, after)[0])
    return entries


def write_table(path, entries, block_size, compress):
    """A table as LevelDB lays it out, with a restart every 16 keys."""
    out, index = b"", []

    def block(entries, restart_every=16):
        body, restarts, previous = b"", [], b""
        for number, (key, value) in enumerate(entries):
            shared = 0
            if number % restart_every == 0:
                restarts.append(len(body))
            else:
                while shared < min(len(key), len(previous)) and key[shared] == previous[shared]:
                    shared += 1
            body += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
            previous = key
        return body + b"".join(struct.pack("<I", place) for place in restarts or [0]) + struct.pack("<I", max(1, len(restarts)))

    def append(content, compress):
        nonlocal out
        packed = bytes(cramjam.snappy.compress_raw(content)) if compress else content
        kind = bytes([1 if compress else 0])
        handle = varint(len(out)) + varint(len(packed))
        out += packed + kind + struct.pack("<I", masked(crc32c(packed + kind)))
        return handle

    pending, size = [], 0
    for key, value in entries:
        pending.append((key, value))
        size += len(key) + len(value)
        if size >= block_size:
            index.append((pending[-1][0], append(block(pending), compress)))
            pending, size = [], 0
    if pending:
        index.append((pending[-1][0], append(block(pending), compress)))
    meta = append(block([]), False)
    footer = meta + append(block(index, restart_every=1), compress)
    out += footer + bytes(40 - len(footer)) + struct.pack("<Q", 0xDB4775248B80FB57)
    with open(path, "wb") as file:
        file.write(out)


def tables():
    place("types")
    generator = np.random.default_rng(7)
    real = generator.standard_normal((3, 4))
    whole = generator.integers(-100, 100, (2, 3))
    tensors = {"bfloat16": tf.cast(real, tf.bfloat16), "bool": tf.constant([True, False, True]), "complex64": tf.cast(real, tf.complex64) * (1 - 2j),
               "empty": tf.zeros([0, 5]), "float16": tf.cast(real, tf.float16), "float32": tf.cast(real, tf.float32), "float64": tf.constant(real),
               "float8_e4m3fn": tf.cast(real, tf.dtypes.experimental.float8_e4m3fn), "float8_e5m2": tf.cast(real, tf.dtypes.experimental.float8_e5m2),
               "scalar": tf.constant(3, tf.int64), "string": tf.constant(["a", "text"]), "quantized": tf.bitcast(tf.cast(whole, tf.int8), tf.qint8)}
    for type in (tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.uint32, tf.uint64):
        tensors[type.name] = tf.cast(abs(whole), type) if type.is_unsigned else tf.cast(whole, type)
    tf.raw_ops.SaveV2(prefix=os.path.join(FOLDER, "types", "all"), tensor_names=list(tensors), shape_and_slices=[""] * len(tensors),
                      tensors=list(tensors.values()))
    if not os.path.exists(os.path.join(FOLDER, "types", "all.index")):
        raise SystemExit("SaveV2 wrote no index")
    original = golden("types/all")

    # The same from the highest byte on, as a machine of that kind would write it.
    path = os.path.join(FOLDER, "types", "all")
    with open(path + ".data-00000-of-00001", "rb") as file:
        data = bytearray(file.read())
    # Of these TensorFlow refuses to turn the bytes round.
    unturned = ("string", "quantized", "float8_e5m2", "float8_e4m3fn")
    entries = []
    for key, value in read_table(path + ".index"):
        if key == b"":
            value = value.replace(b"\x1a", b"\x10\x01\x1a", 1)
        elif key.decode() not in unturned:
            entry = BundleEntry.FromString(value)
            width = 4 if key == b"complex64" else tf.dtypes.as_dtype(entry.dtype).size
            part = data[entry.offset:entry.offset + entry.size]
            for start in range(0, len(part), width):
                part[start:start + width] = part[start:start + width][::-1]
            data[entry.offset:entry.offset + entry.size] = part
            entry.crc32c = masked(crc32c(part))
            value = entry.SerializeToString()
        if key.decode() not in unturned:
            entries.append((key, value))
    other = os.path.join(FOLDER, "types", "big-endian")
    write_table(other + ".index", entries, 1 << 18, False)
    with open(other + ".data-00000-of-00001", "wb") as file:
        file.write(data)
    same = [row for row in original if row["name"] not in unturned]
    assert golden("types/big-endian") == same

    # One of several blocks, compressed or not.
    for name, size, compress in (("compressed", 1 << 18, True), ("compressed-blocks", 100, True), ("blocks", 100, False)):
        path = os.path.join(FOLDER, "partitioned", "model.ckpt")
        other = os.path.join(FOLDER, "partitioned", name)
        write_table(other + ".index", read_table(path + ".index"), size, compress)
        shutil.copy(path + ".data-00000-of-00001", other + ".data-00000-of-00001")
        assert golden(f"partitioned/{name}") == golden("partitioned/model.ckpt")


if __name__ == "__main__":
    google_checkpoints()
    garden_checkpoints()
    tables()
