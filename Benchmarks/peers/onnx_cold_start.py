"""Classifies one sentence with ONNX Runtime and tokenizers, from the start of the process.

    python onnx_cold_start.py MODEL MODEL.onnx "a sentence"
"""

import os
import sys

import numpy as np
import onnxruntime
import tokenizers

tokenizer = tokenizers.Tokenizer.from_file(os.path.join(sys.argv[1], "tokenizer.json"))
ids = np.array([tokenizer.encode(sys.argv[3]).ids], np.int64)
network = onnxruntime.InferenceSession(sys.argv[2], providers=["CPUExecutionProvider"])
print(network.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}))
