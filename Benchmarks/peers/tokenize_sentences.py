"""Tokenizes a column of a TSV file with Hugging Face tokenizers, one thread, and says how long it took.

    python tokenize_sentences.py MODEL DATA.tsv TOKENS.jsonl [--repeats 9]

DATA.tsv has a header with "sentence" and "label". TOKENS.jsonl gets a line {"ids": [...], "label": 1} for each row.
"""

import argparse
import json
import os
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import tokenizers


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("tokens")
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()

    with open(options.data, encoding="utf-8") as file:
        header, *rows = [line.rstrip("\n").split("\t") for line in file]
    text, label = header.index("sentence"), header.index("label")
    sentences = [row[text] for row in rows]
    tokenizer = tokenizers.Tokenizer.from_file(os.path.join(options.model, "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()

    seconds = {"batch": [], "one by one": []}
    for _ in range(options.repeats):
        start = time.perf_counter()
        encodings = tokenizer.encode_batch_fast(sentences)
        seconds["batch"].append(time.perf_counter() - start)
        start = time.perf_counter()
        for sentence in sentences:
            tokenizer.encode(sentence)
        seconds["one by one"].append(time.perf_counter() - start)
    with open(options.tokens, "w") as file:
        for encoding, row in zip(encodings, rows):
            file.write(json.dumps({"ids": encoding.ids, "label": int(row[label])}) + "\n")
    best = min(min(times) for times in seconds.values())
    print(json.dumps({"peer": f"tokenizers {tokenizers.__version__}", "sentences": len(sentences),
                      "tokens": sum(len(encoding.ids) for encoding in encodings),
                      "bytes": sum(len(sentence.encode()) for sentence in sentences),
                      "seconds": {"best": best, **{name: min(times) for name, times in seconds.items()}},
                      "throughput": len(sentences) / best}))


if __name__ == "__main__":
    main()
