"""Makes tiny models whose numbers are lively, and the goldens that the encoder's forward pass is held against.

    python -m pip install torch==2.13.0 tensorflow-cpu==2.15.1 transformers==4.36.2 safetensors==0.8.0 h5py==3.16.0 "numpy==1.26.4"
    python samples/make_encoder_goldens.py

Goldens are what PyTorch and transformers compute, in F32 and evaluation mode, one sequence at a time and without padding, for
every tiny model that make_samples.py made, for sst2-tiny, and for the models that this script makes in encoders/.
make_compressed_goldens.py and make_sentence_goldens.py go on from there. README.md describes the tensors. Seeds are fixed: a second run gives the same models to
the byte, and goldens that differ at most by the rounding of another processor.
"""

import json
import os
import zlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import safetensors.torch
import torch
import transformers
from transformers import AlbertConfig, BertConfig, DistilBertConfig, ElectraConfig, RobertaConfig, XLMRobertaConfig

import goldens
from make_samples import SENTIMENT, TAGS, place, remove

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)

# Lengths around the 16 tokens of a panel; 24 is the whole position table of the tiny models.
LENGTHS = [1, 3, 7, 16, 17, 23, 24]
SAMPLE_LENGTHS = [1, 7, 17, 24]
TRAINED_LENGTHS = [1, 7, 17, 33]

RANDOM_SAMPLES = ["bert-tiny"] + [f"heads/{name}" for name in (
    "masked-lm", "model", "multiple-choice", "next-sentence", "question-answering", "sequence-classification",
    "token-classification")] + [f"families/{name}" for name in (
        "albert-masked-lm", "albert-pretraining", "albert-sequence-classification", "distilbert-masked-lm",
        "distilbert-sequence-classification", "electra-masked-lm", "electra-pretraining",
        "electra-sequence-classification", "roberta-masked-lm", "roberta-sequence-classification",
        "xlm-roberta-masked-lm")]

# Widths that are multiples of nothing, another activation, other heads and another epsilon in each family.
COMMON = dict(vocab_size=40, hidden_size=24, num_hidden_layers=2, max_position_embeddings=24, type_vocab_size=2)
ROBERTA = dict(COMMON, type_vocab_size=1, max_position_embeddings=26)  # positions start at padding_idx + 1 = 2
FAMILIES = {
    "bert": ("Bert", BertConfig, dict(
        COMMON, num_attention_heads=3, intermediate_size=40, hidden_act="gelu")),
    "roberta": ("Roberta", RobertaConfig, dict(
        ROBERTA, num_attention_heads=4, intermediate_size=33, hidden_act="gelu_new", layer_norm_eps=1e-5)),
    "xlm-roberta": ("XLMRoberta", XLMRobertaConfig, dict(
        ROBERTA, num_attention_heads=2, intermediate_size=50, hidden_act="silu", layer_norm_eps=1e-3)),
    "distilbert": ("DistilBert", DistilBertConfig, dict(
        vocab_size=40, dim=24, n_layers=2, n_heads=3, hidden_dim=37, max_position_embeddings=24, activation="relu")),
    "electra": ("Electra", ElectraConfig, dict(
        COMMON, embedding_size=10, num_attention_heads=1, intermediate_size=40, hidden_act="gelu_pytorch_tanh",
        layer_norm_eps=1e-2)),
    "albert": ("Albert", AlbertConfig, dict(
        COMMON, embedding_size=9, num_hidden_layers=4, num_hidden_groups=2, inner_group_num=2, num_attention_heads=3,
        intermediate_size=20, hidden_act="gelu_new")),
}

# The folder, the ending of the class, what the config holds besides, and the element type of the file.
HEADS = [
    ("model", "Model", {}, torch.float32),
    ("masked-lm", "ForMaskedLM", {}, torch.float16),
    ("sequence-classification", "ForSequenceClassification", SENTIMENT, torch.float16),
    ("token-classification", "ForTokenClassification", TAGS, torch.bfloat16),
    ("question-answering", "ForQuestionAnswering", {}, torch.bfloat16),
]


def spread(name, parameter):
    """The standard deviation: attention is to be peaked, and tokens must not grow alike from layer to layer."""
    shared = "albert_layer_groups" in name  # run again and again, so that what is common to all tokens adds up
    if parameter.dim() == 1:
        return 0.1 if shared else 0.3
    if any(part in name for part in ("query", "key", "q_lin", "k_lin")):
        return 0.4
    if shared:
        return 0.1
    return 0.2 if "encoder.layer." in name or "transformer.layer." in name else 0.5


