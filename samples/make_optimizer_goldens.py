"""Makes the goldens of optimizers and learning rates, in samples/training, from PyTorch and Transformers.

    python -m pip install torch==2.15.0 transformers==5.23.0
    python samples/make_optimizer_goldens.py

Every file holds its random inputs beside what the libraries make of them. Seeds are fixed: a second run gives the same files.
"""

import json
import os

import torch
from torch.optim.lr_scheduler import CosineAnnealingWarmRestarts
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_cosine_with_hard_restarts_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "training")
STEPS = 8
SHOWN = [0, 3, 7]
ROWS, COLUMNS = 6, 5

OPTIMIZERS = {
    "adamw": (torch.optim.AdamW, dict(lr=1e-2, weight_decay=0.01)),
    "adamw-strong": (torch.optim.AdamW, dict(lr=5e-2, weight_decay=0.3, betas=(0.8, 0.95), eps=1e-6)),
    "adam": (torch.optim.Adam, dict(lr=1e-2)),
    "adam-decay": (torch.optim.Adam, dict(lr=1e-2, weight_decay=0.1)),
    "sgd": (torch.optim.SGD, dict(lr=1e-2, momentum=0.0)),
    "sgd-momentum": (torch.optim.SGD, dict(lr=1e-2, momentum=0.9, weight_decay=0.05)),
}


def numbers(tensor):
    """Singles in the fewest digits that give them back."""
    return [float(str(number)) for number in tensor.detach().flatten().numpy()]


def table_gradient(generator):
    """A gradient of two rows of a table, of which the last rows never get one."""
    gradient = torch.zeros(ROWS, COLUMNS)
    for row in torch.randperm(ROWS - 2, generator=generator)[:2]:
        gradient[row] = torch.randn(COLUMNS, generator=generator)
    return gradient


def trajectory(name, clip=None, accumulated=1):
    """A table, a matrix and a bias, the bias without decay, through some steps at falling rates."""
    kind, settings = OPTIMIZERS[name]
    generator = torch.Generator().manual_seed(len(name))
    table, matrix, bias = (
        torch.nn.Parameter(torch.randn(*shape, generator=generator))
        for shape in [(ROWS, COLUMNS), (3, 4), (4,)]
    )
    groups = [{"params": [table, matrix]}, {"params": [bias], "weight_decay": 0.0}]
    optimizer = kind(groups, **settings)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 / (1 + step))
    start = [numbers(p) for p in (table, matrix, bias)]
    steps = []
    for step in range(STEPS):
        optimizer.zero_grad()
        gradients = []
        for _ in range(accumulated):
            some = [
                table_gradient(generator),
                torch.randn(3, 4, generator=generator),
                torch.randn(4, generator=generator),
            ]
            gradients.append([numbers(g) for g in some])
            for parameter, gradient in zip((table, matrix, bias), some):
                scaled = gradient / accumulated
                parameter.grad = scaled if parameter.grad is None else parameter.grad + scaled
        norm = torch.nn.utils.clip_grad_norm_((table, matrix, bias), clip if clip else 1e9)
        rate = optimizer.param_groups[0]["lr"]
        optimizer.step()
        scheduler.step()
        steps.append(
            {
                "rate": rate,
                "gradients": gradients,
                "norm": norm.item(),
                "values": [numbers(p) for p in (table, matrix, bias)] if step in SHOWN else None,
            }
        )
    return {
        "optimizer": name, "clip": clip, "accumulated": accumulated, "start": start, "steps": steps,
    }


def rates(make, steps):
    """What a scheduler gives for each step, from the first."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    scheduler = make(optimizer)
    values = []
    for _ in range(steps):
        values.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return values


def schedules():
    """Rates by the text that pare knows the schedule by."""
    cases = [
        ("constant warmup=7", 30, lambda o: get_constant_schedule_with_warmup(o, 7)),
        ("linear", 50, lambda o: get_linear_schedule_with_warmup(o, 0, 50)),
        ("linear warmup=10%", 60, lambda o: get_linear_schedule_with_warmup(o, 6, 60)),
        ("cosine warmup=5", 60, lambda o: get_cosine_schedule_with_warmup(o, 5, 60)),
        ("cosine cycles=3 warmup=6", 65,
         lambda o: get_cosine_with_hard_restarts_schedule_with_warmup(o, 6, 65, num_cycles=3)),
        ("cosine restarts=1e mult=2", 75, lambda o: CosineAnnealingWarmRestarts(o, 10, 2)),
        ("cosine restarts=7 end=0.125", 40, lambda o: CosineAnnealingWarmRestarts(o, 7, 1, eta_min=0.125)),
    ]
    return [
        {"text": text, "steps": steps, "stepsPerEpoch": 10, "rates": rates(make, steps)}
        for text, steps, make in cases
    ]


def write(name, document):
    os.makedirs(FOLDER, exist_ok=True)
    with open(os.path.join(FOLDER, name), "w") as file:
        json.dump(document, file, separators=(",", ":"))
        file.write("\n")


def main():
    torch.set_num_threads(1)
    cases = [trajectory(name) for name in OPTIMIZERS]
    cases.append(trajectory("adamw", clip=0.5))
    cases.append(trajectory("adamw-strong", clip=1.0, accumulated=3))
    write("optimizers.json", cases)
    write("schedules.json", schedules())


main()
