"""Samples of PyTorch's and NumPy's files, written by the genuine libraries, and what they hold.

    python samples/make_pytorch_samples.py

Needs torch, safetensors, numpy and ml_dtypes. Files hold the weights of bert-tiny, or a few small tensors of every kind.
"""

import json
import os

import ml_dtypes
import numpy as np
import safetensors.torch
import torch

import goldens

TORCH_TYPES = {
    torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64", torch.int8: "I8",
    torch.int16: "I16", torch.int32: "I32", torch.int64: "I64", torch.uint8: "U8", torch.bool: "BOOL",
    torch.complex64: "C64", torch.uint16: "U16", torch.uint32: "U32", torch.uint64: "U64",
    torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2",
}


def torch_bytes(tensor):
    flat = tensor.detach().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def golden(sample, reader, tensors):
    """golden/<folder>--<file>.json: name, type, shape and SHA-256 of every tensor's little-endian row-major bytes."""
    import hashlib
    rows = [{"name": name, "dtype": dtype, "shape": list(shape), "sha256": hashlib.sha256(data).hexdigest()}
            for name, dtype, shape, data in sorted(tensors)]
    path = os.path.join(goldens.SAMPLES, "golden", sample.replace("/", "--") + ".json")
    goldens.write_json(path, {"sample": sample, "reader": reader}, "tensors", rows)


def torch_golden(sample, tensors):
    golden(sample, f"torch {torch.__version__}",
           [(name, TORCH_TYPES[t.dtype], t.shape, torch_bytes(t)) for name, t in tensors.items()])


def save(sample, value, tensors, **options):
    path = os.path.join(goldens.SAMPLES, sample)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    torch.save(value, path, **options)
    torch_golden(sample, tensors)


class Command:
    """What whoever loads it with a plain unpickler runs."""

    def __reduce__(self):
        return os.system, ("echo this must never be printed",)


def kinds():
    """Every type, and every way to look at a storage."""
    generator = torch.Generator().manual_seed(7)
    base = torch.randn(6, 8, generator=generator)
    cube = torch.randn(2, 3, 4, generator=generator)
    tensors = {f"types.{name.lower()}": (torch.arange(6) * 3 - 4).to(dtype).reshape(2, 3)
               for dtype, name in TORCH_TYPES.items() if name not in ("BOOL", "C64", "U16", "U32", "U64", "U8")}
    for dtype, name in TORCH_TYPES.items():
        if name in ("U16", "U32", "U64", "U8"):
            tensors[f"types.{name.lower()}"] = torch.arange(1, 7).to(dtype).reshape(2, 3)
    tensors["types.bool"] = torch.tensor([True, False, True])
    tensors["types.c64"] = torch.tensor([1 + 2j, -3j], dtype=torch.complex64)
    tensors["special"] = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 1e-45])
    tensors["scalar"] = torch.tensor(3.5)
    tensors["empty"] = torch.zeros(0, 4)
    tensors["whole"] = base
    tensors["again"] = base
    tensors["transposed"] = base.t()
    tensors["rows"] = base[2:4]
    tensors["columns"] = base[:, 1:7:2]
    tensors["steps"] = base[::2]
    tensors["permuted"] = cube.permute(2, 0, 1)
    tensors["fortran"] = torch.randn(4, 3, 2, generator=generator).permute(2, 1, 0)
    tensors["expanded"] = base[1].expand(3, 8)
    tensors["one row"] = base[3:4].t()
    tensors["half.transposed"] = torch.randn(5, 3, generator=generator).half().t()
    return tensors


