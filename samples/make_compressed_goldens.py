"""Makes the goldens of compressed weights: what PyTorch computes with the dense matrices that they stand for.

    python samples/make_compressed_goldens.py        (after make_encoder_goldens.py, with the same packages)

Every variant is encoders/bert/sequence-classification with the matrices of its encoder, its pooler and its word embedding
in another storage. A file holds the parts of each matrix, named after its parameter as README.md says, and the outputs. A
pruned model, whose layers differ in heads and widths, is a folder of its own: encoders/pruned.
"""

import numpy as np
import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from make_encoder_goldens import COMMON, enliven, load, run, save
from make_samples import SENTIMENT, place

BASE = "encoders/bert/sequence-classification"
LENGTHS = [7, 17, 24]
HEIGHT = 4  # rows of a sparse block


def composed(parts, name):
    """The dense matrix in F64 of the parts that are stored under a name."""
    def has(part):
        return any(key == f"{name}.{part}" or key.startswith(f"{name}.{part}.") for key in parts)

    if has("left"):
        return composed(parts, f"{name}.left") @ composed(parts, f"{name}.right")
    if has("first"):
        return composed(parts, f"{name}.first") + composed(parts, f"{name}.second")
    if has("block-mask"):
        mask = parts[f"{name}.block-mask"]
        dense = torch.zeros(mask.shape[0], mask.shape[1], HEIGHT, dtype=torch.float64)
        dense[mask] = parts[f"{name}.values"].double().reshape(-1, HEIGHT)
        return dense.permute(0, 2, 1).reshape(-1, mask.shape[1])
    if has("mask"):
        mask = parts[f"{name}.mask"]
        dense = torch.zeros(mask.shape, dtype=torch.float64)
        if has("values.codes"):  # the scales belong to dense coordinates: those of the row
            dense[mask] = parts[f"{name}.values.codes"].double()
            return dense * parts[f"{name}.values.scales"].double()
        dense[mask] = parts[f"{name}.values"].double()
        return dense
    if has("codes"):
        codes, scales = parts[f"{name}.codes"].double(), parts[f"{name}.scales"].double()
        zeros = parts.get(f"{name}.zeros", torch.zeros_like(scales)).double()
        size = codes.shape[1] // scales.shape[1]
        return (codes - zeros.repeat_interleave(size, 1)) * scales.repeat_interleave(size, 1)
    return parts[name].double()


def factorized(name, weight, rank=None):
    """The factors of the largest singular values, 7 of the narrow matrices and 10 of the wide ones."""
    u, s, v = torch.linalg.svd(weight.double(), full_matrices=False)
    rank = rank or (7 if max(weight.shape) == 24 else 10)
    root = s[:rank].sqrt()
    return {f"{name}.left": (u[:, :rank] * root).float(), f"{name}.right": (root[:, None] * v[:rank]).float()}


def generator(name):
    return np.random.default_rng(list(name.encode()))


def sparse(name, weight, density=0.1):
    mask = torch.tensor(generator(name).random(weight.shape) < density)
    return {f"{name}.mask": mask, f"{name}.values": weight[mask] * 2}


