"""Makes the samples of the format `pare` and holds the reference decoder against what was put into them.

    python samples/make_pare_samples.py            (torch, safetensors and numpy; and a Swift toolchain)

Every kind of storage and every scheme, with random parts. The parts are written as an ordinary safetensors file whose
metadata say how they nest; the test `PareSampleTests` writes them as pare/storages-1.pare.safetensors, and
formats/pare_decode.py must read the same parts from it, bit for bit. What that decoder makes of each tensor is the golden,
golden/pare--storages-1.json. A sample once published is never written again: a change of what is written gets a new number.
"""

import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
from safetensors.torch import save_file

SAMPLES = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(SAMPLES)
sys.path.insert(0, os.path.join(ROOT, "formats"))
import pare_decode  # noqa: E402

NAME = "storages-1"
RANDOM = np.random.default_rng(20)


def normal(*shape, scale=0.05):
    """Rows spread differently, as those of trained matrices do."""
    rows = np.exp(RANDOM.normal(0, 0.5, (shape[0],) + (1,) * (len(shape) - 1)))
    return torch.tensor(RANDOM.normal(0, scale, shape) * rows, dtype=torch.float32)


def whole(*shape, limit=9):
    """Eighths: sums of their products are exact in any order."""
    return torch.tensor(RANDOM.integers(-limit, limit, shape, endpoint=True) / 8, dtype=torch.float32)


def codes(*shape, bits, dtype=torch.int8):
    limit = 2 ** (bits - 1)
    values = np.clip(np.rint(RANDOM.normal(0, limit / 3, shape)), -limit, limit - 1)
    return torch.tensor(values).to(dtype)


def scales(*shape):
    return torch.tensor(RANDOM.uniform(0.001, 0.02, shape), dtype=torch.float32)


def mask(*shape, density=0.2):
    rows = RANDOM.uniform(0, 2 * density, (shape[0], 1))
    return torch.tensor(RANDOM.random(shape) < rows)


def uniform(shape, bits, per, scale_shape, dtype=torch.float32, codes_shape=None, **more):
    fields = {"bits": bits, "per": per, "codes": codes(*(codes_shape or shape), bits=bits),
              "scales": scales(*scale_shape).to(dtype)}
    return {"uniform": fields | more}


