"""Makes the plain and the hostile HDF5 samples with h5py, and their goldens.

    python -m pip install h5py==3.16.0 numpy==1.26.4 safetensors==0.8.0
    python samples/make_hdf5_samples.py

The files in hdf5/ show every way of storing numbers that a reader must know; those in hdf5-hostile/ must be refused, by name
and without harm, as their row in golden/hdf5-hostile.json says.
"""

import json
import os
import shutil

import h5py
import numpy as np

import goldens

RANDOM = np.random.default_rng(20)
WIDE = RANDOM.standard_normal((70, 45)).astype("<f4")
SMALL = RANDOM.standard_normal((3, 4)).astype("<f4")


def place(folder):
    path = os.path.join(goldens.SAMPLES, folder)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def create(path, **options):
    return h5py.File(path, "w", **options)


def properties():
    """Of a new dataset, without the time of day that HDF5 would store."""
    found = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    found.set_obj_track_times(False)
    return found


def contiguous(path):
    with create(path) as file:
        file["encoder/layer/0/weight"] = SMALL
        for code in ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
            file[f"types/{code}"] = np.arange(-3 if code[0] != "u" else 0, 4).astype("<" + code)
        file["types/bool"] = np.array([True, False, True])
        file["special"] = np.array([np.inf, -np.inf, np.nan, -0.0, 1e-45, 3.4028235e38], "<f4")
        for index in range(20):  # more links than one symbol table node holds
            file[f"many/item_{index}"] = np.float32(index)


def chunked(path):
    with create(path) as file:
        make = file.create_dataset
        make("plain", data=WIDE, chunks=(16, 16))
        make("gzip", data=WIDE, chunks=(16, 16), compression="gzip", compression_opts=6)
        make("shuffle", data=WIDE, chunks=(16, 16), shuffle=True)
        make("gzip_shuffle", data=WIDE, chunks=(70, 45), compression="gzip", compression_opts=9, shuffle=True)
        make("fletcher32", data=SMALL, chunks=(2, 3), fletcher32=True)
        make("gzip_shuffle_fletcher32", data=WIDE, chunks=(32, 45), compression="gzip", shuffle=True, fletcher32=True)
        make("growing", data=SMALL, chunks=(2, 2), maxshape=(None, None))
        make("cube", data=WIDE.reshape(7, 10, 45), chunks=(3, 4, 45), compression="gzip")
        half = make("half_written", (8, 8), "<f4", chunks=(4, 4), fillvalue=-1.5)
        half[:4, :4] = 2
        # The first chunk stored raw, with both filters masked out, as a writer may do that could not shrink it.
        masked = make("filter_mask", (4, 4), "<f4", chunks=(2, 4), compression="gzip", shuffle=True)
        masked[2:] = 7
        masked.id.write_direct_chunk((0, 0), np.arange(8, dtype="<f4").tobytes(), filter_mask=0b11)


def latest(path):
    """Superblock 3, version 2 headers, and every chunk index of HDF5 1.10, which libhdf5 1.10 still reads."""
    with create(path, libver=("v110", "v110")) as file:
        file["contiguous"] = SMALL
        make = file.create_dataset
        make("single_chunk", data=SMALL, chunks=SMALL.shape)
        make("single_chunk_gzip", data=SMALL, chunks=SMALL.shape, compression="gzip")
        make("fixed_array", data=WIDE, chunks=(16, 16))
        make("fixed_array_gzip", data=WIDE, chunks=(16, 16), compression="gzip", shuffle=True)
        make("extensible_array", data=SMALL, chunks=(1, 4), maxshape=(None, 4))
        make("btree_v2", data=SMALL, chunks=(2, 2), maxshape=(None, None))
        early = properties()
        early.set_chunk((2, 2))
        early.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        h5py.h5d.create(file.id, b"implicit", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((3, 4)), early)
        file["implicit"][...] = SMALL
        dense = file.create_group("dense")
        for index in range(12):  # past eight links and eight attributes the newer format stores them densely
            dense[f"item_{index}"] = np.float32(index)
            dense.attrs[f"attribute_{index}"] = index


def big_endian(path):
    with create(path) as file:
        for code in ["f2", "f4", "f8", "i2", "i4", "i8", "u4"]:
            file[code] = np.arange(6).reshape(2, 3).astype(">" + code)
        file.create_dataset("gzip", data=WIDE.astype(">f4"), chunks=(35, 45), compression="gzip", shuffle=True)


def edges(path):
    with create(path) as file:
        file["scalar"] = np.float32(2.5)
        file["zero_size"] = np.zeros((0, 4), "<f4")
        file["no_dataspace"] = h5py.Empty("<f4")
        file.create_dataset("never_written", (3, 4), "<f4", fillvalue=0.25)
        file.create_dataset("never_written_zero", (5,), "<f4")
        compact = properties()
        compact.set_layout(h5py.h5d.COMPACT)
        h5py.h5d.create(file.id, b"compact", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((3, 4)), compact)
        file["compact"][...] = SMALL
        file["one_per_axis"] = np.float32([[[[1]]]])
        file["hard_link"] = file["scalar"]
        file["Größe/层"] = np.float32([1, 2])
        file["strings"] = np.array([b"not", b"a tensor"], "S8")
        file["complex"] = np.array([1 + 2j], "<c8")


