"""Makes the goldens of quantization: what genuine libraries make of a few odd matrices.

    pip install torch numpy compressed-tensors==0.20.0 scikit-learn safetensors
    python samples/make_quantize_goldens.py

uniform.safetensors holds matrices and, for each setting, the codes, scales and zero points of compressed-tensors, named
MATRIX.BITS.GRANULARITY.SYMMETRY[.TYPE of scales]. means.safetensors holds values and the least squared error that
scikit-learn's k-means reaches on them, of vectors on average, and steps.safetensors multiples of row-scaled steps by NumPy.
"""

import os

import numpy as np
import torch
from compressed_tensors.quantization import QuantizationArgs
from compressed_tensors.quantization.lifecycle.forward import dequantize, quantize
from compressed_tensors.quantization.utils import calculate_qparams, maybe_pad_tensor_for_block_quant
from safetensors.torch import save_file
from sklearn.cluster import KMeans

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "quantization")
GROUP, BLOCK = 8, [4, 7]
TYPES = {"F16": torch.float16, "BF16": torch.bfloat16}


def matrices():
    """Widths that are multiples of nothing, and one that groups divide; rows that are hard."""
    random = np.random.default_rng(4)
    odd = random.standard_normal((11, 23)).astype("f4")
    odd[1] = 0  # nothing to scale by
    odd[2] = np.abs(odd[2])  # zero is not in the range
    odd[3] *= 1e-6
    odd[4, 5] = 40  # an outlier
    odd[5] = np.arange(23) - 11.5  # ties between codes
    odd[6] = -np.abs(odd[6]) * 1e20
    grouped = random.standard_t(3, (5, 24)).astype("f4")
    grouped[2, 8:16] = 0
    return {"odd": torch.tensor(odd), "grouped": torch.tensor(grouped)}


def extremes(matrix, arguments):
    """The least and the greatest value of what shares a scale, in the shape of scales."""
    strategy = arguments.strategy
    if strategy == "tensor":
        return matrix.amin(), matrix.amax()
    if strategy == "channel":
        return matrix.amin(1, keepdim=True), matrix.amax(1, keepdim=True)
    if strategy == "group":
        grouped = matrix.unflatten(-1, (-1, arguments.group_size))
        return grouped.amin(-1), grouped.amax(-1)
    padded = maybe_pad_tensor_for_block_quant(matrix, arguments.block_structure)
    height, width = arguments.block_structure
    blocks = padded.reshape(padded.shape[0] // height, height, padded.shape[1] // width, width)
    return blocks.amin((1, 3)), blocks.amax((1, 3))


def uniform(matrix, bits, strategy, symmetric, scale_dtype=None):
    arguments = QuantizationArgs(
        num_bits=bits, type="int", symmetric=symmetric, strategy=strategy, scale_dtype=scale_dtype,
        group_size=GROUP if strategy == "group" else None, block_structure=BLOCK if strategy == "block" else None)
    scales, zeros = calculate_qparams(*extremes(matrix, arguments), arguments)
    zeros = None if symmetric else zeros.to(torch.int8)
    codes = quantize(matrix, scales, zeros, arguments, dtype=torch.int8)
    return codes, scales, zeros, dequantize(codes, scales, zeros, arguments)


def uniform_goldens():
    tensors = dict(matrices())
    for name, matrix in matrices().items():
        for strategy in ["tensor", "channel", "block"] if name == "odd" else ["group"]:
            for symmetric in [True, False]:
                settings = [(bits, None) for bits in range(2, 9)] + [(4, "F16"), (8, "BF16")]
                for bits, scale in settings:
                    codes, scales, zeros, values = uniform(matrix, bits, strategy, symmetric, TYPES.get(scale))
                    key = f"{name}.{bits}.{strategy}.{'symmetric' if symmetric else 'asymmetric'}"
                    key += f".{scale}" if scale else ""
                    tensors[key + ".codes"], tensors[key + ".scales"] = codes, scales
                    if zeros is not None:
                        tensors[key + ".zeros"] = zeros
                    if bits in (3, 8):
                        tensors[key + ".values"] = values
    return tensors


def least_error(points, count):
    return KMeans(count, n_init=30, tol=0, max_iter=1000, random_state=0).fit(points.astype("f8")).inertia_


def mean_goldens():
    random = np.random.default_rng(5)
    values = random.standard_t(5, 700).astype("f4")
    weights = random.gamma(0.5, size=700).astype("f4")
    vectors = (random.standard_normal((150, 12)) * random.gamma(2, size=(150, 1))).astype("f4")
    tensors = {"values": values, "weights": weights, "vectors": vectors}
    for bits in [2, 3, 4, 6]:
        tensors[f"values.{bits}"] = np.array(least_error(values[:, None], 2**bits))
        fitted = KMeans(2**bits, n_init=30, tol=0, max_iter=1000, random_state=0).fit(
            values[:, None].astype("f8"), sample_weight=weights)
        tensors[f"weighted.{bits}"] = np.array(fitted.inertia_)
    for width in [2, 3, 4]:
        parts = [vectors[:, start : start + width] for start in range(0, 12, width)]
        errors = [
            sum(KMeans(16, n_init=1, random_state=seed).fit(part.astype("f8")).inertia_ for part in parts)
            for seed in range(30)]
        tensors[f"vectors.{width}"] = np.array(np.mean(errors))
    return {key: torch.tensor(value) for key, value in tensors.items()}


def step_goldens():
    """Codes of I8 and of I16, steps in BF16, F16 and F32; the first matrix's codes also of what a mask keeps of each row."""
    tensors = {}
    matrix = matrices()["odd"].double()
    mask = torch.tensor(np.random.default_rng(6).random(matrix.shape) < 0.4)
    mask[7] = False
    tensors["matrix"], tensors["mask"] = matrices()["odd"], mask
    for factor in [0.02, 0.8]:
        for name, dtype in {**TYPES, "F32": torch.float32}.items():
            for kept in [None, mask]:
                values = matrix if kept is None else matrix * kept
                count = torch.full((11, 1), 23) if kept is None else kept.sum(1, keepdim=True)
                steps = ((values**2).sum(1, keepdim=True) / count.clamp(1)).sqrt() * factor
                steps = steps.float().clamp(max=torch.finfo(dtype).max).to(dtype)
                least = torch.tensor(1, dtype=torch.int16).view(dtype) if dtype.itemsize == 2 else 0
                steps[(steps == 0) & (values != 0).any(1, keepdim=True)] = least
                steps[(values == 0).all(1)] = 1
                limit = 127 if factor == 0.8 else 32767
                codes = (values.float() / steps.float()).round().clamp(-limit - 1, limit)
                key = f"{factor}.{name}" + ("" if kept is None else ".masked")
                codes = codes.to(torch.int8 if factor == 0.8 else torch.int16)
                tensors[key + ".codes"] = codes if kept is None else codes[kept]
                tensors[key + ".steps"] = steps[:, 0]
    return tensors


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    for name, tensors in [("uniform", uniform_goldens()), ("means", mean_goldens()), ("steps", step_goldens())]:
        path = os.path.join(FOLDER, name + ".safetensors")
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
        print(path, len(tensors), os.path.getsize(path))
