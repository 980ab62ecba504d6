"""Samples of ONNX models, written by PyTorch's exporter and by onnx and ONNX Runtime, and what they hold.

    python samples/make_onnx_samples.py

Needs torch, transformers, onnx, onnxruntime, safetensors and numpy. The models are bert-tiny's encoder with a classifier.
"""

import hashlib
import os
import warnings

import ml_dtypes
import numpy as np
import onnx
import onnxruntime
import torch
import transformers
from onnx import numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

import goldens

warnings.simplefilter("ignore")
FOLDER = os.path.join(goldens.SAMPLES, "onnx")
NUMPY = {"float32": "F32", "float16": "F16", "bfloat16": "BF16", "float64": "F64", "int8": "I8", "uint8": "U8", "int16": "I16",
         "uint16": "U16", "int32": "I32", "uint32": "U32", "int64": "I64", "uint64": "U64", "bool": "BOOL"}


def golden(sample, reader, arrays):
    rows = [{"name": name, "dtype": NUMPY[array.dtype.name], "shape": list(array.shape),
             "sha256": hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()}
            for name, array in sorted(arrays.items())]
    path = os.path.join(goldens.SAMPLES, "golden", sample.replace("/", "--") + ".json")
    goldens.write_json(path, {"sample": sample, "reader": reader}, "tensors", rows)


def model():
    path = os.path.join(goldens.SAMPLES, "heads/sequence-classification")
    return transformers.AutoModelForSequenceClassification.from_pretrained(path, attn_implementation="eager").eval()


class Plain(torch.nn.Module):
    """The model without what an exporter cannot see through."""

    def __init__(self, inner):
        super().__init__()
        self.bert, self.classifier = inner.bert, inner.classifier

    def forward(self, input_ids, mask, types):
        states = self.bert.embeddings(input_ids=input_ids, token_type_ids=types)
        bias = (1 - mask[:, None, None, :].float()) * -10000
        for layer in self.bert.encoder.layer:
            attention = layer.attention
            batch, length, width = states.shape
            heads = attention.self.num_attention_heads

            def split(tensor):
                return tensor.reshape(batch, length, heads, width // heads).transpose(1, 2)

            query, key, value = (split(part(states)) for part in (attention.self.query, attention.self.key, attention.self.value))
            scores = query @ key.transpose(2, 3) / (width // heads) ** 0.5 + bias
            mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, length, width)
            states = attention.output(mixed, states)
            states = layer.output(layer.intermediate(states), states)
        return self.classifier(self.bert.pooler(states))


def weights(inner):
    return {name: tensor.numpy() for name, tensor in inner.state_dict().items() if "position_ids" not in name}


def exported(inner):
    path = os.path.join(FOLDER, "bert-tiny.onnx")
    ids = torch.tensor([[2, 5, 6, 3]])
    torch.onnx.export(Plain(inner), (ids, torch.ones_like(ids), torch.zeros_like(ids)), path, dynamo=False, opset_version=17,
                      input_names=["input_ids", "attention_mask", "token_type_ids"], output_names=["logits"],
                      dynamic_axes={"input_ids": {0: "batch", 1: "length"}})
    graph = onnx.load(path).graph
    made_up = [i.name for i in graph.initializer if "::" in i.name]
    assert made_up, "the exporter keeps all names now"
    golden("onnx/bert-tiny.onnx", f"torch {torch.__version__}", weights(inner))
    return path


def quantized(path, inner):
    """8-bit weights by ONNX Runtime, one scale for each tensor and one for each output."""
    for name, per_channel in [("int8", False), ("int8-channels", True)]:
        target = os.path.join(FOLDER, f"{name}.onnx")
        quantize_dynamic(path, target, weight_type=QuantType.QInt8, per_channel=per_channel)
        loaded = onnx.load(target)
        values = {i.name: numpy_helper.to_array(i) for i in loaded.graph.initializer}
        names = {}
        by_bytes = {}
        plain = onnx.load(path)
        originals = {i.name: numpy_helper.to_array(i) for i in plain.graph.initializer}
        for key, tensor in weights(inner).items():
            by_bytes.setdefault((tensor.tobytes(), tensor.shape), key)
            by_bytes.setdefault((np.ascontiguousarray(tensor.T).tobytes(), tensor.T.shape), key)
        arrays = {}
        for key, array in originals.items():
            if array.dtype != np.float32 or array.ndim == 0:
                continue
            target_name = key if "::" not in key else by_bytes[(array.tobytes(), array.shape)]
            if key + "_quantized" in values:
                codes, scale, zero = (values[key + end] for end in ("_quantized", "_scale", "_zero_point"))
                array = ((codes.astype(np.float32) - zero.astype(np.float32)) * scale).astype(np.float32)
            names[key] = target_name
            arrays[target_name] = array.T if "::" in key else array
        golden(f"onnx/{name}.onnx", f"onnxruntime {onnxruntime.__version__}", arrays)


def external(path, inner):
    loaded = onnx.load(path)
    onnx.save_model(loaded, os.path.join(FOLDER, "external.onnx"), save_as_external_data=True, all_tensors_to_one_file=True,
                    location="external.onnx.data", size_threshold=100)
    golden("onnx/external.onnx", f"onnx {onnx.__version__}", weights(inner))


def kinds():
    """Every field in which a tensor's data can stand."""
    arrays = {
        "raw.f32": np.array([[1.5, -2]], "f4"), "raw.f16": np.array([1.5, -2], "f2"),
        "raw.bf16": np.array([1.5, -2], ml_dtypes.bfloat16), "raw.i8": np.array([-3, 4], "i1"),
        "typed.f32": np.array([[1.5, -2], [3, 4]], "f4"), "typed.f64": np.array([1.5, -2e300]),
        "typed.f16": np.array([1.5, -2], "f2"), "typed.bf16": np.array([1.5, -2], ml_dtypes.bfloat16),
        "typed.i32": np.array([-7, 2**31 - 1], "i4"), "typed.i64": np.array([-7, 2**62]), "typed.u64": np.array([7, 2**63], "u8"),
        "typed.i8": np.array([-128, 127], "i1"), "typed.u16": np.array([1, 65535], "u2"),
        "typed.bool": np.array([True, False]), "empty": np.zeros((0, 3), "f4"),
    }
    tensors = []
    for name, array in arrays.items():
        kind = onnx.helper.np_dtype_to_tensor_dtype(array.dtype)
        if name.startswith("typed"):
            tensors.append(onnx.helper.make_tensor(name, kind, array.shape, array.flatten().tolist()))
        else:
            tensors.append(onnx.helper.make_tensor(name, kind, array.shape, array.tobytes(), raw=True))
    tensors.append(onnx.helper.make_tensor("text", onnx.TensorProto.STRING, [1], [b"no number"]))
    node = onnx.helper.make_node("Identity", ["raw.f32"], ["out"])
    output = onnx.helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, [1, 2])
    graph = onnx.helper.make_graph([node], "kinds", [], [output], tensors)
    loaded = onnx.helper.make_model(graph, producer_name="samples")
    onnx.helper.set_model_props(loaded, {"author": "nobody"})
    onnx.save(loaded, os.path.join(FOLDER, "kinds.onnx"))
    golden("onnx/kinds.onnx", f"onnx {onnx.__version__}", arrays)


if __name__ == "__main__":
    os.makedirs(FOLDER, exist_ok=True)
    inner = model()
    path = exported(inner)
    quantized(path, inner)
    external(path, inner)
    kinds()
