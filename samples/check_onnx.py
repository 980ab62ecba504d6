"""Runs what pare exports to ONNX by ONNX Runtime, and holds the results against PyTorch's of the same samples.

    python samples/check_onnx.py --pare .build/release/pare

Needs torch, transformers, onnx and onnxruntime. One line is printed for each model; the exit status is 1 if one of them failed.
"""

import argparse
import glob
import os
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
import transformers

import goldens

warnings.simplefilter("ignore")
transformers.logging.set_verbosity_error()
CLASSES = {
    "ForSequenceClassification": transformers.AutoModelForSequenceClassification,
    "ForTokenClassification": transformers.AutoModelForTokenClassification,
    "ForQuestionAnswering": transformers.AutoModelForQuestionAnswering,
    "ForMaskedLM": transformers.AutoModelForMaskedLM, "ForPreTraining": transformers.AutoModelForPreTraining,
    "ForNextSentencePrediction": transformers.AutoModelForNextSentencePrediction,
    "ForMultipleChoice": transformers.AutoModelForMultipleChoice,
}


def reference(folder, ids, mask, types):
    configuration = transformers.AutoConfig.from_pretrained(folder)
    name = configuration.architectures[0]
    loader = next((c for end, c in CLASSES.items() if name.endswith(end)), transformers.AutoModel)
    model = loader.from_pretrained(folder).eval()
    inputs = {"input_ids": ids, "attention_mask": mask}
    if configuration.model_type not in ("distilbert", "roberta", "xlm-roberta"):
        inputs["token_type_ids"] = types
    if name.endswith("ForMultipleChoice"):
        inputs = {key: value[:, None] for key, value in inputs.items()}
    with torch.no_grad():
        return {key: value.numpy() for key, value in model(**inputs).items() if value.dim() > 0}


def check(pare, folder, scratch, dtype=None, tolerance=2e-5):
    path = os.path.join(scratch, "model.onnx")
    options = ["--dtype", dtype] if dtype else []
    subprocess.run([pare, "convert", folder, "-o", path, "--force", "--quiet", *options], check=True)
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(5, 36, (3, 9), generator=generator)
    mask = torch.ones_like(ids)
    mask[1, 6:], mask[2, 4:] = 0, 0
    padding = transformers.AutoConfig.from_pretrained(folder).pad_token_id or 0
    ids[mask == 0] = padding
    types = torch.zeros_like(ids)
    types[0, 5:] = 1
    expected = reference(folder, ids, mask, types)
    given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    names = [value.name for value in session.get_inputs()]
    outputs = [value.name for value in session.get_outputs()]
    found = dict(zip(outputs, session.run(None, {name: given[name].numpy() for name in names})))
    worst = 0
    for name, values in found.items():
        reference_values = expected[name].reshape(values.shape)
        # What stands in the place of padding is nobody's.
        keep = mask.numpy().astype(bool) if values.shape[:2] == mask.shape else slice(None)
        worst = max(worst, float(np.abs(values - reference_values)[keep].max()))
    assert worst <= tolerance, f"differs by {worst:.2g}"
    return f"{', '.join(outputs)}: within {worst:.1e}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pare", required=True)
    pare = os.path.abspath(parser.parse_args().pare)
    folders = sorted(os.path.dirname(path) for pattern in ("bert-tiny", "heads/*", "families/*")
                     for path in glob.glob(os.path.join(goldens.SAMPLES, pattern, "config.json")))
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        for folder, dtype, tolerance in [(f, None, 2e-5) for f in folders] + [(folders[0], "F16", 2e-2)]:
            name = os.path.relpath(folder, goldens.SAMPLES) + (f" in {dtype}" if dtype else "")
            try:
                print(f"ok      {name}: {check(pare, folder, scratch, dtype, tolerance)}")
            except Exception as error:
                failures += 1
                print(f"FAILED  {name}: {type(error).__name__}: {str(error)[:300]}")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
