"""Makes the goldens that the losses of distillation are held against: each loss, and its gradient by every parameter of tiny students.

    python -m pip install torch==2.13.0 transformers==4.36.2 safetensors==0.8.0 numpy
    python samples/make_distillation_goldens.py

Teacher and student are models of encoders/, heads/ and bilstm/ that know the same words. PyTorch and transformers compute three sequences
one by one in F64, dropout off, and go back from the loss. Maps from the student's width to the teacher's have numbers in sixteenths,
which singles hold exactly, and are told. Of a gradient its norm and three of its values are kept.
"""

import json
import os

import numpy as np
import safetensors.torch
import torch
import transformers

from make_gradient_goldens import SAMPLES, load, summary

LENGTHS = [5, 17, 9]
TEACHER = "encoders/albert/sequence-classification"  # 24 wide, 8 layers are run, 3 heads
WIDE, NARROW, PRUNED = "encoders/bert/sequence-classification", "heads/sequence-classification", "encoders/pruned"

# name: student, losses as pare reads them, weights by kind, pairs of layers (student, teacher), and what of attention is compared.
CASES = {
    "hidden": (WIDE, "hidden=1", {"hidden": 1}, [(0, 3), (1, 7)], None),
    "hidden-mapped": (NARROW, "hidden=0.5 embeddings=2", {"hidden": 0.5, "embeddings": 2}, [(0, 3), (1, 7)], None),
    "embeddings": (WIDE, "embeddings=1", {"embeddings": 1}, [], None),
    "scores": (WIDE, "attention=1", {"attention": 1}, [(0, 3), (1, 7)], "scores"),
    "probabilities": (WIDE, "attention=10 attention-of=probabilities layers=last", {"attention": 10}, [(0, 6), (1, 7)], "probabilities"),
    "heads-differ": (PRUNED, "attention=1 layers=0:1,1:0,2:5", {"attention": 1}, [(0, 1), (1, 0), (2, 5)], "scores"),
    "all": (PRUNED, "hidden=1 attention=0.25 embeddings=0.125 attention-of=probabilities layers=rosita",
            {"hidden": 1, "attention": 0.25, "embeddings": 0.125}, [(0, 1), (1, 4), (2, 7)], "probabilities"),
}


def load_pruned(sample):
    """A model whose layers have lost some heads, which transformers knows of, and some neurons, which it does not."""
    path = os.path.join(SAMPLES, sample)
    model = transformers.BertForSequenceClassification(transformers.BertConfig.from_pretrained(path))
    state = safetensors.torch.load_file(os.path.join(path, "model.safetensors"))
    for index, layer in enumerate(model.bert.encoder.layer):
        width = len(state[f"bert.encoder.layer.{index}.intermediate.dense.bias"])
        layer.intermediate.dense = torch.nn.Linear(model.config.hidden_size, width)
        layer.output.dense = torch.nn.Linear(width, model.config.hidden_size)
    model.load_state_dict(state)
    return model


class Reader:
    """A model, and what its layers give for one sequence."""

    def __init__(self, sample):
        self.model = (load_pruned if sample == PRUNED else load)(sample).double().eval()
        self.seen = []
        for name, module in self.model.named_modules():
            if name.endswith((".query", ".key")):
                kind = name.rsplit(".", 1)[1]
                module.register_forward_hook(lambda _, __, output, kind=kind: self.seen.append((kind, output)))
            elif type(module).__name__ in ("AlbertLayer", "BertLayer"):  # of which ALBERT's groups run several
                module.register_forward_hook(lambda _, __, output: self.seen.append(("layer", output[0])))
        self.head_width = self.model.config.hidden_size // self.model.config.num_attention_heads

    def read(self, ids, types):
        self.seen.clear()
        output = self.model(input_ids=ids[None], token_type_ids=types[None], output_hidden_states=True)
        queries, keys, layers = ([value for kind, value in self.seen if kind == wanted] for wanted in ("query", "key", "layer"))
        scores = [self.heads(q) @ self.heads(k).transpose(-1, -2) / self.head_width**0.5 for q, k in zip(queries, keys)]
        return [state[0] for state in [output.hidden_states[0], *layers]], scores

    def heads(self, x):
        """[heads, tokens, width]"""
        return x[0].reshape(x.shape[1], -1, self.head_width).transpose(0, 1)


def batch(rng):
    ids = [torch.tensor(rng.integers(5, 40, length)) for length in LENGTHS]
    types = [torch.tensor([0] * (length // 2) + [1] * (length - length // 2)) for length in LENGTHS]
    return ids, types


def width_map(student, teacher, rng):
    """A linear map; None where widths are the same."""
    if student == teacher:
        return None
    linear = torch.nn.Linear(student, teacher).double()
    with torch.no_grad():
        for parameter in linear.parameters():
            parameter.copy_(torch.tensor(np.round(rng.normal(size=parameter.shape) * 4) / 16))
    return linear


def compared(kind, scores):
    return scores if kind == "scores" else scores.softmax(-1)


def mean_square(pairs):
    """Of all numbers of all sequences."""
    difference = torch.cat([(x - y).flatten() for x, y in pairs])
    return (difference**2).mean()


def golden(name):
    sample, text, weights, layers, kind = CASES[name]
    rng = np.random.default_rng(31)
    ids, types = batch(rng)
    teacher, student = Reader(TEACHER), Reader(sample)
    with torch.no_grad():
        wanted = [teacher.read(*row) for row in zip(ids, types)]
    found = [student.read(*row) for row in zip(ids, types)]
    widths = (student.model.config.hidden_size, teacher.model.config.hidden_size)
    maps = {key: width_map(*widths, rng) for key in ("hidden", "embeddings") if key in weights}
    maps = {key: value for key, value in maps.items() if value is not None}

    def state_loss(key, mine, theirs):
        linear = maps.get(key, lambda x: x)
        return mean_square([(linear(f[0][mine]), w[0][theirs]) for f, w in zip(found, wanted)])

    loss = 0
    if "embeddings" in weights:
        loss = loss + weights["embeddings"] * state_loss("embeddings", 0, 0)
    for mine, theirs in layers:
        if "hidden" in weights:
            loss = loss + weights["hidden"] * state_loss("hidden", mine + 1, theirs + 1)
        if "attention" in weights:
            pairs = [(compared(kind, f[1][mine]), compared(kind, w[1][theirs])) for f, w in zip(found, wanted)]
            if pairs[0][0].shape != pairs[0][1].shape:
                pairs = [(x.mean(0), y.mean(0)) for x, y in pairs]
            loss = loss + weights["attention"] * mean_square(pairs)
    loss.backward()
    gradients = {key: summary(value.grad) for key, value in student.model.named_parameters()
                 if value.grad is not None and value.grad.abs().max() > 0}
    told = {key: {"weight": linear.weight.flatten().tolist(), "bias": linear.bias.tolist(),
                  "gradients": [summary(linear.weight.grad), summary(linear.bias.grad)]} for key, linear in maps.items()}
    return {"teacher": TEACHER, "student": sample, "losses": text, "ids": [row.tolist() for row in ids],
            "types": [row.tolist() for row in types], "loss": loss.item(), "maps": told, "gradients": gradients}


def main():
    torch.set_num_threads(1)
    os.makedirs(os.path.join(SAMPLES, "distillation"), exist_ok=True)
    for name in CASES:
        with open(os.path.join(SAMPLES, "distillation", name + ".json"), "w") as file:
            json.dump(golden(name), file, separators=(",", ":"))
            file.write("\n")


if __name__ == "__main__":
    main()
