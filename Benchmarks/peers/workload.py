"""Tokenized sentences, the batches that peers run on, and how long they take: shared by the scripts beside it."""

import json
import resource
import statistics
import time

import numpy as np


def read(path):
    """Lists of token ids, and the labels, of JSON lines such as {"ids": [101, 102], "label": 1}."""
    with open(path) as file:
        rows = [json.loads(line) for line in file]
    return [row["ids"] for row in rows], [row["label"] for row in rows]


def batches(sequences, size):
    """(places, inputs) of batches of sentences of like length, padded to the longest among them."""
    order = sorted(range(len(sequences)), key=lambda place: len(sequences[place]))
    for start in range(0, len(order), size):
        places = order[start:start + size]
        length = max(len(sequences[place]) for place in places)
        ids = np.zeros((len(places), length), np.int64)
        mask = np.zeros_like(ids)
        for row, place in enumerate(places):
            count = len(sequences[place])
            ids[row, :count], mask[row, :count] = sequences[place], 1
        yield places, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def measure(run, sequences, labels, batch, repeats, latencies, **more):
    """Runs everything `repeats` times in batches and `latencies` times one by one; a dictionary of what it took.

    `run` gets the inputs of a batch and returns a row of logits for each sentence; what is no row has no accuracy."""
    work = list(batches(sequences, batch))
    for _, inputs in work[-1:] + work[:1]:
        run(inputs)
    results, passes = zip(*(timed(run, work) for _ in range(repeats)))
    totals = [sum(each) for each in passes]
    outputs = {}
    for (places, _), result in zip(work, results[-1]):
        outputs.update(zip(places, result))
    # Of each batch its fastest run: what a machine would take that nobody else uses.
    undisturbed = sum(map(min, zip(*passes)))
    report = {"batch": batch, "sentences": len(sequences), "tokens": sum(map(len, sequences)),
              "seconds": {"best": min(totals), "median": statistics.median(totals), "undisturbed": undisturbed},
              "throughput": len(sequences) / min(totals)}
    if outputs[0].ndim == 1:
        report["value"] = sum(int(outputs[i].argmax()) == label for i, label in enumerate(labels)) / len(labels)
    if latencies:
        singles = list(batches(sequences, 1))
        passes = [timed(run, singles)[1] for _ in range(latencies)]
        report["latency"] = {"undisturbedMeanMilliseconds": 1000 * statistics.mean(map(min, zip(*passes))), **percentiles(
            min(passes, key=sum))}
    report["peakMemory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {**more, **report}, [outputs[i] for i in range(len(sequences))]


def timed(run, work):
    """What a pass over the work returns, and the seconds of each batch."""
    results, seconds = [], []
    for _, inputs in work:
        start = time.perf_counter()
        results.append(run(inputs))
        seconds.append(time.perf_counter() - start)
    return results, seconds


def percentiles(seconds):
    return {f"{name}Milliseconds": 1000 * float(value) for name, value in [
        ("p50", np.percentile(seconds, 50)), ("p95", np.percentile(seconds, 95)), ("mean", np.mean(seconds))]}