def attributes(path):
    """Both kinds of string attribute, and the empty list of names that numpy makes an array of float64."""
    with create(path) as file:
        file.attrs["backend"] = "tensorflow"
        file.attrs["layer_names"] = np.array([b"dense", b"dropout"])
        for name, names in {"dense": [b"dense/kernel:0", b"dense/bias:0"], "dropout": []}.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = names
        file["dense"].attrs["weight_names"] = np.array([b"dense/kernel:0", b"dense/bias:0"])
        file["dense/dense/kernel:0"] = SMALL
        file["dense/dense/bias:0"] = SMALL[0]
        other = file.create_group("kinds").attrs
        other["fixed_space_padded"] = np.array(b"ab", "S5")
        tid = h5py.h5t.C_S1.copy()
        tid.set_size(5)
        tid.set_strpad(h5py.h5t.STR_SPACEPAD)
        attribute = h5py.h5a.create(file["kinds"].id, b"space_padded", tid, h5py.h5s.create(h5py.h5s.SCALAR))
        attribute.write(np.array(b"ab   ", "S5"), mtype=tid)
        other["vlen_ascii"] = np.array([b"a", b"bcd"], h5py.string_dtype("ascii"))
        other["vlen_utf8"] = np.array(["ä", "层"], h5py.string_dtype("utf-8"))
        other["integer"] = np.int64(-7)
        other["floats"] = np.array([0.5, 1.5])


def lzf(path):
    with create(path) as file:
        file["fine"] = SMALL
        file.create_dataset("lzf", data=WIDE, chunks=(70, 45), compression="lzf")


def user_block(path):
    with create(path, userblock_size=512) as file:
        file["weight"] = SMALL
    with open(path, "r+b") as file:
        file.write(b"five hundred and twelve bytes before the signature\n")


PLAIN = {"contiguous": contiguous, "chunked": chunked, "latest": latest, "big-endian": big_endian, "edges": edges,
         "attributes": attributes, "lzf": lzf, "user-block": user_block}


def soft_link(file):
    file["fine"] = SMALL
    file["dangling"] = h5py.SoftLink("/nowhere/at/all")


def external_link(file):
    file["fine"] = SMALL
    file["elsewhere"] = h5py.ExternalLink("../hdf5/contiguous.h5", "/encoder/layer/0/weight")


def virtual_dataset(file):
    space = h5py.h5s.create_simple((3, 4))
    virtual = properties()
    virtual.set_virtual(space, b"../hdf5/contiguous.h5", b"encoder/layer/0/weight", space)
    h5py.h5d.create(file.id, b"virtual", h5py.h5t.IEEE_F32LE, space, virtual)


def external_storage(file):
    file.create_dataset("outside", (8,), "u1", external=[("../README.md", 0, 8)])


def group_cycle(file):
    file["group/fine"] = SMALL
    file["group/again"] = file["group"]
    file["group/up"] = file["/"]


def size_bomb(file):
    file["fine"] = SMALL
    file.create_dataset("bomb", (1 << 20, 1 << 20), "<f4", chunks=(1024, 1024), fillvalue=1.0)


def deep_groups(file):
    group = file
    for _ in range(400):
        group = group.create_group("g")
    group["weight"] = SMALL


HOSTILE = {
    "soft-link": (soft_link, {}, "a soft link to a name that does not exist"),
    "external-link": (external_link, {}, "a link into another file, which is there"),
    "virtual-dataset": (virtual_dataset, {}, "a dataset whose data is another file's"),
    "external-storage": (external_storage, {}, "a dataset whose bytes are those of samples/README.md"),
    "group-cycle": (group_cycle, {}, "two hard links that lead back to an ancestor"),
    "size-bomb": (size_bomb, {}, "4 TiB declared, nothing stored"),
    "deep-groups": (deep_groups, {"libver": "latest"}, "400 groups, one inside the other"),
}


def plain_value(value):
    if isinstance(value, h5py.Empty):
        return None
    value = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    decode = lambda item: item.decode() if isinstance(item, bytes) else item
    return [decode(item) for item in value] if isinstance(value, list) else decode(value)


def attribute_values(path):
    found = {}
    with h5py.File(path, "r") as file:
        visit = lambda name, item: found.update(
            {f"{name}@{key}": plain_value(value) for key, value in sorted(item.attrs.items())})
        visit("", file)
        file.visititems(visit)
    return {"attributes": found}


def main():
    folder = place("hdf5")
    for name, make in PLAIN.items():
        path = os.path.join(folder, name + ".h5")
        make(path)
        goldens.write_golden(f"hdf5/{name}.h5", **(attribute_values(path) if name == "attributes" else {}))
    folder = place("hdf5-hostile")
    rows = []
    for name, (make, options, why) in HOSTILE.items():
        with create(os.path.join(folder, name + ".h5"), **options) as file:
            make(file)
        rows.append({"sample": f"hdf5-hostile/{name}.h5", "why": why})
    with open(os.path.join(goldens.SAMPLES, "golden", "hdf5-hostile.json"), "w") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
