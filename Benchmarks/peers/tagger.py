"""Writes a model and a task in which every token counts: the encoder of a classifier under a head for tags, and its sentences without tags.

    python tagger.py MODEL DATA.tsv OUT TASK

OUT gets the model with a random head of three labels, TASK a dev.conll of the words of the column "sentence", all of them outside. For time, not
for accuracy.
"""

import json
import os
import shutil
import sys

import numpy as np
import safetensors.numpy

LABELS = ["O", "B-X", "I-X"]


def write_model(source, out):
    os.makedirs(out, exist_ok=True)
    for name in os.listdir(source):
        if name.endswith((".json", ".txt")):
            shutil.copy(os.path.join(source, name), out)
    tensors = safetensors.numpy.load_file(os.path.join(source, "model.safetensors"))
    tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("bert.pooler.")}
    classifier = tensors["classifier.weight"]
    random = np.random.default_rng(0)
    tensors["classifier.weight"] = (random.standard_normal((3, classifier.shape[1])) / 50).astype(classifier.dtype)
    tensors["classifier.bias"] = np.zeros(3, classifier.dtype)
    safetensors.numpy.save_file(tensors, os.path.join(out, "model.safetensors"), metadata={"format": "pt"})
    path = os.path.join(out, "config.json")
    with open(path) as file:
        config = json.load(file)
    config.update(architectures=["BertForTokenClassification"], id2label=dict(enumerate(LABELS)),
                  label2id={label: index for index, label in enumerate(LABELS)})
    config.pop("problem_type", None)
    with open(path, "w") as file:
        json.dump(config, file, indent=2)


def write_task(data, task):
    os.makedirs(task, exist_ok=True)
    with open(data, encoding="utf-8") as file:
        header, *rows = [line.rstrip("\n").split("\t") for line in file]
    text = header.index("sentence")
    with open(os.path.join(task, "dev.conll"), "w", encoding="utf-8") as file:
        for row in rows:
            file.write("".join(f"{word} O\n" for word in row[text].split()) + "\n")
    with open(os.path.join(task, "task.yaml"), "w") as file:
        file.write("kind: tags\nmetric: entity-f1\n")


def main():
    source, data, out, task = sys.argv[1:]
    write_model(source, out)
    write_task(data, task)


if __name__ == "__main__":
    main()
