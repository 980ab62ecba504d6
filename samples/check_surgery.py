"""Loads models that pare made smaller with transformers, and compares their numbers with those of the same surgery in PyTorch.

    python samples/check_surgery.py --pare .build/release/pare [--keep FOLDER] [--only WORD]

Run it once with transformers 4.36.2 and once with transformers 5: what only one of them can say (pruned heads, which
transformers 5 no longer reads) is checked there alone. Tokenizers are compared with the tokenizers library. One line is printed
for each check; the exit status is 1 if any of them failed.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import tokenizers
import torch
import transformers

import goldens
from surgery import CASES, Surgery

transformers.logging.set_verbosity_error()
FOUR = transformers.__version__.startswith("4.")
FAMILIES = ["bert", "roberta", "xlm-roberta", "distilbert", "electra", "albert"]
HEADS = ["model", "masked-lm", "sequence-classification", "token-classification", "question-answering"]
REVIEWS = os.path.join(goldens.SAMPLES, "sentiment", "dev.tsv")
OUTPUTS = ["logits", "prediction_logits", "start_logits", "end_logits", "last_hidden_state", "pooler_output"]


class Run:
    def __init__(self, pare, folder, only):
        self.pare, self.folder, self.only = pare, folder, only
        self.passed, self.failed, self.written = 0, 0, 0

    def check(self, label, action):
        if self.only and self.only not in label:
            return
        try:
            action()
        except Exception as error:
            self.failed += 1
            print(f"FAIL {label}: {type(error).__name__}: {' | '.join(str(error).splitlines()[:4])}", flush=True)
        else:
            self.passed += 1
            print(f"ok   {label}", flush=True)

    def apply(self, name, source, *options):
        """pare NAME SOURCE -o FOLDER: the folder that was written."""
        self.written += 1
        path = os.path.join(self.folder, f"{self.written:03}") + "/"
        source = source if os.path.isabs(source) else os.path.join(goldens.SAMPLES, source)
        command = [self.pare, name, source, "-o", path, "--to", "safetensors", *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"exit {done.returncode}: {' '.join(command[1:])}: {done.stderr.strip()}"
        return path


def config(folder):
    with open(os.path.join(folder, "config.json")) as file:
        return json.load(file)


def load(folder, unexpected=()):
    """The model of the class that its configuration names, in F32, nothing missing and nothing left over."""
    path = folder if os.path.isabs(folder) else os.path.join(goldens.SAMPLES, folder)
    kind = getattr(transformers, config(path)["architectures"][0])
    model, info = kind.from_pretrained(path, output_loading_info=True, torch_dtype=torch.float32)
    for key in ["missing_keys", "unexpected_keys", "mismatched_keys"]:
        found = [name for name in info[key] if not any(word in str(name) for word in ("position_ids", *unexpected))]
        assert not found, f"{key}: {found[:3]}"
    return model.eval()


def inputs(vocabulary, length=9):
    ids = torch.arange(length) * 7 % (vocabulary - 5) + 5
    return ids[None]


def outputs(model, ids):
    with torch.no_grad():
        result = model(input_ids=ids)
    return {name: result[name] for name in OUTPUTS if name in result and result[name] is not None}


def equal(expected, found, what):
    assert expected.keys() == found.keys(), f"{what}: {sorted(found)} instead of {sorted(expected)}"
    for name in expected:
        worst = (expected[name] - found[name]).abs().max().item()
        scale = max(1, expected[name].abs().max().item())
        assert expected[name].shape == found[name].shape, f"{what}: {name} is {list(found[name].shape)}"
        assert worst <= 2e-5 * scale, f"{what}: {name} differs by {worst:.1e}"


# Shrinking

def check_shrinking(run):
    for name, (sample, steps) in CASES.items():
        run.check(f"shrink {name}", lambda: check_case(run, sample, steps))


def check_case(run, sample, steps):
    """Where transformers can say what is left it loads it and computes the same; where not, it refuses."""
    folder = sample
    for name, options in steps:
        folder = run.apply(name, folder, *(text for key, value in options.items() for text in (f"--{key}", value)))
    written = config(folder)
    if "intermediate" in written.get("pare", {}) or (not FOUR and "pruned_heads" in written):
        try:
            load(folder)
        except Exception:
            return
        raise AssertionError("transformers loads what its configuration cannot say")
    model = load(folder)
    if not FOUR and any("heads" in options for _, options in steps):
        return  # transformers 5 cannot prune heads to compare with
    expected = Surgery(load(sample)).run(steps).model
    equal(outputs(expected, inputs(40)), outputs(model, inputs(40)), "after shrinking")


def check_narrowing(run):
    """What transformers 5 can say too: fewer layers, narrower networks."""
    for family in FAMILIES:
        for head in HEADS:
            sample = f"encoders/{family}/{head}"
            steps = [("shrink", {"intermediate": "13"} if family == "albert" else {"intermediate": "13", "layers": "1"})]
            run.check(f"shrink {sample}, no heads", lambda: check_case(run, sample, steps))


# Trimming

def check_trimming(run):
    for family in FAMILIES:
        for head in HEADS:
            sample = f"encoders/{family}/{head}"
            run.check(f"trim {sample} with the vocabulary of bert-tiny", lambda: check_model(run, sample))
    run.check("trim sst2-tiny to a corpus, tokens and logits", lambda: check_reviews(run, "sst2-tiny", "--corpus", REVIEWS))
    run.check("trim sst2-tiny to a corpus and 64 positions", lambda: check_reviews(
        run, "sst2-tiny", "--corpus", REVIEWS, "--positions", "64"))
    # The two tokenizers with a tokenizer.json are written in a newer form than the library of transformers 4.36 reads.
    for name in ["roberta"] if FOUR else ["albert", "roberta", "xlm-roberta"]:
        run.check(f"trim the tokenizer of {name} to a corpus", lambda: check_tokenizer(run, name))
    try:
        import sentencepiece
    except ImportError:
        print("skip SentencePiece: not installed", flush=True)
    else:
        run.check("trim a file of SentencePiece", lambda: check_pieces(run, sentencepiece))


def with_vocabulary(run, sample, vocabulary, count):
    """A folder with a sample's model, its embeddings repeated to a number of tokens, and a vocabulary."""
    run.written += 1
    path = os.path.join(run.folder, f"{run.written:03}")
    model = load(sample)
    model.resize_token_embeddings(count)
    with torch.no_grad():
        generator = torch.Generator().manual_seed(count)
        rows = model.get_input_embeddings().weight
        rows.copy_(torch.randn(rows.shape, generator=generator))
    model.save_pretrained(path, safe_serialization=True)
    for name in ["vocab.txt", "vocab.json", "merges.txt", "tokenizer.json", "tokenizer_config.json"]:
        source = os.path.join(goldens.SAMPLES, vocabulary, name)
        if os.path.exists(source):
            shutil.copy(source, path)
    return path


