"""Fine-tunes a model on tags of words with PyTorch and transformers, as `pare train` does, and prints, as JSON, the entity F1 on dev.

    python -m pip install torch transformers
    python tag_training.py MODEL FOLDER [--epochs 2] [--rate 5e-5] [--batch 32] [--seed 42] [--threads 2]

FOLDER holds train.conll and dev.conll: a word and its tag on a line, an empty line between sentences. AdamW with a decay of 0.01 of matrices, a rate that
goes linearly to zero, gradients clipped to a length of 1, batches of sentences of like length, the tag of a word learned at its first token.
"""

import argparse
import json
import os
import random
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


def sentences(path):
    words, tags = [], []
    with open(path, encoding="utf-8") as file:
        for line in list(file) + ["\n"]:
            parts = line.rstrip("\n").rsplit(maxsplit=1) if line.strip() else []
            if not parts:
                if words:
                    yield words, tags
                words, tags = [], []
                continue
            words.append(parts[0].split(":", 1)[1] if ":" in parts[0] else parts[0])
            tags.append(parts[1])


def encode(examples, tokenizer, classes):
    result = []
    for words, tags in examples:
        encoding = tokenizer(words, is_split_into_words=True, truncation=True, max_length=128)
        labels, last = [], None
        for word in encoding.word_ids():
            labels.append(-100 if word is None or word == last else classes[tags[word]])
            last = word
        result.append((encoding["input_ids"], labels))
    return result


def batches(data, size, shuffler):
    order = list(range(len(data)))
    shuffler.shuffle(order)
    chunks = [sorted(order[start:start + 50 * size], key=lambda i: -len(data[i][0])) for start in range(0, len(order), 50 * size)]
    parts = [chunk[start:start + size] for chunk in chunks for start in range(0, len(chunk), size)]
    shuffler.shuffle(parts)
    return parts


def padded(data, places):
    width = max(len(data[i][0]) for i in places)
    fill = lambda values, value: values + [value] * (width - len(values))
    ids = torch.tensor([fill(data[i][0], 0) for i in places])
    mask = torch.tensor([fill([1] * len(data[i][0]), 0) for i in places])
    return {"input_ids": ids, "attention_mask": mask}, torch.tensor([fill(data[i][1], -100) for i in places])


def entities(tags):
    """Type, first and last word of each entity, as seqeval reads IOB2."""
    found, start, kind = set(), None, None
    for place, tag in enumerate(tags + ["O"]):
        prefix, _, own = tag.partition("-")
        if start is not None and (prefix != "I" or own != kind):
            found.add((kind, start, place - 1))
            start = None
        if prefix == "B" or (prefix == "I" and start is None):
            start, kind = place, own
    return found


def f1(right, said):
    pairs = [(entities(a), entities(b)) for a, b in zip(right, said)]
    both, all_right, all_said = (sum(len(f(a, b)) for a, b in pairs) for f in (
        lambda a, b: a & b, lambda a, b: a, lambda a, b: b))
    return 2 * both / max(1, all_right + all_said)


@torch.no_grad()
def score(model, examples, data, names):
    model.eval()
    found = []
    for start in range(0, len(data), 64):
        places = list(range(start, min(start + 64, len(data))))
        inputs, labels = padded(data, places)
        best = model(**inputs).logits.argmax(-1)
        for row, place in enumerate(places):
            tags = [names[best[row, column]] for column in range(labels.shape[1]) if labels[row, column] != -100]
            # Words beyond the limit count as outside.
            found.append(tags + ["O"] * (len(examples[place][1]) - len(tags)))
    model.train()
    return f1([tags for _, tags in examples], found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("folder")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    train, dev = (list(sentences(os.path.join(options.folder, name + ".conll"))) for name in ("train", "dev"))
    names = sorted({tag for _, tags in train for tag in tags})
    classes = {name: index for index, name in enumerate(names)}
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.model)
    data, held = encode(train, tokenizer, classes), encode(dev, tokenizer, classes)
    model = transformers.AutoModelForTokenClassification.from_pretrained(
        options.model, num_labels=len(names), dtype=torch.float32).train()
    decayed = [p for n, p in model.named_parameters() if p.ndim > 1]
    plain = [p for n, p in model.named_parameters() if p.ndim <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0}], lr=options.rate)
    steps = options.epochs * -(-len(data) // options.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(0.0, 1 - step / steps))
    shuffler = random.Random(options.seed)
    start, scores = time.perf_counter(), []
    for _ in range(options.epochs):
        for places in batches(data, options.batch, shuffler):
            inputs, labels = padded(data, places)
            model(**inputs, labels=labels).loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
        scores.append(score(model, dev, held, names))
    print(json.dumps({"peer": f"torch {torch.__version__}", "sentences": len(data), "seed": options.seed, "entityF1": scores,
                      "seconds": time.perf_counter() - start}))


if __name__ == "__main__":
    main()