def sparse(shape, values, density=0.2, block=(1, 1)):
    """`values` makes the storage of so many survivors."""
    kept = mask(shape[0] // block[0], shape[1] // block[1], density=density)
    count = int(kept.sum()) * block[0] * block[1]
    return {"sparse": {"mask": kept, "shape": list(shape), "block": list(block), "values": values(count)}}


def special():
    """Not-a-numbers with payloads, infinities, zeros and denormals of both signs, the greatest and the least."""
    patterns = [0x7FC00000, 0x7F800001, 0xFFC12345, 0x7F800000, 0xFF800000, 0x80000000, 0, 1, 0x80000001,
                0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0xFF7FFFFF]
    bits = RANDOM.choice(np.array(patterns, dtype="<u4"), (32, 40))
    return torch.tensor(bits.view("<i4")).view(torch.float32)


def tensors():
    """By name: the element type of the dense values, the shape, and the storage with tensors for its parts."""
    result = {}

    def add(name, storage, shape=None, dtype="F32"):
        if isinstance(storage, torch.Tensor):
            dtype, shape = pare_dtype(storage), list(storage.shape)
        result[name] = (dtype, list(shape), storage)

    matrix = normal(48, 40)
    add("dense.f32", matrix)
    add("dense.f16", normal(48, 50).half())
    add("dense.bf16", normal(48, 50).bfloat16())
    add("dense.f64", normal(40, 20).double())
    add("dense.clean", normal(48, 40).bfloat16().float())
    add("dense.special", special())
    add("dense.vector", normal(1500))
    add("dense.integers", torch.tensor(RANDOM.integers(-70000, 70000, (40, 30)), dtype=torch.int32))
    add("dense.bytes", torch.tensor(RANDOM.integers(0, 256, (80, 80)), dtype=torch.uint8))
    add("dense.flags", torch.tensor(RANDOM.random(5000) < 0.1))
    add("buffer.coded", torch.arange(600).reshape(1, 600))
    add("buffer.plain", torch.arange(512).reshape(1, 512))
    add("plain.bias", normal(40))
    add("plain.half", normal(41).half())
    add("plain.scalar", torch.tensor(0.5))
    add("plain.empty", torch.zeros(0, 40))
    add("tied", matrix.clone())

    add("sparse.f32", sparse((64, 48), lambda count: normal(count)), (64, 48))
    add("sparse.f16", sparse((64, 48), lambda count: normal(count).half()), (64, 48), "F16")
    add("sparse.blocks.4x1", sparse((64, 48), lambda count: normal(count), block=(4, 1)), (64, 48))
    add("sparse.blocks.2x4", sparse((64, 48), lambda count: normal(count).bfloat16(), block=(2, 4)), (64, 48), "BF16")
    add("sparse.nothing", sparse((16, 48), lambda count: normal(count), density=0), (16, 48))
    add("sparse.quantized", sparse((64, 48), lambda count: uniform((count,), 8, ["axis", 0], (64, 1))), (64, 48))
    add("sparse.row_step", sparse((64, 48), lambda count: {"row_step": {
        "codes": codes(count, bits=5), "steps": scales(64)}}), (64, 48))

    add("uniform.2.tensor", uniform((40, 48), 2, ["tensor"], (1,)), (40, 48))
    add("uniform.3.row", uniform((40, 48), 3, ["axis", 0], (40, 1)), (40, 48))
    add("uniform.4.group", uniform((40, 48), 4, ["group", 16], (40, 3), torch.float16), (40, 48), "F16")
    add("uniform.5.block", uniform((40, 48), 5, ["block", 8, 16], (5, 3)), (40, 48))
    add("uniform.6.asymmetric", uniform((40, 48), 6, ["axis", 0], (40, 1), zero_points=codes(40, 1, bits=6)), (40, 48))
    add("uniform.7.group_index", uniform(
        (40, 48), 7, ["group", 16], (40, 3), zero_points=codes(40, 3, bits=7),
        group_index=torch.tensor(RANDOM.integers(0, 3, 48), dtype=torch.int32)), (40, 48))
    add("uniform.8.column", uniform((40, 48), 8, ["axis", 1], (1, 48), torch.bfloat16), (40, 48), "BF16")
    add("codebook", {"codebook": {
        "bits": 4, "codes": torch.tensor(RANDOM.integers(0, 16, (40, 48)), dtype=torch.uint8),
        "entries": normal(16)}}, (40, 48))
    add("product", {"product": {
        "codes": torch.tensor(RANDOM.integers(0, 16, (40, 12)), dtype=torch.uint8),
        "entries": normal(12, 16, 4).half()}}, (40, 48))
    add("row_step.i16", {"row_step": {
        "codes": codes(40, 48, bits=11, dtype=torch.int16), "steps": scales(40)}}, (40, 48))
    wide = codes(40, 48, bits=14, dtype=torch.int32)
    wide[3, 5], wide[9, 47], wide[39, 0] = 2 ** 30, -(2 ** 30), 12345678
    add("row_step.i32", {"row_step": {"codes": wide, "steps": scales(40)}}, (40, 48))

    def integers(*shape):
        """Codes and powers of two: products of such factors are exact."""
        return {"uniform": {"bits": 4, "per": ["axis", 0], "codes": codes(*shape, bits=4),
                            "scales": torch.full((shape[0], 1), 0.125)}}

    factors = {"left": whole(40, 6), "right": whole(6, 48)}
    add("factorized.dense", {"factorized": factors}, (40, 48))
    add("factorized.sparse", {"factorized": {
        "left": sparse((40, 8), lambda count: whole(count), 0.4),
        "right": sparse((8, 48), lambda count: whole(count), 0.4)}}, (40, 48))
    add("factorized.quantized", {"factorized": {
        "left": integers(40, 7), "right": integers(7, 48)}}, (40, 48))
    add("sum.factorized", {"sum": {
        "left": {"factorized": {"left": whole(40, 3), "right": whole(3, 48)}},
        "right": sparse((40, 48), lambda count: whole(count), 0.1)}}, (40, 48))
    add("sum.quantized", {"sum": {
        "left": uniform((40, 48), 4, ["axis", 0], (40, 1)),
        "right": sparse((40, 48), lambda count: uniform((count,), 8, ["axis", 0], (40, 1)), 0.1)}}, (40, 48))

    # More than a chunk each.
    add("large.sparse", sparse((700, 512), lambda count: whole(count), 0.005), (700, 512))
    few = torch.tensor((RANDOM.random((600, 512)) < 0.01) * RANDOM.integers(-2, 2, (600, 512)), dtype=torch.int8)
    add("large.codes", {"uniform": {
        "bits": 2, "per": ["axis", 0], "codes": few, "scales": scales(600, 1)}}, (600, 512))
    return result


def pare_dtype(tensor):
    return {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64",
            torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8",
            torch.bool: "BOOL"}[tensor.dtype]


def flattened(name, storage, parts):
    """The storage with names for its parts, which are gathered."""
    if isinstance(storage, torch.Tensor):
        parts[name] = storage.contiguous()
        return name
    if not isinstance(storage, dict):
        return storage
    return {key: flattened(f"{name}.{key}", value, parts) for key, value in storage.items()}


def raw(tensor):
    return (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy().tobytes()


def compare(name, ours, theirs):
    """Holds what was put in against what the reference decoder finds."""
    if isinstance(ours, torch.Tensor):
        assert (pare_dtype(ours), list(ours.shape)) == (theirs.dtype, list(theirs.shape)), (name, theirs)
        assert raw(ours) == theirs.data, f"{name}: other bytes"
    elif isinstance(ours, dict):
        assert set(ours) == set(theirs), (name, set(theirs))
        for key in ours:
            compare(f"{name}.{key}", ours[key], theirs[key])
    else:
        assert ours == theirs, (name, ours, theirs)


def main():
    path = os.path.join(SAMPLES, "pare", f"{NAME}.pare.safetensors")
    put = tensors()
    with tempfile.TemporaryDirectory() as folder:
        parts = {}
        layout = {name: [dtype, shape, flattened(name, storage, parts)]
                  for name, (dtype, shape, storage) in put.items()}
        source = os.path.join(folder, "parts.safetensors")
        save_file(parts, source, metadata={"layout": json.dumps(layout)})
        os.makedirs(os.path.dirname(path), exist_ok=True)
        arguments = os.environ.get("PARE_SWIFT_TEST", "swift test").split()
        subprocess.run(arguments + ["--filter", "PareSampleTests/writesTheSample"], cwd=ROOT, check=True,
                       env=os.environ | {"PARE_SAMPLE_PARTS": source, "PARE_SAMPLE_OUTPUT": path})
    file = pare_decode.PareFile(path)
    assert list(file.names) == list(put), "the names or their order"
    for name, (dtype, shape, storage) in put.items():
        assert file.description(name) == (dtype, shape), name
        compare(name, storage, file.storage(name))
    golden = {"file": f"pare/{NAME}.pare.safetensors", "metadata": file.metadata, "tensors": pare_decode.digest(file)}
    with open(os.path.join(SAMPLES, "golden", f"pare--{NAME}.json"), "w") as out:
        json.dump(golden, out, indent=1)
        out.write("\n")
    print(f"{path}: {len(put)} tensors, {os.path.getsize(path)} bytes, decoded to what was put in")


if __name__ == "__main__":
    main()
