"""Makes the GGUF samples with gguf-py, and what it reads from them.

    python -m pip install gguf==0.19.0 numpy==2.4.6 safetensors==0.8.0
    python samples/make_gguf_samples.py

gguf/types.gguf has a tensor of every type, and a value of every type beside them; gguf/types.safetensors holds what gguf-py decodes
them to. gguf/rounding.gguf holds values, and the blocks that gguf-py rounds them to. gguf/bert-tiny.gguf is the encoder of
bert-tiny/, named and described as llama.cpp's converter does it, and gguf/split/ the same in three parts.
"""

import os
import shutil

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import GGUFValueType as Value
from safetensors.numpy import load_file, save_file

SAMPLES = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(SAMPLES, "gguf")
RANDOM = np.random.default_rng(7)

# Where the half-precision numbers of a block of random bits stand.
HALVES = {
    Type.Q4_0: [0], Type.Q4_1: [0, 2], Type.Q5_0: [0], Type.Q5_1: [0, 2], Type.Q8_0: [0], Type.IQ4_NL: [0],
    Type.Q2_K: [80, 82], Type.Q3_K: [108], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208],
    Type.IQ4_XS: [0], Type.TQ2_0: [64],
}
FOREIGN = [Type.IQ4_XS, Type.TQ2_0]


def random_blocks(kind, rows):
    """Rows of two blocks of the type, of any bits but for their scales."""
    size = gguf.GGML_QUANT_SIZES[kind][1]
    blocks = RANDOM.integers(0, 256, (rows * 2, size), np.uint8)
    for offset in HALVES[kind]:
        scales = RANDOM.uniform(-0.1, 0.1, (rows * 2, 1)).astype(np.float16)
        blocks[:, offset : offset + 2] = scales.view(np.uint8)
    return blocks.reshape(rows, 2 * size)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_types():
    writer = gguf.GGUFWriter(os.path.join(FOLDER, "types.gguf"), "none")
    writer.add_custom_alignment(64)
    simple = {
        Value.UINT8: 255, Value.INT8: -128, Value.UINT16: 65535, Value.INT16: -32768, Value.UINT32: 4294967295,
        Value.INT32: -2147483648, Value.FLOAT32: 0.1, Value.BOOL: True, Value.STRING: "ein Übungsstück",
        Value.UINT64: 2**64 - 1, Value.INT64: -(2**63), Value.FLOAT64: 0.1,
    }
    for kind, value in simple.items():
        writer.add_key_value(f"sample.{kind.name.lower()}", value, kind)
    writer.add_key_value("sample.false", False, Value.BOOL)
    writer.add_key_value("sample.strings", ["a", "", "\u2581b"], Value.ARRAY)
    writer.add_key_value("sample.floats", [0.5, -1.5], Value.ARRAY)
    writer.add_key_value("sample.bytes", [1, 2, 3], Value.ARRAY, sub_type=Value.UINT8)
    writer.add_key_value("sample.nested", [[1, 2], [3]], Value.ARRAY)

    decoded = {}

    def add(name, array, kind=None, values=None):
        writer.add_tensor(name, array, raw_dtype=kind)
        if values is not False:
            decoded[name] = array if values is None else values

    for kind in ["f2", "f4", "f8", "i1", "i2", "i4", "i8"]:
        add(f"plain.{kind}", RANDOM.uniform(-100, 100, (3, 5)).astype(kind))
    bits = RANDOM.uniform(-1, 1, (2, 8)).astype(np.float32)
    half = gguf.quants.quantize(bits, Type.BF16)
    add("plain.bf16", half, Type.BF16, gguf.quants.dequantize(half, Type.BF16))
    add("cube", RANDOM.standard_normal((2, 3, 4)).astype(np.float32))
    for kind in HALVES:
        blocks = random_blocks(kind, 1 if gguf.GGML_QUANT_SIZES[kind][0] == 256 else 3)
        add(f"blocks.{kind.name}", blocks, kind, False if kind in FOREIGN else gguf.quants.dequantize(blocks, kind))
    add("last", np.arange(16, dtype=np.float32))
    finish(writer)
    save_file(decoded, os.path.join(FOLDER, "types.safetensors"))


def rounding_values():
    """Rows of 64: what rounding may go wrong on."""
    values = RANDOM.standard_normal((24, 64)).astype(np.float32)
    values[0] = 0
    values[1, :32] = -0.0
    values[2] = 0.25  # all equal
    values[3, :32] = np.arange(32, dtype=np.float32) - 16  # ties of the largest magnitude
    values[3, 32:] = 16 - np.arange(32, dtype=np.float32)
    values[4] = (np.arange(64, dtype=np.float32) - 31.5)
    values[4, 0] = 127  # scale 1: codes halfway between integers
    values[4, 32] = -127
    values[5] *= 1e-30
    values[6] *= 1e30
    values[7] *= 1e-4
    values[8, :32] = 0
    values[8, 5] = -3.0
    values[9] = np.abs(values[9])
    values[10] = -np.abs(values[10])
    values[11] = np.float32(1) + np.arange(64, dtype=np.float32) * np.float32(2**-20)
    values[12] = RANDOM.integers(-8, 8, 64).astype(np.float32) * np.float32(0.5)
    values[13] = RANDOM.integers(-31, 31, 64).astype(np.float32) * np.float32(0.25)
    return values


def write_rounding():
    writer = gguf.GGUFWriter(os.path.join(FOLDER, "rounding.gguf"), "none")
    values = rounding_values()
    writer.add_tensor("values", values)
    for kind in [Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0]:
        with np.errstate(over="ignore", invalid="ignore"):
            writer.add_tensor(kind.name, gguf.quants.quantize(values, kind), raw_dtype=kind)
    finish(writer)


CONTROL = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"}


def phantom(token):
    """A word as llama.cpp holds it: its beginning is marked, not its continuation."""
    if token in CONTROL:
        return token
    return token[2:] if token.startswith("##") else "\u2581" + token


def write_bert(path, **options):
    source = os.path.join(SAMPLES, "bert-tiny")
    tensors = load_file(os.path.join(source, "model.safetensors"))
    with open(os.path.join(source, "vocab.txt"), encoding="utf-8") as file:
        words = file.read().splitlines()
    writer = gguf.GGUFWriter(path, "bert", **options)
    writer.add_type("model")
    writer.add_name("bert-tiny")
    writer.add_block_count(2)
    writer.add_context_length(24)
    writer.add_embedding_length(16)
    writer.add_feed_forward_length(32)
    writer.add_head_count(2)
    writer.add_layer_norm_eps(1e-12)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_token_type_count(2)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([phantom(word) for word in words])
    kinds = [gguf.TokenType.CONTROL if word in CONTROL else gguf.TokenType.NORMAL for word in words]
    writer.add_token_types(kinds)
    gguf.SpecialVocab(source, n_vocab=len(words)).add_to_gguf(writer, quiet=True)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.BERT, 2)
    for name, array in tensors.items():
        if name.startswith("cls.") or "pooler" in name or name.endswith("position_ids"):
            continue
        short = names.get_name(name.removeprefix("bert."), try_suffixes=(".weight", ".bias"))
        writer.add_tensor(short, array.astype(np.float32))
    finish(writer)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(os.path.join(FOLDER, "split"))
    write_types()
    write_rounding()
    write_bert(os.path.join(FOLDER, "bert-tiny.gguf"))
    write_bert(os.path.join(FOLDER, "split", "model.gguf"), split_max_tensors=15)


if __name__ == "__main__":
    main()
