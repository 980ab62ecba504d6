"""Makes samples/pruning/curvature.json: what Optimal BERT Surgeon makes of a matrix of samples/bert-tiny, by the paper's own formulas.

    python -m pip install torch==2.15.0 safetensors==0.8.0
    python samples/make_curvature_goldens.py

Kurtic et al., "The Optimal BERT Surgeon" (2022): the inverse of the block-diagonal empirical Fisher information by the recurrence of
Woodbury and Sherman-Morrison (equation 6), the growth of the loss without a weight or a block of them (equation 4), and the change of those
that stay (equation 3, for all that go together), in double precision. The gradients are sines, so that no file has to hold them.
"""

import json
import os

import safetensors.torch
import torch

SAMPLES = os.path.dirname(os.path.abspath(__file__))
NAME = "bert.encoder.layer.0.attention.output.dense.weight"
GRADIENTS, DAMPING = 12, 1e-3
CASES = [
    # Rows and columns of a block of the Fisher matrix, and of what is masked together.
    {"fisher": (1, 8), "pattern": (1, 1), "sparsity": 0.5},
    {"fisher": (8, 1), "pattern": (4, 1), "sparsity": 0.75},
    {"fisher": (1, 4), "pattern": (1, 4), "sparsity": 0.5},
]


def gradient(k, shape):
    count = shape[0] * shape[1]
    index = torch.arange(1, count + 1, dtype=torch.float64)
    return torch.sin(0.37 * index * (k + 1) % 6.283185307179586).reshape(shape) * 0.1


def blocked(matrix, rows, columns):
    """[blocks, rows · columns], the blocks row after row."""
    height, width = matrix.shape
    parts = matrix.reshape(height // rows, rows, width // columns, columns)
    return parts.permute(0, 2, 1, 3).reshape(-1, rows * columns)


def unblocked(blocks, shape, rows, columns):
    height, width = shape
    parts = blocks.reshape(height // rows, width // columns, rows, columns)
    return parts.permute(0, 2, 1, 3).reshape(height, width)


def inverses(shape, rows, columns):
    size = rows * columns
    count = shape[0] * shape[1] // size
    inverse = torch.eye(size, dtype=torch.float64).expand(count, size, size).clone() / DAMPING
    for k in range(GRADIENTS):
        g = blocked(gradient(k, shape), rows, columns)
        v = torch.einsum("bij,bj->bi", inverse, g)
        inverse -= torch.einsum("bi,bj->bij", v, v) / (GRADIENTS + (g * v).sum(1))[:, None, None]
    return inverse


def pruned(weight, case):
    rows, columns = case["fisher"]
    inverse = inverses(weight.shape, rows, columns)
    weights = blocked(weight, rows, columns)
    places = torch.arange(rows * columns)
    groups = blocked(torch.arange(rows * columns).reshape(rows, columns), *case["pattern"])
    scores = []
    for b in range(len(weights)):
        for group in groups:
            w = weights[b][group]
            scores.append((0.5 * w @ torch.linalg.solve(inverse[b][group][:, group], w), b, group))
    order = sorted(range(len(scores)), key=lambda index: scores[index][0].item())
    gone = [set() for _ in weights]
    for index in order[:round(case["sparsity"] * len(scores))]:
        gone[scores[index][1]].update(scores[index][2].tolist())
    result = weights.clone()
    for b, members in enumerate(gone):
        q = torch.tensor(sorted(members), dtype=torch.long)
        if len(q) == 0:
            continue
        result[b] -= inverse[b][:, q] @ torch.linalg.solve(inverse[b][q][:, q], weights[b][q])
        result[b][q] = 0
    return inverse, unblocked(result, weight.shape, rows, columns)


def main():
    tensors = safetensors.torch.load_file(os.path.join(SAMPLES, "bert-tiny", "model.safetensors"))
    weight = tensors[NAME].double()
    cases = []
    for case in CASES:
        inverse, result = pruned(weight, case)
        cases.append({
            "fisher": case["fisher"], "pattern": "x".join(map(str, case["pattern"])),
            "sparsity": case["sparsity"],
            "inverse": [float(f"{value:.9g}") for value in inverse[-1].flatten().tolist()],
            "weights": [float(f"{value:.8g}") for value in result.flatten().tolist()]})
    golden = {"name": NAME, "gradients": GRADIENTS, "damping": DAMPING, "cases": cases}
    with open(os.path.join(SAMPLES, "pruning", "curvature.json"), "w") as file:
        json.dump(golden, file)
        file.write("\n")


main()
