"""Goldens of the samples: what the genuine libraries read from each file.

Shared by the make_*.py scripts and check_written.py. A tensor is described by its name, its element type in the
spelling of safetensors, its shape, the SHA-256 of its little-endian row-major bytes, and its first value.
"""

import hashlib
import io
import json
import math
import os
import zipfile

import h5py
import numpy as np
import safetensors

SAMPLES = os.path.dirname(os.path.abspath(__file__))

NUMPY_TYPES = {
    "f2": "F16", "f4": "F32", "f8": "F64",
    "i1": "I8", "i2": "I16", "i4": "I32", "i8": "I64",
    "u1": "U8", "u2": "U16", "u4": "U32", "u8": "U64",
    "b1": "BOOL",
}
LITTLE_ENDIAN = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
                 "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "?"}


def decode(dtype, shape, data):
    """The array of little-endian bytes; bfloat16 is widened to float32."""
    if dtype == "BF16":
        wide = np.frombuffer(data, "<u2").astype("<u4") << 16
        return wide.view("<f4").reshape(shape)
    return np.frombuffer(data, LITTLE_ENDIAN[dtype]).reshape(shape)


def entry(name, dtype, shape, data, **more):
    values = decode(dtype, shape, data).reshape(-1)
    first = values[0].item() if values.size else None
    if isinstance(first, float) and not math.isfinite(first):
        first = str(first)
    return {"name": name, "dtype": dtype, "shape": list(shape), "sha256": hashlib.sha256(data).hexdigest(),
            "first": first, **more}


def array_entry(name, array, **more):
    array = np.ascontiguousarray(array).reshape(np.shape(array))
    dtype = NUMPY_TYPES[array.dtype.str[1:]]
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return entry(name, dtype, array.shape, little.tobytes(), **more)


def read_safetensors(path):
    """[(name, dtype, shape, bytes)] as safetensors itself parses the file."""
    with open(path, "rb") as file:
        tensors = safetensors.deserialize(file.read())
    return [(name, t["dtype"], t["shape"], bytes(t["data"])) for name, t in tensors]


def safetensors_metadata(path):
    with safetensors.safe_open(path, "np") as file:
        return file.metadata()


def open_hdf5(path):
    """A file of HDF5, or the one inside a .keras archive."""
    if path.endswith(".keras"):
        with zipfile.ZipFile(path) as archive:
            return h5py.File(io.BytesIO(archive.read("model.weights.h5")), "r")
    return h5py.File(path, "r")


def datasets(group, prefix=""):
    """(path, dataset) of every hard link, so that a dataset with two names comes twice; soft links are not followed."""
    for key in group:
        if isinstance(group.get(key, getlink=True), h5py.HardLink):
            item = group[key]
            if isinstance(item, h5py.Group):
                yield from datasets(item, prefix + key + "/")
            elif isinstance(item, h5py.Dataset):
                yield prefix + key, item


def read_hdf5(path):
    """[(path without the first slash, dtype, shape, bytes, stored type)] of the datasets that hold numbers."""
    rows = []
    with open_hdf5(path) as file:
        for name, item in datasets(file):
            if item.shape is None or item.dtype.kind not in "fiubV":
                continue
            array = np.asarray(item[()])
            if item.dtype.kind == "V":
                # Keras stores bfloat16 as opaque two-byte elements and says so in an attribute.
                if item.attrs.get("dtype") == "bfloat16":
                    rows.append((name, "BF16", item.shape, array.tobytes(), "opaque"))
            else:
                little = array.astype(array.dtype.newbyteorder("<"), copy=False)
                rows.append((name, NUMPY_TYPES[array.dtype.str[1:]], item.shape, little.tobytes(), item.dtype.str))
    return rows


def describe(path):
    if path.endswith(".safetensors"):
        rows = [entry(*row) for row in read_safetensors(path)]
    else:
        rows = [entry(*row[:4], **({} if row[4][0] in "<|o" else {"stored": row[4]})) for row in read_hdf5(path)]
    return sorted(rows, key=lambda row: row["name"])


def layer_names(path):
    """Keras's own list of layers, where the file has one (an attribute may be split into layer_names0, layer_names1 …)."""
    with open_hdf5(path) as file:
        attributes = (file["model_weights"] if "model_weights" in file else file).attrs
        if "layer_names" in attributes:
            names = attributes["layer_names"]
        else:
            parts = []
            while f"layer_names{len(parts)}" in attributes:
                parts.append(attributes[f"layer_names{len(parts)}"])
            if not parts:
                return None
            names = np.concatenate(parts)
        return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def write_json(path, head, rows_key, rows):
    """One row a line, so that a change of a golden can be read in a diff."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("{\n")
        for key, value in head.items():
            file.write(f"{json.dumps(key)}: {json.dumps(value)},\n")
        file.write(f"{json.dumps(rows_key)}: [\n")
        file.write(",\n".join(json.dumps(row, separators=(",", ":")) for row in rows))
        file.write("\n]}\n")


def write_golden(sample, **more):
    """golden/<folder>--<file>.json of one sample file."""
    path = os.path.join(SAMPLES, sample)
    if sample.endswith(".safetensors"):
        head = {"reader": f"safetensors {safetensors.__version__}", "metadata": safetensors_metadata(path)}
    else:
        head = {"reader": f"h5py {h5py.__version__}"}
        if (layers := layer_names(path)) is not None:
            head["layer_names"] = layers
        with open_hdf5(path) as file:
            tensors = {row[0] for row in read_hdf5(path)}
            if others := sorted(name for name, _ in datasets(file) if name not in tensors):
                head["not_tensors"] = others
    write_json(os.path.join(SAMPLES, "golden", sample.replace("/", "--") + ".json"), {"sample": sample, **head, **more},
               "tensors", describe(path))


def canonical_path(key):
    return os.path.join(SAMPLES, "golden", "canonical", key + ".json")


def write_canonical(key, model, reader, files, tensors, ties):
    """golden/canonical/<key>.json: the unique parameters of a model, named and laid out as PyTorch has them."""
    rows = [array_entry(name, array) for name, array in sorted(tensors.items())]
    head = {"model": model, "reader": reader, "files": files,
            "uniqueParameters": sum(int(np.prod(array.shape)) for array in tensors.values()), "ties": ties}
    write_json(canonical_path(key), head, "parameters", rows)


def read_canonical(key):
    with open(canonical_path(key)) as file:
        return json.load(file)
