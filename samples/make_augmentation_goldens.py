"""Makes the goldens that augmented texts are held against, in samples/augmentation/, from Transformers, its tokenizers, PyTorch and NumPy.

    python -m pip install torch==2.15.0 transformers==5.23.0 safetensors numpy
    python samples/make_augmentation_goldens.py

Follows data_augmentation.py of TinyBERT (github.com/huawei-noah/Pretrained-Language-Model), with these differences. Texts are changed in place, so
that case, spaces and punctuation stay. What is put in a word's place is always another word of the letters a to z and no stop word: the M best are
taken among those, where TinyBERT takes the M best tokens, the word itself among them, and then leaves out those that continue a word. A word of several
pieces has the sum of their vectors in the model's own table, not a vector of GloVe's. Random numbers are those of SplitMix64, keyed by seed,
example and text, so that a text's copies do not depend on the texts before it.

roberta-masked-lm/ is a random RobertaForMaskedLM for the vocabulary of tokenizers/roberta.
"""

import json
import os
import re

import numpy as np
import torch
import transformers
from transformers import AutoModelForMaskedLM, AutoTokenizer, BertForPreTraining

transformers.logging.set_verbosity_error()
torch.set_num_threads(1)

SAMPLES = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(SAMPLES, "augmentation")
SEED, COPIES, PROBABILITY = 7, 6, 0.4

STOP_WORDS = """i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its itself they
them their theirs themselves what which who whom this that these those am is are was were be been being have has had having do does
did doing a an the and but if or because as until while of at by for with about against between into through during before after
above below to from up down in out on off over under again further then once here there when where why how all any both each few
more most other some such no nor not only own same so than too very s t can will just don should now d ll m o re ve y ain aren
couldn didn doesn hadn hasn haven isn ma mightn mustn needn shan shouldn wasn weren won wouldn""".split()

REVIEWS = [
    "a gripping film with a warm heart", "Don't see it : the plot is dull, and the acting unbelievably wooden .",
    "  The CAFÉ scene — naïve , but charming !!  ", "it was what it was", "", "2001 : a 10/10 masterpiece 😀",
    "an uncompromisingly well-made , self-indulgent melodrama\u00a0about nothing",
    "one of the greatest family-oriented, fantasy-adventure movies ever",
]
TINY = [
    "the film was very good .", "Bad acting and a dull plot !", "it was not great , this movie is unbelievably long",
    "a good movie", "this was it", "fun fun fun fun fun good bad great dull plot act end long bore movie film good bad great dull plot act",
    "the acts bored",
]
MIXED = ["a gripping film with a warm heart", "the movie is not as good as it could be , but charming", "Nothing here is new", "caf\u00e9 society"]


class KeyedGenerator:
    """SplitMix64 (Steele, Lea and Flood, 2014) from several keys; bounded numbers by Lemire (2019)."""

    MASK, INCREMENT = (1 << 64) - 1, 0x9E3779B97F4A7C15

    def __init__(self, *keys):
        self.state = 0
        for key in keys:
            self.state = self.mixed(((self.state ^ key) + self.INCREMENT) & self.MASK)

    @classmethod
    def mixed(cls, value):
        value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & cls.MASK
        value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & cls.MASK
        return value ^ (value >> 31)

    def next(self):
        self.state = (self.state + self.INCREMENT) & self.MASK
        return self.mixed(self.state)

    def below(self, bound):
        while True:
            product = self.next() * bound
            if product & self.MASK >= (1 << 64) % bound:
                return product >> 64

    def unit(self):
        return (self.next() >> 11) * 2.0**-53


