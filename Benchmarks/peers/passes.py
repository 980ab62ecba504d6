"""Prunes and decomposes the matrices of a model with PyTorch, and says how long each took, in seconds.

    python passes.py MODEL.safetensors [--threads 2] [--repeats 5]

prune: global_unstructured, 80 % of all matrices of the encoder's linears; embedding: linalg.svd of the word embedding and
its factors of rank 128; embedding-lowrank: svd_lowrank of it at rank 128 with 2 iterations; linears: linalg.svd of every
matrix of the encoder's linears and its factors of rank 96. Reading the model is not counted.
"""

import argparse
import time

import safetensors.torch
import torch
from torch.nn.utils import prune


def factors(matrix, rank):
    left, values, right = torch.linalg.svd(matrix, full_matrices=False)
    root = values[:rank].sqrt()
    return left[:, :rank] * root, root[:, None] * right[:rank]


def pruned(matrices):
    modules = []
    for matrix in matrices:
        module = torch.nn.Linear(matrix.shape[1], matrix.shape[0], bias=False)
        module.weight = torch.nn.Parameter(matrix.clone())
        modules.append((module, "weight"))
    start = time.perf_counter()
    prune.global_unstructured(modules, pruning_method=prune.L1Unstructured, amount=0.8)
    return time.perf_counter() - start


def timed(body):
    start = time.perf_counter()
    body()
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    tensors = safetensors.torch.load_file(options.model)
    linears = [tensor for name, tensor in tensors.items() if "encoder.layer" in name and tensor.ndim == 2]
    embedding = next(tensor for name, tensor in tensors.items() if name.endswith("word_embeddings.weight"))
    work = {
        "prune": lambda: pruned(linears),
        "embedding": lambda: timed(lambda: factors(embedding, 128)),
        "embedding-lowrank": lambda: timed(lambda: torch.svd_lowrank(embedding, q=128, niter=2)),
        "linears": lambda: timed(lambda: [factors(matrix, 96) for matrix in linears]),
    }
    with torch.no_grad():
        for name, body in work.items():
            print(name, min(body() for _ in range(options.repeats)))


if __name__ == "__main__":
    main()
