"""Makes the goldens that the gradients of BiLSTM students are held against: losses, logits and the gradient of every parameter.

    python -m pip install torch==2.15.0 transformers==5.23.0 safetensors==0.8.0 numpy==2.4.6
    python samples/make_bilstm_gradient_goldens.py

For each student of bilstm/, PyTorch computes sequences one by one in F64, dropout off, and goes back from the mean cross-entropy
of all of them (`loss`, `gradients`), and from the mean square of the difference of what the projection gives from a target
(`projectedLoss`, `projectedGradients`). Of a gradient its norm and three of its values are kept. The gradients of PyTorch's two biases
are one: that of their sum.
"""

import json
import os

import numpy as np
import safetensors.torch
import torch

from make_bilstm_samples import FOLDER, PROJECTION, READOUTS, VOCABULARY, Student
from make_gradient_goldens import SAMPLES, summary, told

# More than one group of sequences that are gone through in step.
LENGTHS = [5, 17, 1, 9, 3, 17, 2, 8, 12, 6, 1, 4, 11, 7, 2, 13, 5, 10]


def load(readout):
    model = Student(readout)
    model.load_state_dict(safetensors.torch.load_file(os.path.join(FOLDER, readout, "model.safetensors")))
    return model.double()


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    found = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is None:
            continue
        if name.startswith("lstm.bias_hh"):
            other = model.get_parameter(name.replace("_hh", "_ih"))
            assert torch.allclose(parameter.grad, other.grad, rtol=1e-12, atol=1e-15)
            continue
        found[name] = summary(parameter.grad)
    return found


def golden(readout):
    model = load(readout)
    rng = np.random.default_rng(23)
    ids = [rng.integers(0, VOCABULARY, length).tolist() for length in LENGTHS]

    def outputs():
        results = [model(torch.tensor(row)[None])[1:] for row in ids]
        return [torch.cat([result[part].reshape(-1, result[part].shape[-1]) for result in results]) for part in (0, 1)]

    vectors, logits = outputs()
    labels = rng.integers(0, logits.shape[1], logits.shape[0])
    # In sixteenths, which singles hold exactly.
    target = np.round(rng.normal(size=(logits.shape[0], PROJECTION)) * 16) / 16
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels))
    by_labels = gradients(model, loss)
    vectors, _ = outputs()
    projected = torch.nn.functional.mse_loss(vectors, torch.tensor(target))
    by_vectors = gradients(model, projected)
    return {"ids": ids, "labels": labels.tolist(), "loss": loss.item(), "logits": told(logits.flatten().tolist()[:12]),
            "gradients": by_labels, "target": target.flatten().tolist(), "projectedLoss": projected.item(),
            "projectedGradients": by_vectors}


def main():
    torch.set_num_threads(1)
    for readout in READOUTS:
        with open(os.path.join(SAMPLES, "gradients", f"bilstm--{readout}.json"), "w") as file:
            json.dump(golden(readout), file, separators=(",", ":"))
            file.write("\n")


if __name__ == "__main__":
    main()