def tokenizer_of(folder):
    path = os.path.join(SAMPLES, folder)
    if os.path.exists(os.path.join(path, "merges.txt")):
        return transformers.RobertaTokenizerFast(
            vocab=os.path.join(path, "vocab.json"), merges=os.path.join(path, "merges.txt"), add_prefix_space=False)
    if os.path.exists(os.path.join(path, "tokenizer_config.json")):
        return AutoTokenizer.from_pretrained(path)
    file = os.path.join(path, "tokenizer.json")
    special = {"unk_token": "<unk>", "pad_token": "<pad>", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    if folder.endswith("xlm-roberta"):
        special |= {"cls_token": "<s>", "sep_token": "</s>", "mask_token": "<mask>"}
    return transformers.PreTrainedTokenizerFast(tokenizer_file=file, **special)


class Words:
    """What a tokenizer takes for words, spelled as its normalizer leaves them."""

    def __init__(self, folder):
        self.tokenizer = tokenizer_of(folder)
        added = set(self.tokenizer.added_tokens_decoder) | set(self.tokenizer.all_special_ids)
        self.tokens = self.tokenizer.convert_ids_to_tokens(range(len(self.tokenizer)))
        self.added = added
        self.is_wordpiece = any(token.startswith("##") for token in self.tokens if token)
        # Whole words by their ids, but for stop words.
        self.plain = {}
        for i, token in enumerate(self.tokens):
            word = token and self.whole(token)
            if i not in added and word and re.fullmatch("[a-z]+", word) and word not in STOP_WORDS:
                self.plain[i] = word

    def whole(self, token):
        if self.is_wordpiece:
            return None if token.startswith("##") else token
        return token[1:] if token[0] in "\u0120\u2581" else None

    def spelling(self, ids):
        if any(i in self.added for i in ids):
            return ""
        tokens = [self.tokens[i] for i in ids]
        if self.is_wordpiece:
            return tokens[0] + "".join(token.removeprefix("##") for token in tokens[1:])
        return (self.whole(tokens[0]) if self.whole(tokens[0]) is not None else tokens[0]) + "".join(tokens[1:])

    def of(self, text):
        """(start, end, spelling, ids, index of the first id) for each word that may be replaced."""
        encoded = self.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids, offsets, numbers = encoded["input_ids"], encoded["offset_mapping"], encoded.word_ids()
        found, first = [], 0
        while first < len(ids):
            last = first
            while last + 1 < len(ids) and numbers[last + 1] == numbers[first]:
                last += 1
            spelling = self.spelling(ids[first : last + 1])
            if re.fullmatch("[a-z]+", spelling) and spelling not in STOP_WORDS:
                start, end = offsets[first][0], offsets[last][1]
                part = text[start:end]
                start, end = start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())
                found.append((start, end, spelling, ids[first : last + 1], first))
            first = last + 1
        return found


class Neighbours:
    def __init__(self, folder, table):
        self.words = Words(folder)
        self.table = table.astype(np.float64)
        self.ids = [i for i in self.words.plain if np.linalg.norm(self.table[i]) > 0]
        rows = self.table[self.ids]
        self.directions = rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def nearest(self, spelling, count):
        tokenizer = self.words.tokenizer
        ids = tokenizer([spelling], is_split_into_words=True, add_special_tokens=False)["input_ids"]
        if not ids or tokenizer.unk_token_id in ids:
            return []
        vector = self.table[ids].sum(axis=0)
        if not np.linalg.norm(vector) > 0:
            return []
        order = np.argsort(-(self.directions @ (vector / np.linalg.norm(vector))), kind="stable")
        found = [self.words.plain[self.ids[i]] for i in order]
        return [word for word in found if word != spelling][:count]


class MaskedWords:
    def __init__(self, folder, model, limit):
        self.words, self.model, self.limit = Words(folder), model.double().eval(), limit

    def likeliest(self, text, word, count):
        """None where the word is not one token, or lies beyond the limit."""
        tokenizer = self.words.tokenizer
        _, _, spelling, ids, place = word
        pair = tokenizer(text, text)
        owners = pair.sequence_ids()
        length = owners.count(0)
        room = self.limit - (len(owners) - 2 * length)
        first = min(length, room)
        if len(ids) > 1 or place >= first:
            return None
        seen, kept = {0: 0, 1: 0}, []
        for i, owner in enumerate(owners):
            if owner is None:
                kept.append(i)
                continue
            if seen[owner] < (first if owner == 0 else min(length, room - first)):
                if owner == 0 and seen[0] == place:
                    target = len(kept)
                kept.append(i)
            seen[owner] += 1
        sequence = [pair["input_ids"][i] for i in kept]
        sequence[target] = tokenizer.mask_token_id
        inputs = {"input_ids": torch.tensor([sequence])}
        if "token_type_ids" in pair:
            inputs["token_type_ids"] = torch.tensor([[pair["token_type_ids"][i] for i in kept]])
        with torch.no_grad():
            output = self.model(**inputs)
        logits = (output.prediction_logits if hasattr(output, "prediction_logits") else output.logits)[0, target].numpy()
        plain = list(self.words.plain)
        order = np.argsort(-logits[plain], kind="stable")
        found = [self.words.plain[plain[i]] for i in order]
        return [other for other in found if other != spelling][:count]


