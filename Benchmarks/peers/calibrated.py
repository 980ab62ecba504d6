"""Prunes, rounds or factorizes the linears of a model's encoder with PyTorch, by second moments of their inputs.

    python calibrated.py METHOD MODEL.safetensors MODEL.statistics.safetensors OURS.safetensors [--threads 2] [--repeats 3]
    python calibrated.py METHOD MODEL.safetensors MODEL.statistics.safetensors RESULT.safetensors --write

METHOD: sparsegpt-50, sparsegpt-2:4, gptq-4, gptq-3 (the loops of samples/make_calibrated_goldens.py), or svd-half: the factors of half the
numbers that are the best for what a matrix is fed. Prints JSON: seconds, without reading; the sum over all linears of the squared error of
what they give; and that of another file, ours. With --write the result is written instead, once, as a command of ours does.
"""

import argparse
import json
import os
import sys
import time

import safetensors.torch
import torch

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "samples"))
from make_calibrated_goldens import CASES, sweep  # noqa: E402

PARTS = {
    "attention.self.query": "attention.query", "attention.self.key": "attention.query",
    "attention.self.value": "attention.query", "attention.output.dense": "attention.output",
    "intermediate.dense": "ffn.intermediate", "output.dense": "ffn.output",
}


def gram_of(name, statistics):
    layer, part = name.split("encoder.layer.")[1].removesuffix(".weight").split(".", 1)
    own = f"encoder.{layer}.{part.replace('attention.self.', 'attention.')}.weight.gram"
    return statistics[own if own in statistics else f"encoder.{layer}.{PARTS[part]}.weight.gram"]


def factorized(weights, gram):
    rows, columns = weights.shape
    rank = rows * columns // 2 // (rows + columns)
    values, vectors = torch.linalg.eigh(gram)
    root = values.clamp(min=0).sqrt()
    left, singular, right = torch.linalg.svd(weights @ (vectors * root), full_matrices=False)
    inverse = torch.where(root > 0, 1 / root, 0)
    return (left[:, :rank] * singular[:rank]) @ (right[:rank] * inverse @ vectors.T)


def error(change, gram):
    return float(torch.sum(change.double() @ gram.double() * change.double()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("method")
    parser.add_argument("model")
    parser.add_argument("statistics")
    parser.add_argument("ours")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model, statistics = (safetensors.torch.load_file(path) for path in (options.model, options.statistics))
    linears = [(name, tensor.float(), gram_of(name, statistics)) for name, tensor in model.items()
               if "encoder.layer" in name and tensor.ndim == 2]
    fastest, results = float("inf"), []
    with torch.no_grad():
        for _ in range(1 if options.write else options.repeats):
            start = time.perf_counter()
            if options.method == "svd-half":
                results = [factorized(weights, gram) for _, weights, gram in linears]
            else:
                results = [sweep(weights, gram, **CASES[options.method]) for _, weights, gram in linears]
            fastest = min(fastest, time.perf_counter() - start)
    if options.write:
        safetensors.torch.save_file(model | {name: result for (name, _, _), result in zip(linears, results)}, options.ours)
        return
    ours = safetensors.torch.load_file(options.ours)
    print(json.dumps({
        "seconds": fastest,
        "error": sum(error(result - weights, gram) for result, (_, weights, gram) in zip(results, linears)),
        "ours": sum(error(ours[name].float() - weights, gram) for name, weights, gram in linears),
    }))


if __name__ == "__main__":
    main()
