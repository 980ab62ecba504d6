"""What pare's shrink does, done in PyTorch: for make_surgery_goldens.py and check_surgery.py."""

import torch
from torch import nn

CASES = {
    "bert-classifier": ("encoders/bert/sequence-classification", [("shrink", {"heads": "2", "intermediate": "16"})]),
    "bert-lists": ("encoders/bert/masked-lm", [("shrink", {"heads": "1,3", "intermediate": "40,7"})]),
    "bert-twice": ("encoders/bert/token-classification", [("shrink", {"heads": "2,3"}), ("shrink", {"heads": "1,2", "intermediate": "9"})]),
    "albert-global": ("encoders/albert/question-answering", [("shrink", {"heads": "2", "intermediate": "9", "scope": "global"})]),
    "bert-last-layer": ("encoders/bert/sequence-classification", [("shrink", {"heads": "2,3"}), ("shrink", {"keep-layers": "1"})]),
    "bert-layers-then-heads": ("encoders/bert/sequence-classification", [("shrink", {"keep-layers": "1", "heads": "1"})]),
    "roberta": ("encoders/roberta/question-answering", [("shrink", {"heads": "3", "intermediate": "20", "layers": "1"})]),
    "xlm-roberta": ("encoders/xlm-roberta/masked-lm", [("shrink", {"heads": "1", "intermediate": "25"})]),
    "distilbert": ("encoders/distilbert/sequence-classification", [("shrink", {"heads": "2", "intermediate": "9"})]),
    "electra": ("encoders/electra/token-classification", [("shrink", {"intermediate": "11", "layers": "1"})]),
    "albert": ("encoders/albert/sequence-classification", [("shrink", {"heads": "2", "intermediate": "8"})]),
}


class Layer:
    """The linears of one stored layer, by what they do."""

    NAMES = [
        dict(query="attention.self.query", key="attention.self.key", value="attention.self.value",
             attention_output="attention.output.dense", intermediate="intermediate.dense", output="output.dense"),
        dict(query="attention.q_lin", key="attention.k_lin", value="attention.v_lin",
             attention_output="attention.out_lin", intermediate="ffn.lin1", output="ffn.lin2"),
        dict(query="attention.query", key="attention.key", value="attention.value",
             attention_output="attention.dense", intermediate="ffn", output="ffn_output"),
    ]

    def __init__(self, module):
        self.module = module
        self.names = next(names for names in self.NAMES if self.find(names["query"]) is not None)

    def find(self, path):
        module = self.module
        for part in path.split("."):
            module = getattr(module, part, None)
        return module

    def __getitem__(self, part):
        return self.find(self.names[part])

    def __setitem__(self, part, linear):
        *path, last = self.names[part].split(".")
        setattr(self.find(".".join(path)) if path else self.module, last, linear)

    def head_scores(self, width):
        """The Frobenius norm of W_O·W_V over the features of each head."""
        output, value = self["attention_output"].weight.double(), self["value"].weight.double()
        return [(output[:, start:start + width] @ value[start:start + width]).norm().item()
                for start in range(0, value.shape[0], width)]

    def neuron_scores(self):
        """The norm of the product of a neuron's column and row."""
        rows, columns = self["intermediate"].weight.double(), self["output"].weight.double()
        return [torch.outer(columns[:, i], rows[i]).norm().item() for i in range(rows.shape[0])]

    def keep_neurons(self, neurons):
        self["intermediate"] = taken(self["intermediate"], rows=neurons)
        self["output"] = taken(self["output"], columns=neurons)


def taken(linear, rows=None, columns=None):
    weight, bias = linear.weight.data, linear.bias.data
    if rows is not None:
        weight, bias = weight[rows], bias[rows]
    if columns is not None:
        weight = weight[:, columns]
    part = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
    part.weight.data.copy_(weight)
    part.bias.data.copy_(bias)
    return part


def layer_list(model):
    """The list that holds the layers; ALBERT has none of its own."""
    base = model.base_model
    return getattr(getattr(base, "encoder", getattr(base, "transformer", None)), "layer", None)


def stored_layers(model):
    layers = layer_list(model)
    if layers is None:
        groups = model.base_model.encoder.albert_layer_groups
        layers = [layer for group in groups for layer in group.albert_layers]
    return [Layer(layer) for layer in layers]


def best(scores, count):
    return sorted(sorted(range(len(scores)), key=lambda i: (-scores[i], i))[:count])


def choose(scores, wanted, scope):
    """The indices that stay in each layer."""
    counts = [int(text) for text in wanted.split(",")]
    counts = counts * len(scores) if len(counts) == 1 else counts
    if scope != "global":
        return [best(one, count) for one, count in zip(scores, counts)]
    kept = [set(best(one, 1)) for one in scores]
    rest = [(-score / sum(s * s for s in one) ** 0.5, layer, index) for layer, one in enumerate(scores)
            for index, score in enumerate(one) if index not in kept[layer]]
    for _, layer, index in sorted(rest)[:sum(counts) - len(scores)]:
        kept[layer].add(index)
    return [sorted(one) for one in kept]


def pruned_heads(model):
    """Transformers 5 knows of none."""
    return getattr(model.config, "pruned_heads", None) or {}


class Surgery:
    """A model of transformers 4 under the same steps as `pare` takes, and what is left of it."""

    def __init__(self, model):
        self.model = model
        self.width = model.config.hidden_size // model.config.num_attention_heads
        self.heads = [list(range(model.config.num_attention_heads)) for _ in stored_layers(model)]

    def shrink(self, options):
        model, layers = self.model, layer_list(self.model)
        if "layers" in options or "keep-layers" in options:
            kept = ([int(text) for text in options["keep-layers"].split(",")] if "keep-layers" in options
                    else list(range(int(options["layers"]))))
            modules = nn.ModuleList(layers[i] for i in kept)
            parent = getattr(model.base_model, "encoder", None) or model.base_model.transformer
            parent.layer = modules
            model.config.num_hidden_layers = len(kept)
            self.heads = [self.heads[i] for i in kept]
            before = {int(layer): heads for layer, heads in pruned_heads(model).items()}
            model.config.pruned_heads = {i: before[old] for i, old in enumerate(kept) if old in before}
        stored, scope = stored_layers(model), options.get("scope")
        if "intermediate" in options:
            kept = choose([layer.neuron_scores() for layer in stored], options["intermediate"], scope)
            self.neurons = kept
        if "heads" in options:
            heads = choose([layer.head_scores(self.width) for layer in stored], options["heads"], scope)
            gone = {i: [self.heads[i][k] for k in range(len(self.heads[i])) if k not in one] for i, one in enumerate(heads)}
            model.prune_heads({i: one for i, one in gone.items() if one})
            self.heads = [[self.heads[i][k] for k in one] for i, one in enumerate(heads)]
        if "intermediate" in options:
            for layer, neurons in zip(stored, kept):
                layer.keep_neurons(neurons)

    def run(self, steps):
        self.neurons = None
        for name, options in steps:
            getattr(self, name)(options)
        return self
