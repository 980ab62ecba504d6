"""Makes the goldens of reports: what torch, numpy and scipy say of the weights that `pare report` weighs.

    python -m pip install torch==2.15.0 transformers==5.23.0 safetensors==0.8.0 numpy scipy
    python samples/make_report_goldens.py

golden/report.json holds
  bf16: of bert-tiny converted to BF16 and held against itself, by the names of tensors: the relative Frobenius error, the greatest
        difference, the order-0 entropy in bits of F32 and of BF16, and how many values are not zero;
  operations: of a forward pass of the samples in heads/ over some tokens, by torch's own counter.
"""

import json
import os

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy
import scipy.stats
import torch
import transformers
from safetensors.torch import load_file
from torch.utils.flop_counter import FlopCounterMode

SAMPLES = os.path.dirname(os.path.abspath(__file__))
TOKENS = 20
HEADS = {
    "token-classification": transformers.BertForTokenClassification,
    "question-answering": transformers.BertForQuestionAnswering,
    "masked-lm": transformers.BertForMaskedLM,
}


def entropy_bits(bits):
    """The bits of integers turned left by one bit and coded byte plane by byte plane, each plane by its own histogram."""
    width = bits.dtype.itemsize
    turned = (bits << 1) | (bits >> (8 * width - 1))
    total = 0.0
    for plane in range(width):
        counts = numpy.bincount(((turned >> (8 * plane)) & 0xFF).astype(numpy.int64).ravel(), minlength=256)
        total += scipy.stats.entropy(counts, base=2) * bits.size
    return total


def weigh(tensor):
    half = tensor.to(torch.bfloat16)
    difference = tensor.double() - half.double()
    return {
        "relative": (torch.linalg.vector_norm(difference) / torch.linalg.vector_norm(tensor.double())).item()
        if tensor.count_nonzero() else 0.0,
        "maximum": difference.abs().max().item(),
        "entropyF32": entropy_bits(tensor.numpy().view(numpy.uint32)),
        "entropyBF16": entropy_bits(half.view(torch.int16).numpy().view(numpy.uint16)),
        "nonzero": int(half.count_nonzero()),
    }


def operations(name, model_class):
    model = model_class.from_pretrained(os.path.join(SAMPLES, "heads", name), attn_implementation="eager").eval()
    ids = torch.ones((1, TOKENS), dtype=torch.long)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(input_ids=ids)
    return counter.get_total_flops()


weights = load_file(os.path.join(SAMPLES, "bert-tiny", "model.safetensors"))
golden = {
    "bf16": {name: weigh(tensor) for name, tensor in sorted(weights.items()) if tensor.is_floating_point()},
    "tokens": TOKENS,
    "operations": {name: operations(name, model_class) for name, model_class in HEADS.items()},
}
with open(os.path.join(SAMPLES, "golden", "report.json"), "w") as file:
    json.dump(golden, file, indent=1)
    file.write("\n")