def enliven(model):
    """Parameters large enough that attention is peaked, and on the grid that BF16 and F16 hold exactly.

    Equal names get equal values, so that every head of a family stands on the same encoder, whatever its file's type."""
    for name, parameter in model.named_parameters():
        short = name.split(".", 1)[1] if name.split(".")[0] == model.base_model_prefix else name
        generator = torch.Generator().manual_seed(zlib.crc32(("lively " + short).encode()))
        values = torch.randn(parameter.shape, generator=generator)
        values *= spread(name, parameter)
        if "norm.weight" in name.lower() or name.endswith("layer_norm.weight"):
            values += 1
        grid = torch.where(values.abs() < 1e-4, 0, values).bfloat16()
        assert torch.equal(grid.half().float(), grid.float()), name
        parameter.data.copy_(grid)
    return model.eval()


def make_models():
    for family, (prefix, config, options) in FAMILIES.items():
        for folder, ending, more, element in HEADS:
            model = enliven(getattr(transformers, prefix + ending)(config(**options, **more)))
            path = place(f"encoders/{family}/{folder}")
            model.to(element).save_pretrained(path, safe_serialization=True)
            remove(path, "generation_config.json")


def sequence(length, vocabulary, types):
    """The token ids and types of a length: [CLS] … [SEP] and, but for 16 tokens, a second text in the second half.

    None is the padding token, which moves the positions of RoBERTa."""
    rng = np.random.default_rng(length)
    ids = rng.integers(5, vocabulary, length)
    ids[0], ids[-1] = 2, 3 if length > 1 else 2
    second = types > 1 and length > 1 and length != 16
    return torch.tensor(ids), torch.tensor([int(second and i > length // 2) for i in range(length)])


def blocks(model):
    """The modules that are a layer each, in the order of their names; ALBERT runs them again and again."""
    ends = ("BertLayer", "RobertaLayer", "XLMRobertaLayer", "ElectraLayer", "TransformerBlock", "AlbertLayer")
    return [module for module in model.modules() if type(module).__name__ in ends]


def forward(model, ids, types):
    """Every output of one sequence, by the names that the goldens use."""
    layers, hooks = [], []
    for block in blocks(model):
        hooks.append(block.register_forward_hook(lambda _, __, output: layers.append(output[-1] if isinstance(
            output, tuple) and type(model).__name__.startswith("DistilBert") else output[0])))
    pooler = []
    module = getattr(model.base_model, "pooler", None)
    if module is not None:
        # ALBERT's pooler is the linear alone; the tanh is a module of its own.
        last = getattr(model.base_model, "pooler_activation", module)
        hooks.append(last.register_forward_hook(lambda _, __, output: pooler.append(output)))
    inputs = {"input_ids": ids[None]}
    if "token_type_ids" in model.forward.__code__.co_varnames:
        inputs["token_type_ids"] = types[None]
    if type(model).__name__ == "BertForMultipleChoice":
        inputs = {name: value[None] for name, value in inputs.items()}
    with torch.no_grad():
        output = model(**inputs, output_hidden_states=True)
    for hook in hooks:
        hook.remove()

    hidden = torch.stack([output.hidden_states[0]] + layers)[:, 0]
    # What the hooks saw is what transformers itself hands out (ALBERT: after each group only).
    stride = len(layers) // (len(output.hidden_states) - 1)
    assert torch.equal(hidden[::stride], torch.stack(output.hidden_states)[:, 0])

    found = {"hidden": hidden}
    if pooler:
        found["pooled"] = pooler[0][0]
    masked = type(model).__name__.endswith("MaskedLM")
    relation = type(model).__name__.endswith("NextSentencePrediction")
    for key, name in [("logits", "predictions" if masked else "relationship" if relation else "logits"),
                      ("prediction_logits", "predictions"), ("seq_relationship_logits", "relationship"),
                      ("sop_logits", "relationship"), ("start_logits", "start"), ("end_logits", "end")]:
        if key in output:
            found[name] = output[key][0]
    return found


def load(sample):
    path = os.path.join(goldens.SAMPLES, sample)
    with open(os.path.join(path, "config.json")) as file:
        name = json.load(file)["architectures"][0]
    model, info = getattr(transformers, name).from_pretrained(
        path, torch_dtype=torch.float32, from_tf=not os.path.exists(os.path.join(path, "model.safetensors")),
        output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"], (sample, info)
    return model.eval()


def save(name, tensors, what):
    os.makedirs(os.path.join(goldens.SAMPLES, "encoders", "golden"), exist_ok=True)
    safetensors.torch.save_file(
        {key: value.to(torch.float32 if value.is_floating_point() else value.dtype).contiguous()
         for key, value in tensors.items()},
        os.path.join(goldens.SAMPLES, "encoders", "golden", name + ".safetensors"),
        # One key only: safetensors writes several in any order.
        metadata={"golden": f"{what}, torch {torch.__version__}, transformers {transformers.__version__}"})


def run(model, lengths, skip=()):
    """The golden tensors of a model, and the largest difference of a run in F64, relative to the largest value above 1."""
    tensors, worst, twin = {}, 0, None
    outputs = {}
    types = getattr(model.config, "type_vocab_size", 0)
    inputs = {length: sequence(length, model.config.vocab_size, types) for length in lengths}
    for length, (ids, kinds) in inputs.items():
        outputs[length] = forward(model, ids, kinds)
        tensors[f"s{length}.ids"] = ids.to(torch.int32)
        tensors[f"s{length}.types"] = kinds.to(torch.int32)
        tensors.update({f"s{length}.{name}": value for name, value in outputs[length].items() if name not in skip})
    model.double()
    for length, (ids, kinds) in inputs.items():
        for name, value in forward(model, ids, kinds).items():
            worst = max(worst, (outputs[length][name] - value).abs().max().item() / max(1, value.abs().max().item()))
    model.float()
    assert worst < 5e-6, worst  # else the golden itself would be too badly conditioned to hold anyone against
    return tensors, worst


def liveliness(model, length=17):
    """The mean of each attention row's largest probability, the share of rows near uniform, the largest activation,
    and how much tokens still differ after the last layer, as a share of their spread."""
    ids, types = sequence(length, model.config.vocab_size, getattr(model.config, "type_vocab_size", 0))
    with torch.no_grad():
        output = model.base_model(ids[None], output_attentions=True, output_hidden_states=True)
    peaks = torch.stack([layer.max(-1).values for layer in output.attentions])
    last = output.hidden_states[-1][0]
    return (peaks.mean().item(), (peaks < 1.5 / length).float().mean().item(),
            max(layer.abs().max().item() for layer in output.hidden_states), (last.std(0).mean() / last.std()).item())


def golden(sample, lengths, skip=()):
    model = load(sample)
    tensors, worst = run(model, lengths, skip)
    save(sample.removeprefix("encoders/").replace("/", "--"), tensors,
         f"{type(model).__name__} of {sample}")
    peak, flat, largest, unlike = liveliness(model)
    print(f"{sample:44} F32 against F64 {worst:.1e}; attention's peaks {peak:.2f}, near uniform {flat:.2f}; "
          f"largest activation {largest:.1f}; tokens differ by {unlike:.2f}")
    return peak, flat, largest, unlike


def sentiment():
    """The demo's task by sst2-tiny, from text to logits: the tokens of each row, its logits, and how many rows are right."""
    model = load("sst2-tiny")
    tokenizer = transformers.AutoTokenizer.from_pretrained(os.path.join(goldens.SAMPLES, "sst2-tiny"))
    with open(os.path.join(goldens.SAMPLES, "sentiment", "dev.tsv")) as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    ids = [torch.tensor(tokenizer(text)["input_ids"]) for text, _ in rows]
    logits = torch.stack([forward(model, row, torch.zeros_like(row))["logits"] for row in ids])
    right = (logits.argmax(1) == torch.tensor([int(label) for _, label in rows])).sum().item()
    save("sentiment", {"logits": logits, "right": torch.tensor([right], dtype=torch.int32),
                       **{f"e{index}.ids": row.to(torch.int32) for index, row in enumerate(ids)}},
         "sst2-tiny on sentiment/dev.tsv")
    print(f"sst2-tiny is right about {right} of {len(rows)} rows of sentiment/dev.tsv")


def main():
    make_models()
    sentiment()
    for sample in RANDOM_SAMPLES:
        golden(sample, SAMPLE_LENGTHS)
    golden("sst2-tiny", TRAINED_LENGTHS)
    for family in FAMILIES:
        for folder, *_ in HEADS:
            # All heads of a family stand on one encoder: its hidden states are stored once.
            peak, flat, largest, unlike = golden(f"encoders/{family}/{folder}", LENGTHS, skip=() if folder == "model" else (
                "hidden",))
            assert peak > 0.25 and flat < 0.1 and largest > 3 and unlike > 0.3, (family, folder)


if __name__ == "__main__":
    main()
