"""Classifies one sentence with PyTorch and transformers, from the start of the process: what its whole time is to be compared with.

    python torch_cold_start.py MODEL "a sentence"
"""

import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers

transformers.utils.logging.disable_progress_bar()
tokenizer = transformers.AutoTokenizer.from_pretrained(sys.argv[1])
model = transformers.AutoModelForSequenceClassification.from_pretrained(sys.argv[1], dtype=torch.float32).eval()
with torch.inference_mode():
    print(model(**tokenizer(sys.argv[2], return_tensors="pt")).logits.tolist())
