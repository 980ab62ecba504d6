"""Tokenizers that show what each part of a tokenizer.json does, for make_tokenizer_goldens.py."""

import tokenizers
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from tokenizer_texts import PART_TEXTS


def alphabet():
    """A token for each character that the texts have, in any form of them: what a part makes of a text can be seen."""
    characters = set(map(chr, range(33, 127))) | set("▁ĠĊ")
    forms = [normalizers.NFC(), normalizers.NFKD(), normalizers.NFD(), normalizers.Lowercase()]
    for text in PART_TEXTS:
        for form in [lambda same: same] + [form.normalize_str for form in forms]:
            characters |= set(form(text))
    return sorted(character for character in characters if character > " ")


def parts():
    n, p, r = normalizers, pre_tokenizers, processors
    template = r.TemplateProcessing(single="<a> $A:2 <b>:1", pair="<b>:3 $B:1 <a> $A <a>:4 <a>",
                                    special_tokens=[("<a>", 1), ("<b>", 2)])
    split = p.Split
    settings = {
        "nothing": {},
        "nfc": {"normalizer": n.NFC()}, "nfd": {"normalizer": n.NFD()}, "nfkc": {"normalizer": n.NFKC()},
        "nfkd": {"normalizer": n.NFKD()}, "lowercase": {"normalizer": n.Lowercase()}, "nmt": {"normalizer": n.Nmt()},
        "strip": {"normalizer": n.Strip()}, "strip-left": {"normalizer": n.Strip(left=True, right=False)},
        "strip-right": {"normalizer": n.Strip(left=False, right=True)},
        "strip-accents": {"normalizer": n.Sequence([n.NFKD(), n.StripAccents(), n.Lowercase()])},
        "prepend": {"normalizer": n.Prepend("▁x")}, "byte-level-normalizer": {"normalizer": n.ByteLevel()},
        "replace-text": {"normalizer": n.Sequence([n.Replace("''", '"'), n.Replace("e", ""), n.Replace(" ", "▁▁")])},
        "replace-pattern": {"normalizer": n.Sequence([n.Replace(Regex(" {2,}"), " "), n.Replace(Regex(r"\s+|[a-cé]"), "<->")])},
        "bert-accents": {"normalizer": n.BertNormalizer(lowercase=False, strip_accents=True)},
        "bert-lowercase": {"normalizer": n.BertNormalizer(clean_text=False, handle_chinese_chars=False, strip_accents=False)},
        "bert-clean": {"normalizer": n.BertNormalizer(lowercase=False), "pre_tokenizer": p.BertPreTokenizer()},
        "whitespace": {"pre_tokenizer": p.Whitespace()}, "whitespace-split": {"pre_tokenizer": p.WhitespaceSplit()},
        "digits": {"pre_tokenizer": p.Digits(False)}, "single-digits": {"pre_tokenizer": p.Digits(True)},
        **{"punctuation-" + behavior: {"pre_tokenizer": p.Punctuation(behavior)}
           for behavior in ("isolated", "removed", "contiguous", "merged_with_previous", "merged_with_next")},
        "metaspace": {"pre_tokenizer": p.Metaspace()}, "metaspace-first": {"pre_tokenizer": p.Metaspace(prepend_scheme="first")},
        "metaspace-never": {"pre_tokenizer": p.Metaspace(prepend_scheme="never")},
        "metaspace-whole": {"pre_tokenizer": p.Metaspace(split=False)},
        "byte-level": {"pre_tokenizer": p.ByteLevel(add_prefix_space=True), "post_processor": r.ByteLevel(trim_offsets=True)},
        "byte-level-whole": {"pre_tokenizer": p.ByteLevel(add_prefix_space=False, use_regex=False)},
        "split-text": {"pre_tokenizer": split(" ", "merged_with_previous")},
        "split-inverted": {"pre_tokenizer": split(Regex(r"\w+"), "removed", invert=True)},
        "split-gpt2": {"pre_tokenizer": split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"), "isolated")},
        "split-gpt4": {"pre_tokenizer": split(Regex(
            r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"), "isolated")},
        "split-mixed": {"pre_tokenizer": split(Regex(r"\d{2,3}|[^a-z ]|e$|^a|x(?=y)"), "contiguous")},
        "split-empty": {"pre_tokenizer": split(Regex("a*|e"), "merged_with_next")},
        "sequence": {"pre_tokenizer": p.Sequence([p.WhitespaceSplit(), p.Digits(True), p.Punctuation(), p.Metaspace()])},
        "template": {"post_processor": template},
        "bert-processing": {"post_processor": r.BertProcessing(("<b>", 2), ("<a>", 1))},
        "roberta-processing": {"pre_tokenizer": p.ByteLevel(add_prefix_space=True),
                               "post_processor": r.RobertaProcessing(("<b>", 2), ("<a>", 1), True, True)},
        "processors": {"pre_tokenizer": p.ByteLevel(add_prefix_space=False),
                       "post_processor": r.Sequence([r.ByteLevel(trim_offsets=True, add_prefix_space=False), template])},
        "added": {"normalizer": n.Lowercase(), "pre_tokenizer": p.Metaspace(), "added": [
            dict(content="new_token", single_word=True, normalized=False), dict(content="Keep"), dict(content="left", lstrip=True),
            dict(content="right", rstrip=True), dict(content="both", lstrip=True, rstrip=True, normalized=False),
            dict(content="new_tok", normalized=False), dict(content="[MASK]", special=True)]},
        "added-byte-level": {"pre_tokenizer": p.ByteLevel(add_prefix_space=True), "added": [
            dict(content="<mask>", lstrip=True, rstrip=True), dict(content="quick", single_word=True)],
            "post_processor": r.RobertaProcessing(("<b>", 2), ("<a>", 1), True, True)},
    }
    unigram = models.Unigram([("<unk>", 0.0), ("<a>", -1.0), ("<b>", -1.0)] + [(c, -1.0) for c in alphabet()], 0, False)
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    vocabulary = ["<unk>", "<a>", "<b>"] + alphabet()
    pieces = [("<unk>", 0.0), ("a", -2.0), ("b", -2.5), ("ab", -4.0), ("▁", -1.5), ("▁the", -3.0), ("t", -4.0), ("h", -4.0),
              ("e", -4.0), ("th", -6.0), ("he", -6.5), ("l", -3.25), ("lo", -5.5), ("llo", -7.0), ("o", -3.5), ("é", -5.0)]
    words = ["[UNK]", "[CLS]", "[SEP]", "un", "##believ", "##able", "##e", "a", "##a", "the", "é", "##é", "1", "##12", "hello"]
    merged = ["<unk>", "a", "b", "c", "ab", "bc", "abc", "▁", "▁a", "t", "h", "e", "th", "the", "he"]
    merges = [("b", "c"), ("a", "b"), ("a", "bc"), ("t", "h"), ("▁", "a"), ("th", "e"), ("h", "e")]
    suffixed = ["<unk>", "a", "@a", "b", "@b", "a</w>", "@a</w>", "@b</w>", "aa</w>", "ab", "ab</w>"]
    kinds = {
        "model-unigram": (models.Unigram(pieces, 0, False), {"pre_tokenizer": p.Metaspace()}),
        "model-unigram-bytes": (models.Unigram(pieces + [(token, -9.0) for token in bytes_], 0, True), {"pre_tokenizer": p.Metaspace()}),
        "model-bpe": (models.BPE({t: i for i, t in enumerate(merged)}, merges, unk_token="<unk>"), {"pre_tokenizer": p.Metaspace()}),
        "model-bpe-fused": (models.BPE({t: i for i, t in enumerate(merged)}, merges, unk_token="<unk>", fuse_unk=True), {}),
        "model-bpe-silent": (models.BPE({t: i for i, t in enumerate(merged)}, merges), {"pre_tokenizer": p.WhitespaceSplit()}),
        "model-bpe-bytes": (models.BPE({t: i for i, t in enumerate(merged + bytes_)}, merges, unk_token="<unk>", byte_fallback=True), {}),
        "model-bpe-whole": (models.BPE({t: i for i, t in enumerate(merged)}, merges[:2], unk_token="<unk>", ignore_merges=True),
                            {"pre_tokenizer": p.WhitespaceSplit()}),
        "model-bpe-affixes": (models.BPE({t: i for i, t in enumerate(suffixed)}, [("a", "@a</w>"), ("a", "@b"), ("a", "@b</w>")],
                                         unk_token="<unk>", continuing_subword_prefix="@", end_of_word_suffix="</w>"),
                              {"pre_tokenizer": p.WhitespaceSplit()}),
        "model-wordpiece": (models.WordPiece({t: i for i, t in enumerate(words)}, unk_token="[UNK]", max_input_chars_per_word=13),
                            {"normalizer": n.BertNormalizer(), "pre_tokenizer": p.BertPreTokenizer()}),
        "model-wordpiece-bare": (models.WordPiece({t: i for i, t in enumerate(vocabulary)}, unk_token="<unk>", continuing_subword_prefix=""),
                                 {"pre_tokenizer": p.Whitespace()}),
    }
    made = {name: assembled(unigram, setting) for name, setting in settings.items()}
    made.update({name: assembled(model, setting) for name, (model, setting) in kinds.items()})
    return made


def assembled(model, setting):
    tokenizer = Tokenizer(model)
    for key in ("normalizer", "pre_tokenizer", "post_processor"):
        if key in setting:
            setattr(tokenizer, key, setting[key])
    tokenizer.add_tokens([tokenizers.AddedToken(**token) for token in setting.get("added", [])])
    return tokenizer
