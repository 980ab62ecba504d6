"""Has the genuine library read what pare wrote: same numbers, bit for bit.

    python samples/check_compressed_tensors.py --pare .build/release/pare

pare converts every folder of compressed-tensors/ to compressed-tensors once more; the library decompresses its output, and
every weight is compared with golden.json, which holds what the library makes of the sample. Run it where compressed-tensors
0.20.0 is installed (with transformers 5.23.0: models are loaded by from_pretrained and run), and where 0.14.0 is, which alone
knows sparse weights. What an installed version cannot read is named as skipped; the exit status is 1 if anything differs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from safetensors.torch import load_file

from make_compressed_tensors_samples import FOLDER, GOLDEN, HERE, Matrices, facts

MODELS = {"bert-w4a16", "bert-sparse-w8"}
IDS = torch.tensor([[2, 7, 11, 30, 5, 3]])


def is_current():
    import compressed_tensors
    return tuple(int(part) for part in compressed_tensors.__version__.split(".")[:2]) >= (0, 18)


def convert(pare, source, output):
    done = subprocess.run([pare, "convert", source, "--to", "compressed-tensors", "-o", output + "/"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    with open(os.path.join(output, "config.json")) as file:
        return json.load(file)


def by_module(state, parts):
    modules = {}
    for name, tensor in state.items():
        module, _, part = name.rpartition(".")
        if part in parts:
            modules.setdefault(module, {})[part] = tensor
    return modules


def decompressed(folder, settings):
    """Every weight of a folder as the library decompresses it, module by module, by what config.json says."""
    state = load_file(os.path.join(folder, "model.safetensors"))
    parts = {"weight", "weight_packed", "weight_scale", "weight_shape", "weight_zero_point", "weight_g_idx",
             "bitmask", "compressed", "shape", "row_offsets"}
    groups = list((settings.get("config_groups") or {}).values())
    dense = {}
    for module, tensors in by_module(state, parts).items():
        group = next((group for group in groups if module in group["targets"]), None)
        weight = (current_weight if is_current() else legacy_weight)(tensors, group, settings)
        if weight.ndim == 2:
            dense[f"{module}.weight"] = weight
    return dense


def current_weight(tensors, group, settings):
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.quantization import QuantizationScheme
    if group is None:
        return tensors["weight"]
    compressor = BaseCompressor.get_value_from_registry(group["format"])
    return compressor.decompress(tensors, QuantizationScheme.model_validate(group))["weight"]


def legacy_weight(tensors, group, settings):
    from compressed_tensors.compressors import BaseCompressor
    from compressed_tensors.config import SparsityCompressionConfig
    from compressed_tensors.quantization import QuantizationArgs
    if "bitmask" in tensors:
        sparsity = settings["sparsity_config"]
        config = SparsityCompressionConfig.load_from_registry(sparsity["format"], **sparsity)
        compressor = BaseCompressor.load_from_registry(sparsity["format"], config=config)
        names = compressor.compression_param_names
        tensors = {**{k: v for k, v in tensors.items() if k not in names},
                   "weight": compressor.decompress_weight({k: tensors[k] for k in names})}
    if group is None:
        return tensors["weight"]
    compressor = BaseCompressor.load_from_registry(group["format"], config=None)
    args = QuantizationArgs.model_validate(group["weights"])
    if args.strategy == "block":  # which this version can only do when told
        from compressed_tensors.quantization.lifecycle.forward import dequantize
        return dequantize(tensors["weight"], tensors["weight_scale"], tensors.get("weight_zero_point"), args=args)
    return compressor.decompress_weight(dict(tensors), args)


def compare(expected, found):
    assert set(expected) == set(found), f"names differ: {sorted(set(expected) ^ set(found))[:4]}"
    for name, facts_expected in expected.items():
        assert facts(found[name]) == facts_expected, f"{name}: expected {facts_expected}, found {facts(found[name])}"


def run(folder, **options):
    """The logits of a model that from_pretrained loads, and its matrices when it has run."""
    from transformers import AutoModelForSequenceClassification
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32, **options).eval()
    with torch.no_grad():
        logits = model(input_ids=IDS).logits
    return logits, {name: tensor for name, tensor in model.state_dict().items() if name.endswith(".weight")}


def check_model(pare, name, folder, dense_folder):
    """The folder as from_pretrained loads it, compressed or not, has the matrices of the same weights stored dense."""
    from transformers import CompressedTensorsConfig
    done = subprocess.run([pare, "convert", folder, "--to", "safetensors", "-o", dense_folder + "/"],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    with open(os.path.join(dense_folder, "config.json")) as file:
        assert "quantization_config" not in json.load(file), "a dense folder still says that it is quantized"
    expected, matrices = run(dense_folder)
    for options in ({}, {"quantization_config": CompressedTensorsConfig(dequantize=True)}):
        logits, found = run(folder, **options)
        for key, matrix in matrices.items():
            assert torch.equal(found[key], matrix), f"{key} differs {options}"
        # Sums may be taken in another order: the matrices lie elsewhere in memory.
        assert torch.allclose(logits, expected, rtol=1e-6, atol=1e-6), f"logits {logits.tolist()}, {expected.tolist()}"
    plain, _ = run(os.path.join(HERE, "encoders/bert/sequence-classification"))
    assert not torch.allclose(expected, plain, rtol=1e-3), "quantization changed nothing: was anything loaded?"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pare", required=True)
    pare = os.path.abspath(parser.parse_args().pare)
    with open(GOLDEN) as file:
        goldens = json.load(file)
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for name, expected in goldens.items():
            folder = os.path.join(scratch, name)
            try:
                config = convert(pare, os.path.join(FOLDER, name), folder)
                settings = config.get("quantization_config") or {}
                is_sparse = bool(settings.get("sparsity_config"))
                if is_sparse and is_current():
                    print(f"skip {name}: sparse weights are read by versions up to 0.14")
                    continue
                if not is_sparse and not is_current() and settings.get("config_groups"):
                    print(f"skip {name}: packed as versions from 0.18 on read it")
                    continue
                compare(expected, decompressed(folder, settings))
                if name in MODELS and is_current():
                    check_model(pare, name, folder, folder + "-dense")
                print(f"ok   {name}")
            except Exception as error:
                failed += 1
                print(f"FAIL {name}: {type(error).__name__}: {str(error)[:300]}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
