"""Makes samples/tokenizers/: small tokenizers, and what the genuine libraries make of texts with them.

    python samples/make_tokenizer_goldens.py ../shared             goldens
    python samples/make_tokenizer_goldens.py ../shared --train     the small tokenizers anew, too

Needs tokenizers 0.23.3, transformers 5.23 and sentencepiece 0.2.3. ../shared/data holds the sentences and the large
vocabularies, which are not part of this repository: of them only hashes are written.

Ranges are bytes of UTF-8 from the start of a token's own text; special tokens have none. `truncated` is how many tokens
there would be without a limit, less how many there are.
"""

import argparse
import csv
import json
import os
import random
import tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import sentencepiece
import tokenizers
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers

from tokenizer_folders import FOLDER_TEXTS, folders
from tokenizer_parts import parts
from tokenizer_texts import PAIRS, PART_TEXTS, SINGLES, TRUNCATED, WINDOWS, WORD_LISTS

SAMPLES = os.path.dirname(os.path.abspath(__file__))
OUTPUT = os.path.join(SAMPLES, "tokenizers")

def byte_offsets(text):
    """For each character of a text, and for its end, where it begins in UTF-8."""
    offsets = [0]
    for character in text:
        offsets.append(offsets[-1] + len(character.encode()))
    return offsets


def columns(encoding, texts, words=None):
    """Ids, types, ranges and words of an encoding of the genuine library."""
    tables = [byte_offsets(text) for text in texts]
    ranges, indices = [], []
    for offsets, side, word in zip(encoding.offsets, encoding.sequence_ids, encoding.word_ids):
        if side is None:
            ranges.append(None)
            indices.append(None)
        else:
            table = byte_offsets(words[word]) if words else tables[side]
            ranges.append((table[offsets[0]], table[offsets[1]]))
            indices.append(word)
    return encoding.ids, encoding.type_ids, ranges, indices


def row(encoding, texts, words=None):
    """The same as text: ids; types, if there are others than 0; ranges as start-end; words."""
    ids, types, ranges, indices = columns(encoding, texts, words)
    return [" ".join(map(str, ids)), "".join(map(str, types)) if any(types) else "",
            " ".join("." if item is None else "%d-%d" % item for item in ranges),
            " ".join("." if item is None else str(item) for item in indices)]


def unlimited(tokenizer):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def encode_pair(tokenizer, first, second, limit=None, stride=0, strategy="longest_first"):
    unlimited(tokenizer)
    if limit is not None:
        tokenizer.enable_truncation(limit, stride=stride, strategy=strategy)
    return tokenizer.encode(first) if second is None else tokenizer.encode(first, second)


def hard_cases(tokenizer, for_words):
    """Every kind of call, with everything that comes of it."""
    cases = []
    for text in SINGLES:
        cases.append({"text": text, "encoding": row(encode_pair(tokenizer, text, None), [text])})
    for first, second in PAIRS:
        cases.append({"text": first, "second": second,
                      "encoding": row(encode_pair(tokenizer, first, second), [first, second])})
    for first, second in TRUNCATED:
        texts = [first] if second is None else [first, second]
        whole = len(encode_pair(tokenizer, first, second).ids)
        for limit in range(max(3, tokenizer.num_special_tokens_to_add(second is not None)), whole + 1):
            encoding = encode_pair(tokenizer, first, second, limit)
            cases.append({**dict(zip(("text", "second"), texts)), "limit": limit,
                          "truncated": whole - len(encoding.ids), "encoding": row(encoding, texts)})
    for words in WORD_LISTS:
        for limit in (None, 6):
            unlimited(for_words)
            whole = len(for_words.encode(words, is_pretokenized=True).ids)
            if limit:
                for_words.enable_truncation(limit)
            encoding = for_words.encode(words, is_pretokenized=True)
            cases.append({"words": words, "limit": limit, "truncated": whole - len(encoding.ids),
                          "encoding": row(encoding, [], words)})
    for first, second, limit, stride in WINDOWS:
        encoding = encode_pair(tokenizer, first, second, limit, stride, "only_second")
        windows = [row(window, [first, second]) for window in (encoding, *encoding.overflowing)]
        # The library leaves type 1 in the windows behind the first, whatever the template says.
        if not windows[0][1]:
            windows = [[ids, "", *rest] for ids, _, *rest in windows]
        cases.append({"text": first, "second": second, "limit": limit, "stride": stride, "windows": windows})
    return cases


