"""Runs tokenized sentences through PyTorch and transformers and prints, as JSON, how long that takes.

    python torch_run.py MODEL TOKENS.jsonl [--batch 32] [--threads 2] [--repeats 3] [--latencies 1]

Batches are those of onnx_run.py. Attention is PyTorch's fused one (sdpa), weights are widened to F32.
"""

import argparse
import json
import os

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
    parser.add_argument("--latencies", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    model = transformers.AutoModelForSequenceClassification.from_pretrained(
        options.model, dtype=torch.float32, attn_implementation="sdpa").eval()

    def run(inputs):
        with torch.inference_mode():
            return model(**{name: torch.from_numpy(array) for name, array in inputs.items()}).logits.numpy()

    report, _ = workload.measure(run, *workload.read(options.tokens), options.batch, options.repeats, options.latencies,
                                 peer=f"torch {torch.__version__}", threads=options.threads)
    print(json.dumps(report))


if __name__ == "__main__":
    main()
