"""Makes the goldens of models that were made smaller: what PyTorch computes after the same surgery.

    python samples/make_surgery_goldens.py        (after make_encoder_goldens.py, with the same packages)

surgery/cases.json lists the cases: a sample, the steps that `pare` is to take, and what must come of them: the heads (of those
that the sample had at first) and the neurons that stay in each layer, and transformers' own pruned_heads. encoders/golden/surgery--NAME.safetensors
has the outputs. Importance is computed here from its definition, W_O·W_V multiplied out in F64.
"""

import json
import os

import goldens
from make_encoder_goldens import load, run, save
from surgery import CASES, Surgery

LENGTHS = [7, 24]


def main():
    cases = []
    for name, (sample, steps) in CASES.items():
        surgery = Surgery(load(sample)).run(steps)
        tensors, worst = run(surgery.model, LENGTHS, skip=("hidden", "pooled"))
        save(f"surgery--{name}", tensors, f"{sample} after {json.dumps(steps)}")
        cases.append({
            "name": name, "sample": sample, "steps": [{step: options} for step, options in steps],
            "heads": surgery.heads, "neurons": surgery.neurons,
            "prunedHeads": {str(layer): sorted(heads) for layer, heads in sorted(surgery.model.config.pruned_heads.items()) if heads}})
        print(f"{name:24} F32 against F64 {worst:.1e}; heads {surgery.heads}")
    os.makedirs(os.path.join(goldens.SAMPLES, "surgery"), exist_ok=True)
    with open(os.path.join(goldens.SAMPLES, "surgery", "cases.json"), "w") as file:
        file.write("[\n" + ",\n".join("  " + json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
