"""Makes the goldens that the losses of distillation are held against: each loss, and its gradient by every parameter of tiny students.

    python -m pip install torch==2.13.0 transformers==4.36.2 safetensors==0.8.0 numpy
    python samples/make_distillation_goldens.py

Teacher and student are models of encoders/, heads/ and bilstm/ that know the same words. PyTorch and transformers compute three sequences
one by one in F64, dropout off, and go back from the loss. Maps from the student's width to the teacher's have numbers in sixteenths,
which singles hold exactly, and are told. Of a gradient its norm and three of its values are kept.

For logits of tokens and of answers, and for what the projection of a BiLSTM student gives, what a teacher says is random, in sixteenths.
"""

import json
import os

import numpy as np
import safetensors.torch
import torch
import transformers

import make_bilstm_gradient_goldens
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


def sixteenths(rng, *shape):
    return torch.tensor(np.round(rng.normal(size=shape) * 32) / 16)


def logit_losses(logits, teacher):
    """Each loss of logits, by how pare writes it."""
    p = teacher.softmax(-1)
    kl = torch.nn.functional.kl_div((logits / 3).log_softmax(-1), (teacher / 3).log_softmax(-1), log_target=True, reduction="batchmean")
    held = p.clamp(1e-7, 1 - 1e-7)
    return {"soft=1": torch.nn.functional.cross_entropy(logits, p), "kl=0.5 temperature=3": 0.5 * 9 * kl,
            "logits=2": 2 * torch.nn.functional.mse_loss(logits, teacher),
            "logit-p=0.25": 0.25 * torch.nn.functional.mse_loss(logits, torch.log(held / (1 - held)))}


def told_losses(model, make):
    results = {}
    for text in make():
        model.zero_grad()
        loss = make()[text]
        loss.backward()
        results[text] = {"loss": loss.item(), "gradients": {
            key: summary(value.grad) for key, value in model.named_parameters()
            if value.grad is not None and value.grad.abs().max() > 0}}
    return results


def words():
    """Of tokens, some of which begin words that the teacher knows too."""
    sample = "encoders/bert/token-classification"
    model, rng = load(sample).double().eval(), np.random.default_rng(37)
    ids, types = batch(rng)
    pairs, start = [], 0  # rows of the student and of the teacher
    for row in ids:
        chosen = sorted(rng.choice(len(row), len(row) // 2, replace=False).tolist())
        pairs += [[start + token, index] for index, token in enumerate(chosen, len(pairs) and pairs[-1][1] + 2)]
        start += len(row)
    teacher = sixteenths(rng, pairs[-1][1] + 1, model.config.num_labels)

    def make():
        logits = torch.cat([model(input_ids=i[None], token_type_ids=t[None]).logits[0] for i, t in zip(ids, types)])
        return logit_losses(logits[[pair[0] for pair in pairs]], teacher[[pair[1] for pair in pairs]])

    return {"student": sample, "ids": [row.tolist() for row in ids], "types": [row.tolist() for row in types], "pairs": pairs,
            "columns": teacher.shape[1], "outputs": teacher.flatten().tolist(), "results": told_losses(model, make)}


def spans():
    """Of both ends of answers, whose classes are the tokens of a sequence."""
    sample = "encoders/bert/question-answering"
    model, rng = load(sample).double().eval(), np.random.default_rng(41)
    ids, types = batch(rng)
    teacher = [sixteenths(rng, len(row), 2) for row in ids]

    def make():
        outputs = [model(input_ids=i[None], token_type_ids=t[None]) for i, t in zip(ids, types)]
        logits = [torch.stack([output.start_logits[0], output.end_logits[0]]) for output in outputs]
        # Means over sequences and ends, but of squares over all tokens.
        losses = [logit_losses(x, y.T) for x, y in zip(logits, teacher)]
        shares = [length / sum(LENGTHS) if "logit" in text else 1 / len(LENGTHS) for text in losses[0] for length in LENGTHS]
        shares = {text: shares[index * len(LENGTHS):][:len(LENGTHS)] for index, text in enumerate(losses[0])}
        return {text: sum(share * loss[text] for share, loss in zip(shares[text], losses)) for text in losses[0]}

    return {"student": sample, "ids": [row.tolist() for row in ids], "types": [row.tolist() for row in types],
            "columns": 2, "outputs": torch.cat(teacher).flatten().tolist(), "results": told_losses(model, make)}


def projection(readout):
    """What the projection of a BiLSTM student gives, mapped from 8 to 11 numbers."""
    model, rng = make_bilstm_gradient_goldens.load(readout), np.random.default_rng(43)
    ids = [rng.integers(0, 40, length) for length in LENGTHS]
    linear = width_map(8, 11, rng)
    count = sum(LENGTHS) if readout == "per-token" else len(LENGTHS)
    states = sixteenths(rng, count, 11)
    vectors = torch.cat([model(torch.tensor(row)[None])[1].reshape(-1, 8) for row in ids])
    loss = 0.5 * ((linear(vectors) - states) ** 2).mean()
    found = make_bilstm_gradient_goldens.gradients(model, loss)
    return {"student": f"bilstm/{readout}", "ids": [row.tolist() for row in ids], "columns": 11, "outputs": states.flatten().tolist(),
            "maps": {"projected": {"weight": linear.weight.flatten().tolist(), "bias": linear.bias.tolist(),
                                   "gradients": [summary(linear.weight.grad), summary(linear.bias.grad)]}},
            "results": {"hidden=0.5": {"loss": loss.item(), "gradients": found}}}


def main():
    torch.set_num_threads(1)
    os.makedirs(os.path.join(SAMPLES, "distillation"), exist_ok=True)
    found = {name: golden(name) for name in CASES}
    found |= {"words": words(), "spans": spans()}
    found |= {f"projection--{readout}": projection(readout) for readout in ("last-state", "per-token")}
    for name, value in found.items():
        with open(os.path.join(SAMPLES, "distillation", name + ".json"), "w") as file:
            json.dump(value, file, separators=(",", ":"))
            file.write("\n")


if __name__ == "__main__":
    main()
