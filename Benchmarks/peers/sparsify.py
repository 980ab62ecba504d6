"""Writes a copy of a model in which the matrices of the encoder are mostly zeros: for time, not for accuracy.

    python sparsify.py MODEL OUT --share 0.9 [--block 4]

The zeros are chosen at random: single elements, or with `--block 4` blocks of 4 consecutive output rows in one column.
The file is an ordinary safetensors file of the same tensors.
"""

import argparse
import os
import shutil

import numpy as np
import safetensors.numpy


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("out")
    parser.add_argument("--share", type=float, required=True)
    parser.add_argument("--block", type=int, default=1)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    for name in os.listdir(options.model):
        if name.endswith((".json", ".txt")):
            shutil.copy(os.path.join(options.model, name), options.out)
    tensors = safetensors.numpy.load_file(os.path.join(options.model, "model.safetensors"))
    random = np.random.default_rng(0)
    for name, tensor in tensors.items():
        if tensor.ndim == 2 and ".layer." in name:
            kept = random.random((tensor.shape[0] // options.block, tensor.shape[1])) >= options.share
            tensors[name] = tensor * np.repeat(kept, options.block, axis=0)
    safetensors.numpy.save_file(tensors, os.path.join(options.out, "model.safetensors"), metadata={"format": "pt"})


if __name__ == "__main__":
    main()