def pytorch():
    weights = safetensors.torch.load_file(os.path.join(goldens.SAMPLES, "bert-tiny/model.safetensors"))
    save("pytorch/bert-tiny.bin", weights, weights)
    save("pytorch/bert-tiny-old.bin", weights, weights, _use_new_zipfile_serialization=False)
    tensors = kinds()
    save("pytorch/kinds.pt", tensors, tensors)
    old = {name: tensor for name, tensor in tensors.items()
           if tensor.dtype not in (torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2)}
    save("pytorch/kinds-old.pt", old, old, _use_new_zipfile_serialization=False)

    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.randn(5, 3)).sum().backward()
    optimizer.step()
    state = model.state_dict()
    save("pytorch/training.pt", {"epoch": 3, "model_state_dict": state, "optimizer_state_dict": optimizer.state_dict(),
                                 "losses": [0.5, 0.25], "args": {"lr": 1e-3}}, state)
    save("pytorch/parallel.pth", {f"module.{name}": tensor for name, tensor in state.items()},
         {f"module.{name}": tensor for name, tensor in state.items()})
    save("pytorch/parameters.pt", dict(model.named_parameters()), dict(model.named_parameters()))
    save("pytorch/module.pt", model, state)
    save("pytorch/malicious.pt", {"weight": torch.ones(2), "extra": Command()}, {"weight": torch.ones(2)})
    save("pytorch/list.pt", [torch.ones(2), {"inner": torch.zeros(3)}],
         {"0": torch.ones(2), "1.inner": torch.zeros(3)})
    save("pytorch/tensor.pt", torch.arange(4.0), {"tensor": torch.arange(4.0)})

    shards = [dict(list(weights.items())[:12]), dict(list(weights.items())[12:])]
    folder = os.path.join(goldens.SAMPLES, "pytorch/sharded")
    os.makedirs(folder, exist_ok=True)
    places = {}
    for index, shard in enumerate(shards):
        name = f"pytorch_model-{index + 1:05}-of-00002.bin"
        torch.save(shard, os.path.join(folder, name))
        places.update(dict.fromkeys(shard, name))
    size = sum(tensor.numel() * tensor.element_size() for tensor in weights.values())
    with open(os.path.join(folder, "pytorch_model.bin.index.json"), "w") as file:
        json.dump({"metadata": {"total_size": size}, "weight_map": places}, file, indent=2, sort_keys=True)
        file.write("\n")
    torch_golden("pytorch/sharded/pytorch_model.bin.index.json", weights)


def numpy_golden(sample, arrays):
    rows = []
    for name, array in arrays.items():
        is_bfloat = array.dtype == ml_dtypes.bfloat16
        kind = "BF16" if is_bfloat else "C64" if array.dtype.kind == "c" else goldens.NUMPY_TYPES[array.dtype.str[1:]]
        little = array if is_bfloat else array.astype(array.dtype.newbyteorder("<"))
        rows.append((name, kind, array.shape, np.ascontiguousarray(little).tobytes()))
    golden(sample, f"numpy {np.__version__}", rows)


def numpy_kinds():
    random = np.random.default_rng(5)
    base = random.standard_normal((5, 6)).astype("f4")
    arrays = {f"types/{code}": (np.arange(6).reshape(2, 3) + 1).astype(code)
              for code in ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1", "c8")}
    arrays |= {f"big/{code}": (np.arange(6).reshape(2, 3) * 259).astype(f">{code}") for code in ("f2", "f4", "f8", "i4", "c8")}
    arrays["bfloat16"] = (np.arange(6) / 7).astype(ml_dtypes.bfloat16)
    arrays["fortran"] = np.asfortranarray(base)
    arrays["fortran-cube"] = np.asfortranarray(random.standard_normal((2, 3, 4)))
    arrays["fortran-big"] = np.asfortranarray(base.astype(">f4"))
    arrays["scalar"] = np.array(2.5, "f4")
    arrays["empty"] = np.zeros((0, 3), "f4")
    arrays["row"] = base[0]
    return arrays


def numpy():
    folder = os.path.join(goldens.SAMPLES, "numpy")
    os.makedirs(folder, exist_ok=True)
    arrays = numpy_kinds()
    np.savez(os.path.join(folder, "kinds.npz"), **arrays)
    numpy_golden("numpy/kinds.npz", arrays)
    np.savez_compressed(os.path.join(folder, "packed.npz"), **arrays)
    numpy_golden("numpy/packed.npz", arrays)
    np.save(os.path.join(folder, "array.npy"), arrays["fortran"])
    numpy_golden("numpy/array.npy", {"array": arrays["fortran"]})
    np.savez(os.path.join(folder, "others.npz"), text=np.array(["a", "bc"]), objects=np.array([{}, None], object),
             fields=np.zeros(2, [("a", "<f4"), ("b", "<i2")]), numbers=np.arange(3))
    weights = safetensors.torch.load_file(os.path.join(goldens.SAMPLES, "bert-tiny/model.safetensors"))
    weights = {name: tensor.numpy() for name, tensor in weights.items()}
    np.savez(os.path.join(folder, "bert-tiny.npz"), **weights)
    numpy_golden("numpy/bert-tiny.npz", weights)


if __name__ == "__main__":
    pytorch()
    numpy()
