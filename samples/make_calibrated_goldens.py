"""Makes the goldens of calibrated compression: SparseGPT, GPTQ and Wanda in PyTorch, on one matrix and one Gram matrix.

    python -m pip install torch==2.15.0 safetensors==0.8.0
    python samples/make_calibrated_goldens.py

The loops are those of the released code (IST-DASLab/sparsegpt and gptq, locuslab/wanda): damping of 1 % of the mean diagonal, blocks of 128
columns, the upper Cholesky factor of the inverse. Numbers are rounded as compressed-tensors does it, as everywhere here.

    python samples/make_calibrated_goldens.py --time ROWS COLUMNS

prints the seconds that 50 % SparseGPT and 4-bit GPTQ take of a matrix of that shape, on as many threads as torch has.
"""

import argparse
import json
import os
import time

import torch
from safetensors.torch import save_file

SAMPLES = os.path.dirname(os.path.abspath(__file__))


def inverse_factor(gram, damping=0.01):
    hessian = gram.clone()
    dead = torch.diag(hessian) == 0
    hessian[dead, dead] = 1
    index = torch.arange(len(hessian))
    hessian[index, index] += damping * torch.mean(torch.diag(hessian))
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(hessian))
    return torch.linalg.cholesky(inverse, upper=True), dead


class Grid:
    """Equally spaced numbers, symmetric or not, by compressed-tensors' arithmetic."""

    def __init__(self, weights, bits, symmetric):
        self.low, self.high = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        least = weights.amin(1).clamp(max=0)
        greatest = weights.amax(1).clamp(min=0)
        span = self.high - self.low
        if symmetric:
            self.scale = torch.maximum(greatest, -least) / (span / 2)
            self.zero = torch.zeros_like(self.scale)
        else:
            self.scale = (greatest - least) / span
            self.zero = torch.clamp(torch.round(self.low - least / self.scale), self.low, self.high)

    def __call__(self, column):
        codes = torch.clamp(torch.round(torch.clamp(column / self.scale + self.zero, self.low, self.high)), self.low, self.high)
        return self.scale * (codes - self.zero)


def sweep(weights, gram, sparsity=None, ratio=None, height=1, bits=None, symmetric=True, group=None, block=128):
    """SparseGPT, GPTQ, or both."""
    weights = weights.clone()
    factor, dead = inverse_factor(gram)
    weights[:, dead] = 0
    rows, columns = weights.shape
    grid = Grid(weights, bits, symmetric) if bits and not group else None
    for start in range(0, columns, block):
        end = min(start + block, columns)
        current, errors = weights[:, start:end].clone(), torch.zeros(rows, end - start)
        own = factor[start:end, start:end]
        mask = torch.zeros_like(current, dtype=torch.bool)
        if sparsity is not None:
            scores = current**2 / torch.diag(own).reshape(1, -1) ** 2
            scores = scores.reshape(rows // height, height, -1).sum(1)
            threshold = torch.sort(scores.flatten())[0][round(scores.numel() * sparsity) - 1]
            mask = (scores <= threshold).repeat_interleave(height, 0)
        for index in range(end - start):
            column, diagonal = current[:, index], own[index, index]
            if ratio and index % ratio[1] == 0:
                part = slice(index, index + ratio[1])
                scores = current[:, part] ** 2 / torch.diag(own)[part].reshape(1, -1) ** 2
                chosen = torch.topk(scores, ratio[1] - ratio[0], dim=1, largest=False)[1]
                mask.scatter_(1, index + chosen, True)
            if group and (start + index) % group == 0:
                grid = Grid(current[:, index : index + group], bits, symmetric)
            result = column.clone()
            result[mask[:, index]] = 0
            if grid is not None:
                result = grid(result)
            error = (column - result) / diagonal
            current[:, index:] -= error.unsqueeze(1) @ own[index, index:].unsqueeze(0)
            current[:, index] = result
            errors[:, index] = error
        weights[:, start:end] = current
        weights[:, end:] -= errors @ factor[start:end, end:]
    return weights


def error(weights, result, gram):
    change = (weights - result).double()
    return float(torch.sum(change @ gram.double() * change))


def wanda(weights, gram, sparsity):
    """Of each row the weights go of which |w| · ‖x‖ is least."""
    scores = weights.abs() * torch.diag(gram).sqrt().reshape(1, -1)
    order = torch.sort(scores, dim=1, stable=True)[1][:, : round(weights.shape[1] * sparsity)]
    result = weights.clone()
    result.scatter_(1, order, 0)
    return result


def inputs(count, width, generator):
    """Features that depend on one another, of different sizes, one of them never anything but zero."""
    mixing = torch.randn(width, width, generator=generator) * torch.rand(width, generator=generator) ** 2
    values = torch.randn(count, width, generator=generator) @ mixing * 0.1
    values[:, 7] = 0
    return values


CASES = {
    "sparsegpt-50": dict(sparsity=0.5), "sparsegpt-2:4": dict(ratio=(2, 4)),
    "sparsegpt-4x1": dict(sparsity=0.5, height=4), "gptq-4": dict(bits=4), "gptq-3": dict(bits=3),
    "gptq-4-asymmetric": dict(bits=4, symmetric=False), "gptq-3-group": dict(bits=3, group=32),
    "joint-50-4": dict(sparsity=0.5, bits=4),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--time", nargs=2, type=int)
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(3)
    if options.time:
        rows, columns = options.time
        weights = torch.randn(rows, columns, generator=generator) * 0.05
        gram = (lambda x: x.T @ x)(inputs(4 * columns, columns, generator))
        for name in ["sparsegpt-50", "gptq-4"]:
            start = time.time()
            sweep(weights, gram, **CASES[name])
            print(json.dumps({"name": name, "seconds": time.time() - start}))
        return
    weights = torch.randn(48, 160, generator=generator) * 0.05
    x = inputs(400, 160, generator)
    gram = x.T @ x
    tensors, errors = {"weights": weights, "gram": gram}, {}
    for name, options in CASES.items():
        tensors[name] = sweep(weights, gram, **options)
        errors[name] = error(weights, tensors[name], gram)
    tensors["wanda-50"] = wanda(weights, gram, 0.5)
    errors["wanda-50"] = error(weights, tensors["wanda-50"], gram)
    folder = os.path.join(SAMPLES, "calibrated")
    os.makedirs(folder, exist_ok=True)
    save_file(tensors, os.path.join(folder, "sweeps.safetensors"))
    with open(os.path.join(folder, "sweeps.json"), "w", encoding="utf-8") as file:
        json.dump(errors, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