def with_prefix_space(tokenizer):
    """A byte-level tokenizer as transformers wants it for words: `add_prefix_space=True`."""
    copy = Tokenizer.from_str(tokenizer.to_str())
    parts = json.loads(copy.to_str())
    if (parts["pre_tokenizer"] or {}).get("type") == "ByteLevel":
        parts["pre_tokenizer"]["add_prefix_space"] = True
        if parts["post_processor"]["type"] in ("RobertaProcessing", "ByteLevel"):
            parts["post_processor"]["add_prefix_space"] = True
    return Tokenizer.from_str(json.dumps(parts))


# The small tokenizers


def train(shared):
    """XLM-R's and ALBERT's kind by sentencepiece, through transformers; RoBERTa's kind by tokenizers."""
    texts = training_texts(shared)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "text")
        with open(path, "w") as file:
            file.write("\n".join(texts))
        for name, model, options, kind in [
            ("xlm-roberta", "sentencepiece.bpe", dict(vocab_size=8000, normalization_rule_name="nmt_nfkc"),
             transformers.XLMRobertaTokenizer),
            ("albert", "spiece", dict(vocab_size=600, character_coverage=0.98, normalization_rule_name="identity",
                                      user_defined_symbols="[CLS],[SEP],[MASK]", pad_id=0, unk_id=1, bos_id=-1, eos_id=-1),
             transformers.AlbertTokenizer),
        ]:
            prefix = os.path.join(folder, model)
            sentencepiece.SentencePieceTrainer.train(
                input=path, model_prefix=prefix, model_type="unigram", num_threads=1, minloglevel=2,
                **{"character_coverage": 0.9995, **options})
            os.makedirs(os.path.join(folder, name))
            os.rename(prefix + ".model", os.path.join(folder, name, model + ".model"))
            save(kind.from_pretrained(os.path.join(folder, name))._tokenizer, name)
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.train_from_iterator(texts, trainers.BpeTrainer(
        vocab_size=1200, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet())))
    os.makedirs(os.path.join(OUTPUT, "roberta"), exist_ok=True)
    bpe.model.save(os.path.join(OUTPUT, "roberta"))


def training_texts(shared):
    texts = read_lines(f"{shared}/data/sst2/transfer.txt")
    for language in ("en", "de", "fr", "nl", "pt"):
        texts += [" ".join(words) for words in wikiann(shared, language, "train")[:6000]]
    random.Random(1).shuffle(texts)
    return texts


def save(tokenizer, name):
    os.makedirs(os.path.join(OUTPUT, name), exist_ok=True)
    with open(os.path.join(OUTPUT, name, "tokenizer.json"), "w") as file:
        file.write(tokenizer.to_str())


def small_roberta():
    """RoBERTa's kind, as its fast tokenizer puts vocab.json and merges.txt together."""
    folder = os.path.join(OUTPUT, "roberta")
    tokenizer = Tokenizer(models.BPE.from_file(os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"),
                                               continuing_subword_prefix="", end_of_word_suffix="", fuse_unk=False))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens([tokenizers.AddedToken(token, lstrip=token == "<mask>", normalized=False, special=True)
                                  for token in ("<s>", "<pad>", "</s>", "<unk>", "<mask>")])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", tokenizer.token_to_id("</s>")),
                                                            ("<s>", tokenizer.token_to_id("<s>")), True, False)
    return tokenizer


def tokenizer_of(folder):
    return Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))


def small_tokenizers():
    return {
        "bert-tiny": tokenizer_of(os.path.join(SAMPLES, "bert-tiny")),
        "sst2-tiny": tokenizer_of(os.path.join(SAMPLES, "sst2-tiny")),
        "tokenizers/xlm-roberta": tokenizer_of(os.path.join(OUTPUT, "xlm-roberta")),
        "tokenizers/albert": tokenizer_of(os.path.join(OUTPUT, "albert")),
        "tokenizers/roberta": small_roberta(),
    }


