"""Makes the samples of fairseq: its names for the tensors of a RoBERTa, by torch.save.

    python -m pip install torch==2.15.0 safetensors==0.8.0
    python samples/make_fairseq_samples.py

fairseq/masked-lm.pt is families/roberta-masked-lm as today's fairseq names it (`fairseq/models/roberta/model.py`), fairseq/packed.pt the same as the
first published models are: `decoder`, `emb_layer_norm`, and query, key and value in one tensor. fairseq/classifier.pt is
families/roberta-sequence-classification with a head of the name `mnli`. What transformers' `convert_roberta_original_pytorch_checkpoint_to_pytorch.py`
reads are these names; it makes zeros of the token types, which are zeros in these samples too: they are added to the positions here.
"""

import argparse
import os
import re
import shutil

import torch
from safetensors.torch import load_file

SAMPLES = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(SAMPLES, "fairseq")
PARTS = {
    "attention.self.query": "self_attn.q_proj", "attention.self.key": "self_attn.k_proj",
    "attention.self.value": "self_attn.v_proj", "attention.output.dense": "self_attn.out_proj",
    "attention.output.LayerNorm": "self_attn_layer_norm", "intermediate.dense": "fc1", "output.dense": "fc2",
    "output.LayerNorm": "final_layer_norm",
}
OTHERS = {
    "roberta.embeddings.word_embeddings.": "encoder.sentence_encoder.embed_tokens.",
    "roberta.embeddings.position_embeddings.": "encoder.sentence_encoder.embed_positions.",
    "roberta.embeddings.LayerNorm.": "encoder.sentence_encoder.layernorm_embedding.",
    "lm_head.dense.": "encoder.lm_head.dense.", "lm_head.layer_norm.": "encoder.lm_head.layer_norm.",
    "lm_head.bias": "encoder.lm_head.bias", "classifier.": "classification_heads.mnli.",
}


def renamed(name):
    layer = re.match(r"roberta\.encoder\.layer\.(\d+)\.(.*)\.(weight|bias)$", name)
    if layer:
        return f"encoder.sentence_encoder.layers.{layer[1]}.{PARTS[layer[2]]}.{layer[3]}"
    for start, replacement in OTHERS.items():
        if name.startswith(start):
            return replacement + name[len(start) :]
    return None


def fairseq(source):
    """The tensors under fairseq's names; every text is of type 0, whose vector goes into the positions."""
    tensors = load_file(os.path.join(SAMPLES, "families", source, "model.safetensors"))
    types = tensors.pop("roberta.embeddings.token_type_embeddings.weight")
    tensors["roberta.embeddings.position_embeddings.weight"] += types[0]
    named = {renamed(name): tensor for name, tensor in tensors.items() if renamed(name)}
    if "encoder.lm_head.bias" in named:
        named["encoder.lm_head.weight"] = named["encoder.sentence_encoder.embed_tokens.weight"]
    return named


def packed(tensors):
    """The same as the first files have them."""
    result = {}
    for name, tensor in tensors.items():
        name = name.replace("encoder.", "decoder.", 1).replace("layernorm_embedding", "emb_layer_norm")
        match = re.match(r"(.*self_attn\.)([qkv])_proj\.(weight|bias)$", name)
        if not match:
            result[name] = tensor
        elif match[2] == "q":
            parts = [tensors[f"{match[1]}{part}_proj.{match[3]}".replace("decoder.", "encoder.", 1)] for part in "qkv"]
            result[f"{match[1]}in_proj_{match[3]}"] = torch.cat(parts)
    return result


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    masked = fairseq("roberta-masked-lm")
    for name, tensors in [
        ("masked-lm", masked), ("packed", packed(masked)), ("classifier", fairseq("roberta-sequence-classification")),
    ]:
        # fairseq's own argparse.Namespace, and the newer configuration.
        settings = {"encoder_attention_heads": 2, "arch": "roberta_tiny"}
        kept = {"args": argparse.Namespace(**settings)} if name == "packed" else {"cfg": {"model": settings}}
        contents = {**kept, "model": tensors, "extra_state": {"epoch": 1}}
        torch.save(contents, os.path.join(FOLDER, f"{name}.pt"))


if __name__ == "__main__":
    main()