def augmented(texts, neighbours, masked, count):
    words = (masked or neighbours).words
    found = []
    for example, text in enumerate(texts):
        places = words.of(text)
        candidates = []
        for word in places:
            likeliest = masked.likeliest(text, word, count) if masked else None
            candidates.append(neighbours.nearest(word[2], count) if likeliest is None else likeliest)
        generator = KeyedGenerator(SEED, example, 0, 6)
        copies = []
        for _ in range(COPIES if any(candidates) else 0):
            parts, position = [], 0
            for (start, end, *_), some in zip(places, candidates):
                if generator.unit() < PROBABILITY and some:
                    parts += [text[position:start], some[generator.below(len(some))]]
                    position = end
            copy = "".join(parts) + text[position:]
            if copy != text and copy not in copies:
                copies.append(copy)
        found.append({
            "text": text,
            "words": [{"spelling": word[2], "pieces": len(word[3]), "candidates": some} for word, some in zip(places, candidates)],
            "copies": copies})
    return found


def roberta():
    """A random model in F16, and the same with the tokenizer's own files."""
    tokenizer = tokenizer_of("tokenizers/roberta")
    torch.manual_seed(5)
    config = transformers.RobertaConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
        max_position_embeddings=66, type_vocab_size=1, pad_token_id=tokenizer.pad_token_id)
    model = transformers.RobertaForMaskedLM(config)
    for name, parameter in model.named_parameters():
        values = torch.randn(parameter.shape) * 0.4 + (1 if name.lower().endswith("norm.weight") else 0)
        parameter.data.copy_(values.half().float())
    path = os.path.join(OUT, "roberta-masked-lm")
    model.half().save_pretrained(path)
    for extra in ("generation_config.json",):
        if os.path.exists(os.path.join(path, extra)):
            os.remove(os.path.join(path, extra))
    return model.float()


def table(folder):
    from safetensors.numpy import load_file
    tensors = load_file(os.path.join(SAMPLES, folder, "model.safetensors"))
    return next(values for name, values in tensors.items() if name.endswith("word_embeddings.weight"))


def trained_table():
    import h5py
    found = []
    with h5py.File(os.path.join(SAMPLES, "sst2-tiny/tf_model.h5")) as file:
        file.visititems(lambda name, item: found.append(item[()]) if "word_embeddings" in name and hasattr(item, "shape") else None)
    return found[0]


def main():
    os.makedirs(OUT, exist_ok=True)
    trained = Neighbours("sst2-tiny", trained_table())
    tiny = Neighbours("bert-tiny", table("bert-tiny"))
    tiny_masked = MaskedWords("bert-tiny", BertForPreTraining.from_pretrained(os.path.join(SAMPLES, "bert-tiny")), 24)
    model = roberta()
    mixed_masked = MaskedWords("tokenizers/roberta", model, 64)
    golden = {
        "seed": SEED, "copies": COPIES, "probability": PROBABILITY,
        "cases": [
            {"model": "sst2-tiny", "masked": None, "candidates": 15, "texts": augmented(REVIEWS, trained, None, 15)},
            {"model": "bert-tiny", "masked": None, "candidates": 4, "texts": augmented(TINY, tiny, None, 4)},
            {"model": "bert-tiny", "masked": "bert-tiny", "candidates": 5, "texts": augmented(TINY, tiny, tiny_masked, 5)},
            {"model": "sst2-tiny", "masked": "roberta", "candidates": 6, "texts": augmented(MIXED, trained, mixed_masked, 6)},
        ],
        "words": [
            {"tokenizer": folder, "text": text, "words": [[len(text[:w[0]].encode()), len(text[:w[1]].encode()), w[2]] for w in Words(folder).of(text)]}
            for folder in ("sst2-tiny", "tokenizers/roberta", "tokenizers/xlm-roberta", "tokenizers/albert") for text in REVIEWS],
    }
    with open(os.path.join(OUT, "golden.json"), "w") as file:
        json.dump(golden, file, ensure_ascii=False, indent=0)
        file.write("\n")


main()
