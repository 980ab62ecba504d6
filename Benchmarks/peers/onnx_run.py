"""Runs tokenized sentences through ONNX Runtime and prints, as JSON, how long that takes.

    python onnx_run.py MODEL.onnx TOKENS.jsonl [--batch 32] [--threads 2] [--repeats 5] [--latencies 2] [--logits LOGITS.tsv]

Sentences are sorted by length and padded within their batch. The first batches are run once before time is taken.
"""

import argparse
import json

import numpy as np
import onnxruntime

import workload


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("tokens")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--latencies", type=int, default=2)
    parser.add_argument("--logits", help="a file with a header and the expected logits of each sentence")
    options = parser.parse_args()
    network = session(options.model, options.threads)
    report, outputs = workload.measure(
        lambda inputs: network.run(None, inputs)[0], *workload.read(options.tokens), options.batch, options.repeats,
        options.latencies, peer=f"onnxruntime {onnxruntime.__version__}", threads=options.threads)
    if options.logits:
        expected = np.loadtxt(options.logits, skiprows=1)
        report["logitError"] = float(np.abs(np.array(outputs) - expected).max())
    print(json.dumps(report))


if __name__ == "__main__":
    main()
