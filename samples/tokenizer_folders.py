"""Folders without a tokenizer.json, or with settings beside it, for make_tokenizer_goldens.py."""

import json
import os
import shutil
import tempfile

import transformers

SAMPLES = os.path.dirname(os.path.abspath(__file__))
BERT = {"vocab.txt": "sst2-tiny/vocab.txt"}
ROBERTA = {"vocab.json": "tokenizers/roberta/vocab.json", "merges.txt": "tokenizers/roberta/merges.txt"}
SIZE = 6602

FOLDER_TEXTS = ["Héllo [MASK] 漢字 <e1> <E1>x  <e2> NEW new", "keep Keep x[MASK]  y", " a  <mask> é ", "</s><s>"]


def added(content, **flags):
    return {"content": content, **{key: flags.get(key, False) for key in ("lstrip", "rstrip", "single_word", "normalized", "special")}}


# Name, class, files copied from the samples, files written.
FOLDERS = [
    ("bert", "BertTokenizer", BERT, {}),
    ("bert-cased", "BertTokenizer", BERT, {"tokenizer_config.json": {"do_lower_case": False, "tokenizer_class": "BertTokenizer"}}),
    ("bert-accents", "BertTokenizer", BERT, {"tokenizer_config.json": {
        "do_lower_case": False, "strip_accents": True, "tokenize_chinese_chars": False}}),
    ("bert-keeps-accents", "BertTokenizer", BERT, {"tokenizer_config.json": {"do_lower_case": True, "strip_accents": False}}),
    ("bert-added-tokens", "BertTokenizer", BERT, {"added_tokens.json": {"<E2>": SIZE + 1, "<e1>": SIZE}}),
    ("bert-added-tokens-decoder", "BertTokenizer", BERT, {"tokenizer_config.json": {"added_tokens_decoder": {
        str(SIZE + 1): added("NEW", single_word=True, normalized=True), str(SIZE): added("<e1>", lstrip=True, special=True)}}}),
    ("bert-additional-tokens", "BertTokenizer", BERT, {"tokenizer_config.json": {"additional_special_tokens": ["<e1>", "<e2>"]}}),
    ("bert-special-tokens-map", "BertTokenizer", BERT, {"special_tokens_map.json": {
        "additional_special_tokens": ["<e1>"], "mask_token": added("[MASK]", lstrip=True, normalized=True)}}),
    ("bert-overridden", "BertTokenizer", {"tokenizer.json": "sst2-tiny/tokenizer.json"}, {"tokenizer_config.json": {
        "do_lower_case": False, "tokenizer_class": "BertTokenizer"}}),
    ("roberta-prefix-space", "RobertaTokenizer", ROBERTA, {"tokenizer_config.json": {
        "add_prefix_space": True, "mask_token": {"__type": "AddedToken", **added("<mask>", lstrip=True, special=True)}}}),
    ("roberta-untrimmed", "RobertaTokenizer", ROBERTA, {"tokenizer_config.json": {
        "trim_offsets": False, "mask_token": {"__type": "AddedToken", **added("<mask>", lstrip=True, special=True)}}}),
]


def folders():
    """Name, copied files, written files and the genuine tokenizer of each."""
    for name, kind, copied, written in FOLDERS:
        with tempfile.TemporaryDirectory() as folder:
            for target, source in copied.items():
                shutil.copy(os.path.join(SAMPLES, source), os.path.join(folder, target))
            for target, value in written.items():
                with open(os.path.join(folder, target), "w") as file:
                    json.dump(value, file)
            yield name, copied, written, getattr(transformers, kind).from_pretrained(folder)._tokenizer