def renumbering(before, after):
    """The old number of each new one, by the tokens' texts."""
    texts = after.get_vocab()
    return [before.token_to_id(text) for text, _ in sorted(texts.items(), key=lambda item: item[1])]


def check_model(run, sample):
    vocabulary = "tokenizers/roberta" if "roberta" in sample else "bert-tiny"
    count = 1200 if "roberta" in sample else 40
    source = with_vocabulary(run, sample, vocabulary, count)
    before = tokenizer(source)
    words = sorted(before.get_vocab().items(), key=lambda item: item[1])
    listed = os.path.join(run.folder, "list.txt")
    with open(listed, "w") as file:
        file.write("\n".join(text for text, id in words if id % 3 == 1))
    folder = run.apply("trim", source, "--tokens", listed)
    old = torch.tensor(renumbering(before, tokenizer(folder)))
    assert config(folder)["vocab_size"] == len(old) < count, f"{len(old)} tokens"
    model, original = load(folder), load(source)
    ids = inputs(len(old))
    expected, found = outputs(original, old[ids]), outputs(model, ids)
    for name in ["logits", "prediction_logits"]:
        if "masked-lm" in sample and name in expected:
            expected[name] = expected[name][..., old]
    equal(expected, found, "after trimming")


def tokenizer(folder):
    if os.path.exists(os.path.join(folder, "tokenizer.json")):
        return tokenizers.Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    made = tokenizers.ByteLevelBPETokenizer.from_file(
        os.path.join(folder, "vocab.json"), os.path.join(folder, "merges.txt"))
    return made._tokenizer


def check_reviews(run, sample, *options):
    source = run.apply("convert", sample)  # transformers 5 reads no tf_model.h5
    folder = run.apply("trim", source, *options)
    before, after = (transformers.AutoTokenizer.from_pretrained(path) for path in (source, folder))
    slow = transformers.BertTokenizer(os.path.join(folder, "vocab.txt"))
    model, original = load(folder), load(source)
    with open(REVIEWS) as file:
        for line in file:
            text = line.rstrip("\n")
            old, new = before(text)["input_ids"], after(text)["input_ids"]
            assert before.convert_ids_to_tokens(old) == after.convert_ids_to_tokens(new), text
            assert slow(text)["input_ids"] == new, text
            equal(outputs(original, torch.tensor([old])), outputs(model, torch.tensor([new])), text)
    assert len(after) == config(folder)["vocab_size"] < len(before)
    assert after.pad_token_id == 0 and after.mask_token_id is not None


