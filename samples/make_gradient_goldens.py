"""Makes the goldens that gradients are held against: losses, logits and the gradient of every parameter of tiny models.

    python -m pip install torch==2.13.0 transformers==4.36.2 safetensors==0.8.0 numpy
    python samples/make_gradient_goldens.py

For each model of encoders/, PyTorch and transformers compute a padded batch of three sequences in F64, dropout off, and go
back from the loss of the model's head. Of a gradient its norm and three of its values are kept. Everything is seeded: a second run gives the same file, but for the rounding of another processor.
"""

import inspect
import json
import os

import numpy as np
import torch
import transformers

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)

SAMPLES = os.path.dirname(os.path.abspath(__file__))
LENGTHS = [5, 17, 9]
FAMILIES = ("albert", "bert", "distilbert", "electra", "roberta", "xlm-roberta")
MODELS = [f"encoders/{family}/{head}" for family in FAMILIES for head in ("sequence-classification", "masked-lm")] + [
    "encoders/bert/token-classification", "encoders/distilbert/token-classification",
    "encoders/albert/question-answering", "encoders/bert/question-answering", "encoders/distilbert/question-answering",
    "heads/sequence-classification"]


def load(sample):
    path = os.path.join(SAMPLES, sample)
    with open(os.path.join(path, "config.json")) as file:
        config = json.load(file)
    return getattr(transformers, config["architectures"][0]).from_pretrained(path)


def batch(model):
    """Ids, types, the mask, and the lengths."""
    rng = np.random.default_rng(7)
    width = max(LENGTHS)
    padding = model.config.pad_token_id or 0
    ids = torch.full((len(LENGTHS), width), padding)
    types = torch.zeros_like(ids)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.tensor(rng.integers(5, model.config.vocab_size, length))
        if getattr(model.config, "type_vocab_size", 0) > 1:
            types[row, length // 2:length] = 1
        mask[row, :length] = 1
    return ids, types, mask


def labels(model, head, rng):
    """What the loss is computed from, by the names of transformers; tokens beyond a sequence are ignored."""
    if head == "sequence-classification":
        return {"labels": torch.tensor(rng.integers(0, model.config.num_labels, len(LENGTHS)))}
    if head == "question-answering":
        first = [int(rng.integers(0, length)) for length in LENGTHS]
        last = [int(rng.integers(first[row], length)) for row, length in enumerate(LENGTHS)]
        return {"start_positions": torch.tensor(first), "end_positions": torch.tensor(last)}
    classes = model.config.num_labels if head == "token-classification" else model.config.vocab_size
    marks = torch.full((len(LENGTHS), max(LENGTHS)), -100)
    for row, length in enumerate(LENGTHS):
        marks[row, :length] = torch.tensor(rng.integers(0, classes, length))
        marks[row, 0] = -100
    return {"labels": marks}


def told(values):
    return [float(f"{value:.7g}") for value in values]


def summary(gradient):
    """The norm, and the first value, the middle one and the last."""
    flat = gradient.flatten()
    return told([flat.norm().item()] + flat[[0, len(flat) // 2, len(flat) - 1]].tolist())


def golden(sample):
    model = load(sample).double().eval()
    head = next((name for name in ("sequence-classification", "token-classification", "question-answering", "masked-lm")
                 if sample.endswith(name)), "sequence-classification")
    rng = np.random.default_rng(11)
    ids, types, mask = batch(model)
    inputs = {"input_ids": ids, "attention_mask": mask, **labels(model, head, rng)}
    if "token_type_ids" in inspect.signature(model.forward).parameters:
        inputs["token_type_ids"] = types
    output = model(**inputs)
    logits, loss = output.logits if head != "question-answering" else None, output.loss
    if head == "question-answering":
        logits = torch.stack([output.start_logits, output.end_logits], -1)
        # transformers lets answers begin and end in the padding too.
        beyond = (mask == 0)[..., None]
        scores = logits.masked_fill(beyond, -torch.inf)
        loss = (torch.nn.functional.cross_entropy(scores[..., 0], inputs["start_positions"])
                + torch.nn.functional.cross_entropy(scores[..., 1], inputs["end_positions"])) / 2
    loss.backward()
    if head != "sequence-classification":
        logits = torch.cat([logits[row, :length] for row, length in enumerate(LENGTHS)])
    words = model.get_input_embeddings().weight  # which may be met first under the name of a decoder tied to it
    gradients = {f"{model.base_model_prefix}.embeddings.word_embeddings.weight" if parameter is words else name:
                 summary(parameter.grad) for name, parameter in model.named_parameters() if parameter.grad is not None}
    target = inputs.get("labels")
    if head == "question-answering":
        target = torch.stack([inputs["start_positions"], inputs["end_positions"]], -1)
    elif head != "sequence-classification":
        target = torch.cat([target[row, :length] for row, length in enumerate(LENGTHS)])
    rows = [ids[row, :length].tolist() for row, length in enumerate(LENGTHS)]
    return {"head": head, "ids": rows, "types": [types[row, :length].tolist() for row, length in enumerate(LENGTHS)],
            "labels": target.flatten().tolist(), "loss": loss.item(),
            "logits": told(logits.flatten().tolist()[:12]), "gradients": gradients}


def main():
    os.makedirs(os.path.join(SAMPLES, "gradients"), exist_ok=True)
    for sample in MODELS:
        name = sample.removeprefix("encoders/").replace("/", "--")
        with open(os.path.join(SAMPLES, "gradients", name + ".json"), "w") as file:
            json.dump(golden(sample), file, separators=(",", ":"))
            file.write("\n")


if __name__ == "__main__":
    main()