# The sentences beside the repository, as hashes


MASK = (1 << 64) - 1


def mixed(state, value):
    """One step of the hash: exclusive or, an odd factor, and the upper half into the lower."""
    state = ((state ^ (value & MASK)) * 0x9E3779B97F4A7C15) & MASK
    return state ^ (state >> 32)


def hashed(state, encoding, texts):
    ids, types, ranges, indices = columns(encoding, texts)
    state = mixed(state, len(ids))
    for id_, type_, range_, word in zip(ids, types, ranges, indices):
        start, end = range_ or (-1, -1)
        state = mixed(state, id_ << 1 | type_)
        state = mixed(state, start)
        state = mixed(state, end)
        state = mixed(state, -1 if word is None else word)
    return state


def read_lines(path):
    with open(path, encoding="utf8", newline="\n") as file:
        return file.read().split("\n")[:-1]


def wikiann(shared, language, split):
    sentences, words = [], []
    for line in read_lines(f"{shared}/data/wikiann/{language}/{split}.conll") + [""]:
        if line.strip():
            words.append(line.split("\t")[0].split(":", 1)[1])
        elif words:
            sentences.append(words)
            words = []
    return sentences


def data_sets(shared):
    """Of each file as many texts as named in the golden, in its order; a pair has two."""
    def table(name, *fields, header=True):
        rows = [line.split("\t") for line in read_lines(f"{shared}/data/{name}")][1 if header else 0:]
        return [[row[field] for field in fields] for row in rows]

    sets = [("sst2/train.tsv", table("sst2/train.tsv", 0)[:4000]), ("sst2/dev.tsv", table("sst2/dev.tsv", 0)),
            ("cola/train.tsv", table("cola/train.tsv", 3, header=False)[:2000]), ("rte/train.tsv", table("rte/train.tsv", 1, 2))]
    with open(f"{shared}/data/stsb/train.csv", encoding="utf8", newline="") as file:
        sets.append(("stsb/train.csv", [row[:2] for row in csv.reader(file)][:1500]))
    for language in ("en", "de", "fr", "nl", "pt"):
        sets.append((f"wikiann/{language}/dev.conll", [[" ".join(words)] for words in wikiann(shared, language, "dev")[:1500]]))
    wnut, words = [], []
    for line in read_lines(f"{shared}/data/wnut17/train.conll") + [""]:
        if line.strip():
            words.append(line.split("\t")[0])
        elif words:
            wnut.append([" ".join(words)])
            words = []
    sets.append(("wnut17/train.conll", wnut))
    return sets


def large_tokenizers(shared):
    folder = f"{shared}/data/tokenizers"
    with tempfile.TemporaryDirectory() as temporary:
        large = {"bert-base-uncased": tokenizer_of(f"{folder}/bert-base-uncased")}
        for name in ("bert-base-cased", "bert-base-multilingual-cased"):
            path = os.path.join(temporary, name)
            os.makedirs(path)
            os.symlink(os.path.abspath(f"{folder}/{name}/vocab.txt"), os.path.join(path, "vocab.txt"))
            with open(os.path.join(path, "tokenizer_config.json"), "w") as file:
                json.dump({"do_lower_case": False, "tokenizer_class": "BertTokenizer"}, file)
            large[name] = transformers.BertTokenizer.from_pretrained(path)._tokenizer
        large["roberta-base"] = tokenizer_of(f"{folder}/roberta-base")
    return large


def data_hashes(tokenizer, sets):
    """A hash for each hundred texts of each file; of pairs no more than 64 tokens."""
    hashes = {}
    for name, texts in sets:
        groups = []
        for start in range(0, len(texts), 100):
            state = 0
            for text in texts[start:start + 100]:
                encoding = encode_pair(tokenizer, *text, limit=64) if len(text) == 2 else encode_pair(tokenizer, text[0], None)
                state = hashed(state, encoding, text)
            groups.append(f"{state:016x}")
        hashes[name] = " ".join(groups)
    return hashes


