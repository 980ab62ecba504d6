"""Holds what pare reads from HDF5 files against h5py's values of the same.

    python samples/check_hdf5.py --pare .build/release/pare FOLDER

Needs h5py and numpy. One line is printed for each file that is refused, or of which datasets are left out, and the sums; the exit status
is 1 if a value differs, or if pare ends otherwise than by an answer or a refusal.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import tempfile

import h5py
import numpy as np


def equal(ours, theirs):
    theirs = np.asarray(theirs)
    if ours.shape != theirs.shape:
        return False
    if theirs.dtype.kind == "b" or ours.dtype.kind == "b":
        return np.array_equal(ours.astype(bool), theirs.astype(bool))
    kind = theirs.dtype.kind
    return np.array_equal(ours, theirs.astype(ours.dtype), equal_nan=kind in "fc")


def datasets(path):
    """All datasets that h5py can read, by their paths; None where it cannot open the file."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            try:
                found[name] = item[()]
            except (OSError, TypeError, ValueError):
                pass

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except OSError:
        return None
    return found


def convert(pare, path, scratch):
    output = os.path.join(scratch, "out.npz")
    command = [pare, "convert", path, "--from", "hdf5", "--to", "npz", "-o", output, "--force", "--quiet"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    left = []
    if "cannot be converted" in result.stderr:
        inspection = subprocess.run([pare, "inspect", path, "--from", "hdf5", "--json"], capture_output=True, check=True)
        left = [tensor["name"] for tensor in json.loads(inspection.stdout)["foreign"]]
        for name in left:
            command += ["--except", "name:" + "".join(f"[{c}]" if c in "*?[" else c for c in name)]
        rest = subprocess.run(command, capture_output=True, text=True, check=False)
        # Where nothing else is in the file, the refusal says of which type it is.
        result = result if "no tensor matches" in rest.stderr else rest
    return result, left, output


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pare", required=True)
    parser.add_argument("folder")
    options = parser.parse_args()
    counts = collections.Counter()
    paths = sorted(
        os.path.join(home, name) for home, _, names in os.walk(options.folder) for name in names
        if name.endswith((".h5", ".hdf5", ".hdf", ".he5"))
    )
    with tempfile.TemporaryDirectory() as scratch:
        for path in paths:
            name = os.path.basename(path)
            result, left, output = convert(options.pare, path, scratch)
            if result.returncode:
                expected = result.returncode in (2, 3) and result.stderr.startswith("pare: error: ")
                counts["refused" if expected else "failed"] += 1
                print(f"{'refused' if expected else 'FAILED'} {name}: {result.stderr.splitlines()[0]}")
                continue
            theirs = datasets(path)
            if theirs is None:
                counts["read where h5py refuses"] += 1
                continue
            ours = np.load(output)
            wrong = [key for key in ours.files if key in theirs and not equal(ours[key], theirs[key])]
            counts["datasets equal"] += sum(key in theirs for key in ours.files) - len(wrong)
            counts["different" if wrong else "equal"] += 1
            if wrong:
                print(f"DIFFERENT {name}: {', '.join(wrong)}")
            elif left:
                print(f"equal {name}, but for {len(left)} of other types")
    print(f"{len(paths)} files: {', '.join(f'{count} {what}' for what, count in counts.items())}")
    sys.exit(1 if counts["different"] or counts["failed"] else 0)


if __name__ == "__main__":
    main()
