"""Makes samples/pruning/masks.json: which weights of samples/bert-tiny PyTorch's own pruning keeps.

    python -m pip install torch==2.15.0 safetensors==0.8.0
    python samples/make_pruning_goldens.py

`torch.nn.utils.prune` masks single weights, among all matrices of the encoder's linears or in each; `WeightNormSparsifier` of
`torch.ao.pruning` masks blocks by their norm, and so many of each group, in each matrix. A mask is 1 for each weight that
is kept, row-major, as hexadecimal digits of four bits each, the first the most significant.
"""

import json
import os

import safetensors.torch
import torch
from torch.ao.pruning import WeightNormSparsifier
from torch.nn.utils import prune

SAMPLES = os.path.dirname(os.path.abspath(__file__))
LINEARS = ["attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
           "intermediate.dense", "output.dense"]


class Linears(torch.nn.Module):
    """The encoder's linears, under the names of their weights with dashes for dots."""

    def __init__(self, tensors):
        super().__init__()
        for layer in range(2):
            for linear in LINEARS:
                name = f"bert.encoder.layer.{layer}.{linear}"
                weight = tensors[name + ".weight"]
                module = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False)
                module.weight = torch.nn.Parameter(weight.clone())
                self.add_module(name.replace(".", "-"), module)

    def named(self):
        return [(name.replace("-", ".") + ".weight", module) for name, module in self.named_children()]


def digits(mask):
    bits = "".join("1" if kept else "0" for kept in mask.flatten().tolist())
    return f"{int(bits, 2):0{len(bits) // 4}x}"


def alone(tensors, amount, is_global):
    model = Linears(tensors)
    members = [(module, "weight") for _, module in model.named()]
    if is_global:
        prune.global_unstructured(members, pruning_method=prune.L1Unstructured, amount=amount)
    else:
        for module, name in members:
            prune.l1_unstructured(module, name, amount=amount)
    return {name: digits(module.weight_mask != 0) for name, module in model.named()}


def blocks(tensors, shape, zeros, level):
    model = Linears(tensors)
    sparsifier = WeightNormSparsifier(
        sparsity_level=level, sparse_block_shape=shape, zeros_per_block=zeros, norm=2)
    sparsifier.prepare(model, [{"tensor_fqn": f"{name}.weight"} for name, _ in model.named_children()])
    sparsifier.step()
    return {name: digits(module.parametrizations.weight[0].mask != 0) for name, module in model.named()}


def main():
    tensors = safetensors.torch.load_file(os.path.join(SAMPLES, "bert-tiny", "model.safetensors"))
    cases = [
        {"sparsity": amount, "scope": scope, "pattern": "unstructured",
         "masks": alone(tensors, amount, scope == "global")}
        for scope in ["global", "tensor"] for amount in [0.1, 0.5, 0.8, 0.9]
    ]
    cases += [
        {"pattern": f"{group - zeros}:{group}", "masks": blocks(tensors, (1, group), zeros, 1.0)}
        for zeros, group in [(2, 4), (1, 4), (4, 8)]
    ]
    cases += [
        {"sparsity": level, "scope": "tensor", "pattern": f"{rows}x{columns}",
         "masks": blocks(tensors, (rows, columns), rows * columns, level)}
        for rows, columns in [(4, 1), (1, 4), (2, 8)] for level in [0.25, 0.75]
    ]
    folder = os.path.join(SAMPLES, "pruning")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "masks.json"), "w") as file:
        file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


main()