def sparse_blocks(name, weight, density=0.25):
    """Blocks of 4 rows that share a column; their values one block after another, each from its first row."""
    mask = torch.tensor(generator(name).random((weight.shape[0] // HEIGHT, weight.shape[1])) < density)
    blocks = weight.reshape(-1, HEIGHT, weight.shape[1]).permute(0, 2, 1)
    return {f"{name}.block-mask": mask, f"{name}.values": blocks[mask].reshape(-1)}


def quantized(name, weight, groups=1, zeros=False):
    """Codes, and the scales (and zero points) [rows, groups]."""
    grouped = weight.reshape(weight.shape[0], groups, -1)
    if zeros:
        low, high = grouped.min(-1).values.clamp(max=0), grouped.max(-1).values.clamp(min=0)
        scales = (high - low) / 255
        zero = (-128 - low / scales).round()
        codes = ((grouped / scales[..., None]).round() + zero[..., None]).clamp(-128, 127)
        extra = {f"{name}.zeros": zero.to(torch.int8)}
    else:
        scales = grouped.abs().amax(-1) / 127
        codes = (grouped / scales[..., None]).round()
        extra = {}
    return {f"{name}.codes": codes.reshape(weight.shape).to(torch.int8), f"{name}.scales": scales, **extra}


def factors_of_sparse(name, weight):
    """Sparse factors, as LadaBERT's."""
    parts = factorized(name, weight, rank=12)
    return {**sparse(name + ".left", parts[name + ".left"], 0.4), **sparse(name + ".right", parts[name + ".right"], 0.4)}


def sparse_of_quantized(name, weight):
    """Codes of the survivors only, as oBERTa's: the scale is the row's."""
    parts = sparse(name, weight, 0.2)
    mask, scales = parts[f"{name}.mask"], (weight * 2).abs().amax(1, keepdim=True) / 127
    del parts[f"{name}.values"]
    codes = (weight * 2 / scales).round()[mask].to(torch.int8)
    return {**parts, f"{name}.values.codes": codes, f"{name}.values.scales": scales}


def sum_of_factors_and_sparse(name, weight):
    return {**factorized(name + ".first", weight, rank=3), **sparse(name + ".second", weight, 0.1)}


VARIANTS = {
    "factorized": factorized,
    "sparse": sparse,
    "sparse-blocks": sparse_blocks,
    "int8-rows": quantized,
    "int8-groups": lambda name, weight: quantized(name, weight, groups=weight.shape[1] // 8),
    "int8-zeros": lambda name, weight: quantized(name, weight, zeros=True),
    "int8-groups-zeros": lambda name, weight: quantized(name, weight, groups=weight.shape[1] // 8, zeros=True),
    "factorized-sparse": factors_of_sparse,
    "sparse-int8": sparse_of_quantized,
    "factorized-plus-sparse": sum_of_factors_and_sparse,
}


def compress(variant, make):
    model, parts = load(BASE), {}
    for name, parameter in model.named_parameters():
        if parameter.dim() == 2 and ("encoder" in name or "pooler" in name or "word_embeddings" in name):
            made = make(name, parameter.detach().clone())
            parameter.data.copy_(composed(made, name))
            parts.update(made)
    tensors, worst = run(model, LENGTHS)
    save(f"compressed--{variant}", {**parts, **tensors}, f"{BASE} with {variant} matrices")
    print(f"compressed, {variant:24} F32 against F64 {worst:.1e}")


def narrow(linear, rows, columns):
    """A linear that keeps the first rows and columns of another."""
    part = nn.Linear(columns, rows)
    part.weight.data.copy_(linear.weight[:rows, :columns])
    part.bias.data.copy_(linear.bias[:rows])
    return part


def prune():
    """Layer 0 without its second head, feed-forward networks of 20 and 33."""
    config = BertConfig(**dict(COMMON, num_hidden_layers=3), num_attention_heads=3, intermediate_size=40, **SENTIMENT)
    model = enliven(BertForSequenceClassification(config))
    model.prune_heads({0: [1], 2: [0, 2]})
    for layer, width in zip(model.bert.encoder.layer, (20, 33, 40)):
        layer.intermediate.dense = narrow(layer.intermediate.dense, width, 24)
        layer.output.dense = narrow(layer.output.dense, 24, width)
    model.eval().save_pretrained(place("encoders/pruned"), safe_serialization=True)
    tensors, worst = run(model, LENGTHS)
    save("pruned", tensors, "BertForSequenceClassification of encoders/pruned")
    print(f"pruned                               F32 against F64 {worst:.1e}")


def main():
    for variant, make in VARIANTS.items():
        compress(variant, make)
    prune()


if __name__ == "__main__":
    main()
