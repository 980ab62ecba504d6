"""Writes samples of compressed-tensors, GPTQ and AWQ with the libraries themselves, and what they stand for.

    python samples/make_compressed_tensors_samples.py

Run it once where compressed-tensors 0.20.0 is installed, which makes the folders of today's library, and once where
compressed-tensors 0.14.0, auto-gptq 0.7.1 and autoawq 0.2.9 are (pip install --no-deps), which makes those that only older
libraries write: packing by words, activation order, sparsity. Both need PyTorch 2.15.0, transformers 5.23.0 and safetensors.

A folder is compressed-tensors/NAME/{config.json, model.safetensors}. compressed-tensors/golden.json has, for each folder and
each weight, the type, shape and SHA-256 of the dense matrix that the library itself makes of it. The modules are small
matrices of odd sizes, made of fixed numbers. bert-w4a16 and bert-sparse-w8 are encoders/bert/sequence-classification.
"""

import hashlib
import importlib
import json
import os
import shutil
import sys
import types

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "compressed-tensors")
GOLDEN = os.path.join(FOLDER, "golden.json")
DTYPES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16"}


def matrix(name, rows, columns, dtype=torch.float32):
    generator = torch.Generator().manual_seed(int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "little"))
    return (torch.randn(rows, columns, generator=generator) * 0.1 + 0.02).to(dtype)


def facts(tensor):
    raw = tensor.detach().contiguous().view(torch.uint8).numpy().tobytes()
    return {"dtype": DTYPES[tensor.dtype], "shape": list(tensor.shape), "sha256": hashlib.sha256(raw).hexdigest()}


def record(name, dense):
    goldens = {}
    if os.path.exists(GOLDEN):
        with open(GOLDEN) as file:
            goldens = json.load(file)
    goldens[name] = {key: facts(dense[key]) for key in sorted(dense)}
    with open(GOLDEN, "w") as file:
        json.dump(dict(sorted(goldens.items())), file, indent=1)
        file.write("\n")