def check_tokenizer(run, name):
    sample = f"encoders/{name}/model"
    vocabulary = f"tokenizers/{name}"
    path = os.path.join(goldens.SAMPLES, vocabulary)
    count = tokenizer(path).get_vocab_size()
    source = with_vocabulary(run, sample, vocabulary, count)
    folder = run.apply("trim", source, "--corpus", REVIEWS)
    before, after = tokenizer(source), tokenizer(folder)
    assert after.get_vocab_size() == config(folder)["vocab_size"] < count
    with open(REVIEWS) as file:
        for line in file:
            text = line.rstrip("\n")
            old, new = before.encode(text, text), after.encode(text, text)
            assert old.tokens == new.tokens, text
            assert old.offsets == new.offsets, text
            assert [after.id_to_token(id) for id in new.ids] == [before.id_to_token(id) for id in old.ids], text


def check_pieces(run, sentencepiece):
    """A file of SentencePiece beside its tokenizer.json keeps the same pieces, under the same numbers."""
    run.written += 1
    place = os.path.join(run.folder, f"{run.written:03}")
    os.makedirs(place)
    trained = os.path.join(place, "spiece")
    sentencepiece.SentencePieceTrainer.train(
        input=REVIEWS, model_prefix=trained, vocab_size=300, hard_vocab_limit=False, minloglevel=2)
    pieces = sentencepiece.SentencePieceProcessor(model_file=trained + ".model")
    count = pieces.get_piece_size()
    source = with_vocabulary(run, "encoders/albert/model", "nothing", count)
    shutil.copy(trained + ".model", source)
    made = tokenizers.Tokenizer(tokenizers.models.Unigram(
        [(pieces.id_to_piece(i), pieces.get_score(i)) for i in range(count)], unk_id=pieces.unk_id()))
    made.normalizer = tokenizers.normalizers.NFKC()
    made.pre_tokenizer = tokenizers.pre_tokenizers.Metaspace()
    made.add_special_tokens(["<unk>", "<s>", "</s>"])
    made.save(os.path.join(source, "tokenizer.json"))
    corpus = os.path.join(place, "corpus.txt")
    with open(REVIEWS) as reviews:
        lines = [line.split("\t")[0] for line in reviews][:20]
    with open(corpus, "w") as file:
        file.write("\n".join(lines))
    folder = run.apply("trim", source, "--corpus", corpus)
    left, after = sentencepiece.SentencePieceProcessor(model_file=folder + "spiece.model"), tokenizer(folder)
    assert left.get_piece_size() == after.get_vocab_size() < count, f"{left.get_piece_size()}, {after.get_vocab_size()} of {count}"
    for id in range(left.get_piece_size()):
        assert left.id_to_piece(id) == after.id_to_token(id), id
    for line in lines:
        assert pieces.encode(line, out_type=str) == left.encode(line, out_type=str), line


# Dropping

def check_dropping(run):
    for part, head in [("head", "BertModel"), ("mlm", "BertForNextSentencePrediction"), ("nsp", "BertForMaskedLM")]:
        run.check(f"drop {part} of bert-tiny", lambda: check_drop(run, part, head))


def check_drop(run, part, head):
    folder = run.apply("drop", "bert-tiny", f"--{part}")
    assert config(folder)["architectures"] == [head]
    # The masked language model has no use for the pooler, which stays unless it is dropped too.
    model, whole = load(folder, ("pooler",) if part == "nsp" else ()), load("bert-tiny")
    ids = inputs(40)
    with torch.no_grad():
        expected, found = whole(input_ids=ids), model(input_ids=ids)
    if part == "nsp":
        equal({"logits": expected.prediction_logits}, {"logits": found.logits}, part)
    elif part == "mlm":
        equal({"logits": expected.seq_relationship_logits}, {"logits": found.logits}, part)
    else:
        hidden = whole.bert(input_ids=ids).last_hidden_state.detach()
        equal({"hidden": hidden}, {"hidden": found.last_hidden_state}, part)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pare", required=True)
    parser.add_argument("--keep", help="a folder for what is written")
    parser.add_argument("--only", help="checks whose names contain this")
    arguments = parser.parse_args()
    folder = arguments.keep or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    run = Run(os.path.abspath(arguments.pare), folder, arguments.only)
    print(f"transformers {transformers.__version__}, torch {torch.__version__}, tokenizers {tokenizers.__version__}")
    try:
        check_shrinking(run)
        check_narrowing(run)
        check_trimming(run)
        check_dropping(run)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)
    print(f"{run.passed} ok, {run.failed} failed")
    sys.exit(1 if run.failed or not run.passed else 0)


if __name__ == "__main__":
    main()
