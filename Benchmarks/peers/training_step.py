"""Trains PyTorch and transformers on tokenized sentences and prints, as JSON, how long the steps take.

    python training_step.py MODEL TOKENS.jsonl [--batch 32] [--threads 2] [--repeats 3]

A step is the forward pass in training mode, the loss, the backward pass and AdamW. Batches are of sentences of like length, padded to
the longest among them. The seconds are, for each batch, those of its fastest step.
"""

import argparse
import json
import os
import resource
import time

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers

import workload

transformers.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("tokens")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        options.model, dtype=torch.float32, attn_implementation="sdpa").train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
    sequences, labels = workload.read(options.tokens)
    work = [({name: torch.from_numpy(array) for name, array in inputs.items()}, torch.tensor([labels[i] for i in places]))
            for places, inputs in workload.batches(sequences, options.batch)]

    def step(inputs, labels):
        start = time.perf_counter()
        model(**inputs, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return time.perf_counter() - start

    passes = [[step(*batch) for batch in work] for _ in range(options.repeats)]
    seconds = sum(map(min, zip(*passes)))
    print(json.dumps({"peer": f"torch {torch.__version__}", "sentences": len(sequences),
                      "tokens": sum(map(len, sequences)), "seconds": seconds, "throughput": len(sequences) / seconds,
                      "peakMemory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


if __name__ == "__main__":
    main()