def scalar_texts(block):
    """Texts of 256 scalars each: alone, behind a letter, and before a mark."""
    scalars = [chr(value) for value in range(block * 256, block * 256 + 256) if not 0xD800 <= value < 0xE000]
    return [" ".join(scalars), "".join("a" + scalar for scalar in scalars), "".join(scalar + "\u0301" for scalar in scalars)]


def scalar_hashes(tokenizer):
    """A hash for each 4096 scalars, from U+0000 to U+10FFFF."""
    groups = []
    for group in range(272):
        state = 0
        for block in range(group * 16, group * 16 + 16):
            for text in scalar_texts(block):
                state = hashed(state, encode_pair(tokenizer, text, None), [text])
        groups.append(f"{state:016x}")
    return " ".join(groups)


# Files


def write(name, value, indent=0):
    with open(os.path.join(OUTPUT, name), "w") as file:
        json.dump(value, file, ensure_ascii=False, separators=(",", ":"), indent=indent)
        file.write("\n")


def write_cases(name, cases):
    """One case a line, so that a change of a golden can be read in a diff."""
    with open(os.path.join(OUTPUT, name), "w") as file:
        lines = (json.dumps(case, separators=(",", ":")) for case in cases)
        file.write('{"library": "tokenizers %s",\n"cases": [\n' % tokenizers.__version__ + ",\n".join(lines) + "\n]}\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("shared")
    arguments.add_argument("--train", action="store_true")
    options = arguments.parse_args()
    os.makedirs(OUTPUT, exist_ok=True)
    if options.train:
        train(options.shared)

    for name, tokenizer in small_tokenizers().items():
        write_cases(os.path.basename(name) + ".cases.json", hard_cases(tokenizer, with_prefix_space(tokenizer)))

    settings = {}
    cases = []
    for name, tokenizer in parts().items():
        settings[name] = json.loads(tokenizer.to_str())
        for text in PART_TEXTS:
            cases.append({"part": name, "text": text, "encoding": row(encode_pair(tokenizer, text, None), [text])})
        for first, second in PAIRS[4:6]:
            cases.append({"part": name, "text": first, "second": second,
                          "encoding": row(encode_pair(tokenizer, first, second), [first, second])})
    write_parts(settings)
    write_cases("parts.cases.json", cases)

    golden = []
    for name, copied, written, tokenizer in folders():
        cases = [{"text": text, "encoding": row(encode_pair(tokenizer, text, None), [text])} for text in FOLDER_TEXTS]
        golden.append({"folder": name, "copied": copied, "written": written, "cases": cases})
    write("folders.json", {"library": f"transformers {transformers.__version__}", "folders": golden}, 1)

    sets = data_sets(options.shared)
    large = large_tokenizers(options.shared)
    small = small_tokenizers()
    large["xlm-roberta"], large["albert"] = small["tokenizers/xlm-roberta"], small["tokenizers/albert"]
    golden = {"library": f"tokenizers {tokenizers.__version__}", "counts": {name: len(texts) for name, texts in sets},
              "tokenizers": {name: data_hashes(tokenizer, sets) for name, tokenizer in large.items()},
              "scalars": {name: scalar_hashes(large[name]) for name in ("bert-base-uncased", "bert-base-cased", "roberta-base")}}
    golden["scalars"]["xlm-roberta"] = scalar_hashes(large["xlm-roberta"])
    golden["scalars"]["albert"] = scalar_hashes(large["albert"])
    write("hashes.json", golden)


def write_parts(settings):
    """The tokenizers of the parts; models that several have are written once."""
    shared_models = {}
    for name, setting in settings.items():
        model = json.dumps(setting["model"], ensure_ascii=False, separators=(",", ":"))
        setting["model"] = shared_models.setdefault(model, name)
        for key in ("truncation", "padding", "decoder"):
            setting.pop(key, None)
    write("parts.json", {"models": {name: json.loads(model) for model, name in shared_models.items()}, "parts": settings}, None)


if __name__ == "__main__":
    main()