def empty(name):
    path = os.path.join(FOLDER, name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


class Matrices(torch.nn.Module):
    """Linears of given weights, by names with dots."""

    def __init__(self, weights):
        super().__init__()
        for name, weight in weights.items():
            parent = self
            *path, last = name.split(".")
            for part in path:
                if not hasattr(parent, part):
                    parent.add_module(part, torch.nn.Module())
                parent = getattr(parent, part)
            linear = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
            linear.weight = torch.nn.Parameter(weight.clone(), requires_grad=False)
            parent.add_module(last, linear)


def quantize(model, groups, ignore=(), actorder=None):
    """Puts scales and zero points of minima and maxima on a model's modules, by the library's own arithmetic."""
    from compressed_tensors.quantization import QuantizationConfig, QuantizationStatus, apply_quantization_config
    from compressed_tensors.quantization.utils import calculate_qparams

    apply_quantization_config(model, QuantizationConfig(config_groups=groups, ignore=list(ignore)))
    for name, module in model.named_modules():
        scheme = getattr(module, "quantization_scheme", None)
        if scheme is None or scheme.weights is None:
            continue
        args, weight = scheme.weights, module.weight.data
        rows, columns = weight.shape
        if args.strategy == "tensor":
            blocks = weight.reshape(1, -1)
        elif args.strategy == "channel":
            blocks = weight.unsqueeze(1)
        elif args.strategy == "group":
            size = min(args.group_size, columns)
            order = torch.arange(columns)
            if actorder and name in actorder:
                index = actorder[name]
                order = torch.argsort(index, stable=True)
                module.weight_g_idx.data.copy_(index.to(torch.int32))
            blocks = weight[:, order].reshape(rows, -1, size)
        else:
            height, width = args.block_structure
            blocks = weight.reshape(rows // height, height, columns // width, width).transpose(1, 2).flatten(2)
        scale, zero = calculate_qparams(blocks.amin(-1), blocks.amax(-1), args)
        module.weight_scale.data.copy_(scale.reshape(module.weight_scale.shape))
        if getattr(module, "weight_zero_point", None) is not None:
            module.weight_zero_point.data.copy_(zero.reshape(module.weight_zero_point.shape))
        module.quantization_status = QuantizationStatus.FROZEN


def arguments(bits, strategy, symmetric, **more):
    return {"num_bits": bits, "type": "int", "strategy": strategy, "symmetric": symmetric, **more}


def finish(name, model, compressor, config):
    """Writes what the library made of a model, and records what it makes of that again."""
    path = empty(name)
    compressor.compress_model(model)
    state = {key: value.contiguous().clone() for key, value in model.state_dict().items()}
    save_file(state, os.path.join(path, "model.safetensors"), metadata={"format": "pt"})
    with open(os.path.join(path, "config.json"), "w") as file:
        json.dump(config, file, indent=2)
    compressor.update_config(path)
    compressor.decompress_model(model)
    record(name, {key: value for key, value in model.state_dict().items() if key.endswith("weight") and value.ndim == 2})


def scheme(targets, weights, **more):
    return {"targets": targets, "weights": weights, **more}


def packed_groups(bits_list):
    """A matrix and a group for every width, every way of sharing scales, and both symmetries."""
    weights, groups = {}, {}
    for bits in bits_list:
        for strategy, shape, more in (
            ("tensor", (2, 33), {}), ("channel", (3, 33), {}), ("group", (9, 32), {"group_size": 16}),
        ):
            for symmetric in (True, False):
                name = f"b{bits}.{strategy}.{'symmetric' if symmetric else 'asymmetric'}"
                weights[name] = matrix(name, *shape)
                groups[f"group_{len(groups)}"] = scheme([name], arguments(bits, strategy, symmetric, **more))
    return weights, groups


def current():
    from compressed_tensors.compressors import ModelCompressor

    def make(name, weights, groups, format, config=None, **options):
        model = Matrices(weights)
        quantize(model, groups, **options)
        finish(name, model, ModelCompressor.from_pretrained_model(model, quantization_format=format), config or {})

    weights, groups = packed_groups([2, 3, 4, 5, 6, 7, 8])
    make("packed", weights, groups, "pack-quantized")

    integers, groups = {}, {}
    for strategy, shape, more in (
        ("tensor", (4, 9), {}), ("channel", (7, 9), {}), ("group", (5, 24), {"group_size": 8}),
        ("block", (6, 8), {"block_structure": [2, 4]}),
    ):
        for symmetric in (True, False):
            for dtype in (torch.float32, torch.float16, torch.bfloat16):
                name = f"{strategy}{shape[1]}.{'symmetric' if symmetric else 'asymmetric'}.{DTYPES[dtype].lower()}"
                integers[name] = matrix(name, *shape, dtype)
            prefix = f"{strategy}{shape[1]}.{'symmetric' if symmetric else 'asymmetric'}"
            groups[f"group_{len(groups)}"] = scheme([f"re:{prefix}.*"], arguments(8, strategy, symmetric, **more))
    make("integers", integers, groups, "int-quantized")

    # Two packings at once, told apart by nothing but their shapes; half precision; a module that is left alone.
    mixed = {f"layer.{i}.{part}": matrix(f"mixed.{i}.{part}", 6, 40, torch.float16) for i in range(2) for part in ("a", "b")}
    mixed["head"] = matrix("mixed.head", 2, 6, torch.float16)
    make("mixed", mixed, {
        "group_0": scheme(["re:.*\\.a"], arguments(3, "group", True, group_size=8), format="pack-quantized"),
        "group_1": scheme(["re:.*\\.b"], arguments(8, "channel", True), format="int-quantized"),
    }, None, ignore=["head"])

    from transformers import BertForSequenceClassification
    source = os.path.join(HERE, "encoders/bert/sequence-classification")
    model = BertForSequenceClassification.from_pretrained(source, dtype=torch.float32).eval()
    with open(os.path.join(source, "config.json")) as file:
        config = json.load(file)
    quantize(model, {"group_0": scheme(["Linear"], arguments(4, "group", True, group_size=8))}, ignore=["classifier"])
    finish("bert-w4a16", model, ModelCompressor.from_pretrained_model(model), config)


def legacy():
    from compressed_tensors.compressors import ModelCompressor
    from compressed_tensors.config import SparsityCompressionConfig
    from compressed_tensors.config.base import CompressionFormat

    def sparsity(format, structure):
        return SparsityCompressionConfig.load_from_registry(
            format, format=format, sparsity_structure=structure, global_sparsity=0.5, targets=["Linear"], ignore=["left"])

    def prune(weight, structure):
        if structure == "2:4":
            places = weight.reshape(-1, 4).abs().argsort(1)[:, :2]
            return weight.reshape(-1, 4).scatter(1, places, 0).reshape(weight.shape)
        return torch.where(weight.abs() < weight.abs().float().median(), torch.zeros_like(weight), weight)

    def make(name, weights, groups=None, format=None, sparse=None, config=None, model=None, ignore=(), actorder=None):
        model = model or Matrices(weights)
        if groups:
            quantize(model, groups, ignore=ignore, actorder=actorder)
        compressor = ModelCompressor.from_pretrained_model(
            model, sparsity_config_or_format=sparse, quantization_format=format)
        finish(name, model, compressor, config or {})

    weights, groups = packed_groups([3, 5, 6, 7])
    make("packed-by-word", weights, groups, "pack-quantized")

    index = torch.tensor([(7 * i + 3) % 24 // 8 for i in range(24)])
    ordered = {"four": matrix("ordered.four", 5, 24), "eight": matrix("ordered.eight", 5, 24)}
    for name, bits, format in (("four", 4, "pack-quantized"), ("eight", 8, "int-quantized")):
        group = arguments(bits, "group", False, group_size=8, actorder="group")
        make(f"activation-order-{name}", {name: ordered[name]}, {"group_0": scheme(["Linear"], group)}, format,
             actorder={name: index})

    sparse = {"wide": prune(matrix("sparse.wide", 5, 37), ""), "f16": prune(matrix("sparse.half", 4, 24, torch.float16), ""),
              "bf16": prune(matrix("sparse.brain", 3, 8, torch.bfloat16), ""), "left": matrix("sparse.dense", 2, 5)}
    make("sparse-bitmask", sparse, sparse=sparsity("sparse-bitmask", "unstructured"))
    halves = {"wide": prune(matrix("sparse24.wide", 5, 36), "2:4"), "f16": prune(matrix("sparse24.half", 4, 24, torch.float16), "2:4"),
              "left": matrix("sparse24.dense", 2, 5)}
    halves["wide"][0, :4] = 0  # zeros that are stored
    make("sparse-24-bitmask", halves, sparse=sparsity("sparse-24-bitmask", "2:4"))
    integers = {"symmetric": prune(matrix("sparse8.symmetric", 5, 24), ""), "asymmetric": prune(matrix("sparse8.asymmetric", 5, 24), "")}
    make("sparse-integers", integers, {
        "group_0": scheme(["symmetric"], arguments(8, "channel", True)),
        "group_1": scheme(["asymmetric"], arguments(8, "channel", False)),
    }, "int-quantized", sparsity("sparse-bitmask", "unstructured"))

    from transformers import BertForSequenceClassification
    source = os.path.join(HERE, "encoders/bert/sequence-classification")
    model = BertForSequenceClassification.from_pretrained(source, dtype=torch.float32).eval()
    with open(os.path.join(source, "config.json")) as file:
        config = json.load(file)
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            module.weight.data = prune(module.weight.data, "")
    make("bert-sparse-w8", None, {"group_0": scheme(["Linear"], arguments(8, "channel", True))}, "int-quantized",
         SparsityCompressionConfig.load_from_registry(
             "sparse-bitmask", format="sparse-bitmask", sparsity_structure="unstructured", global_sparsity=0.5,
             targets=["Linear"], ignore=["classifier"]),
         config=config, model=model, ignore=["classifier"])
    gptq()
    awq()


def library_file(package, path):
    """A module of a package whose own __init__ needs transformers of its day."""
    root = os.path.join([p for p in sys.path if os.path.isdir(os.path.join(p, package))][0], package)
    parts = path.split(".")
    for depth in range(len(parts)):
        name = ".".join([package, *parts[:depth]])
        if name not in sys.modules:
            stub = types.ModuleType(name)
            stub.__path__ = [os.path.join(root, *parts[:depth])]
            sys.modules[name] = stub
    return importlib.import_module(f"{package}.{path}")


def gptq():
    from transformers.pytorch_utils import Conv1D  # noqa: F401, which the library looks for in transformers
    library = library_file("auto_gptq", "nn_modules.qlinear.qlinear_cuda")

    def module(name, bits, size, order=None):
        weight = matrix(name, 32, 64)
        index = (order if order is not None else torch.arange(64)) // size
        groups = 64 // size
        low = torch.stack([weight[:, index == g].amin(1) for g in range(groups)], 1)
        high = torch.stack([weight[:, index == g].amax(1) for g in range(groups)], 1)
        scales = ((high - low) / (2 ** bits - 1)).half().float()
        zeros = (-low / scales).round().clamp(1, 2 ** bits - 1)  # 0 less 1 is what the layout cannot hold
        linear = torch.nn.Linear(64, 32, bias=False).half()
        codes = (weight / scales[:, index] + zeros[:, index]).round().clamp(0, 2 ** bits - 1)
        linear.weight.data = ((codes - zeros[:, index]) * scales[:, index]).half()
        packed = library.QuantLinear(bits, size, 64, 32, False)
        packed.pack(linear, scales, zeros, index.to(torch.int32))
        packed.autogptq_cuda_available = False
        # The library multiplies in the type of the scales.
        dense = packed(torch.eye(64, dtype=torch.float16)).t()
        return packed.state_dict(), dense

    order = torch.tensor([(37 * i + 5) % 64 for i in range(64)])
    for bits in (2, 3, 4, 8):
        state, dense = {}, {}
        for name, size, permutation in (("grouped", 32, None), ("rows", 64, None), ("ordered", 32, order)):
            if name == "rows" and bits != 4:
                continue
            parts, weight = module(f"gptq.{bits}.{name}", bits, size, permutation)
            if name == "rows":
                # One group is what -1 stands for; it has a folder of its own.
                save_gptq("gptq-4-rows", bits, -1, {f"{name}.{k}": v for k, v in parts.items()}, {f"{name}.weight": weight})
                continue
            state.update({f"{name}.{key}": value for key, value in parts.items()})
            dense[f"{name}.weight"] = weight
        save_gptq(f"gptq-{bits}", bits, 32, state, dense)
        if bits == 4:
            # The second version of the layout stores zero points as they are: GPTQModel's conversion, in whole words.
            for key in [key for key in state if key.endswith("qzeros")]:
                state[key] = state[key] + 0x11111111
            save_gptq("gptq-4-v2", bits, 32, state, dense, "gptq_v2")


def save_gptq(name, bits, size, state, dense, layout=None):
    path = empty(name)
    save_file({k: v.contiguous() for k, v in state.items()}, os.path.join(path, "model.safetensors"), metadata={"format": "pt"})
    settings = {"bits": bits, "group_size": size, "damp_percent": 0.1, "desc_act": True, "static_groups": False, "sym": False,
                "true_sequential": True}
    if layout:
        settings["checkpoint_format"] = layout
        with open(os.path.join(path, "config.json"), "w") as file:
            json.dump({"quantization_config": {**settings, "quant_method": "gptq"}}, file, indent=2)
    else:
        with open(os.path.join(path, "quantize_config.json"), "w") as file:
            json.dump(settings, file, indent=2)
    record(name, dense)


def awq():
    packing = library_file("awq", "utils.packing_utils")
    sys.modules["awq.utils.utils"] = types.ModuleType("awq.utils.utils")
    sys.modules["awq.utils.utils"].get_best_device = lambda: "cpu"
    sys.modules["awq.utils.module"] = types.ModuleType("awq.utils.module")
    sys.modules["awq.utils.module"].try_import = lambda name: (None, "")
    library = library_file("awq", "modules.linear.gemm")
    weight, size = matrix("awq", 32, 64), 32
    blocks = weight.reshape(32, 2, size)
    low, high = blocks.amin(-1).clamp(max=0), blocks.amax(-1).clamp(min=0)
    scales = ((high - low) / 15).half().float()
    zeros = (-low / scales).round().clamp(0, 15)
    linear = torch.nn.Linear(64, 32, bias=False)
    codes = (blocks / scales[..., None] + zeros[..., None]).round().clamp(0, 15)
    linear.weight.data = ((codes - zeros[..., None]) * scales[..., None]).reshape(32, 64)
    packed = library.WQLinear_GEMM.from_linear(linear, 4, size, scales=scales.t().contiguous(), zeros=zeros.t().contiguous())
    dense = packing.dequantize_gemm(packed.qweight, packed.qzeros, packed.scales, 4, size).t()
    path = empty("awq")
    save_file({f"layer.{k}": v.contiguous() for k, v in packed.state_dict().items()}, os.path.join(path, "model.safetensors"),
              metadata={"format": "pt"})
    with open(os.path.join(path, "config.json"), "w") as file:
        json.dump({"quantization_config": {"bits": 4, "group_size": size, "quant_method": "awq", "version": "gemm",
                                           "zero_point": True}}, file, indent=2)
    record("awq", {"layer.weight": dense})


if __name__ == "__main__":
    import compressed_tensors
    print("compressed-tensors", compressed_tensors.__version__)
    if tuple(int(part) for part in compressed_tensors.__version__.split(".")[:2]) >= (0, 18):
        current()
    else:
        legacy()
