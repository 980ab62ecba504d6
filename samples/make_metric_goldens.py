"""Makes the goldens of the metrics, in samples/metrics, from the genuine libraries.

    python -m pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1
    python -m pip download seqeval==1.2.2 --no-deps --no-binary :all:     (needs setuptools<70 and setuptools_scm)
    tar xzf seqeval-1.2.2.tar.gz
    python samples/make_metric_goldens.py --seqeval seqeval-1.2.2 --evaluate EVALUATE --utils-qa UTILS_QA

EVALUATE is a checkout of github.com/huggingface/evaluate, in which metrics/squad and metrics/squad_v2 hold SQuAD's official
scripts as functions. UTILS_QA is the file examples/pytorch/question-answering/utils_qa.py of github.com/huggingface/transformers.

Every file holds its random inputs beside what the libraries make of them. Seeds are fixed: a second run gives the same files.
"""

import argparse
import contextlib
import importlib.util
import io
import json
import os
import sys

import numpy as np
import scipy.special
import scipy.stats
import sklearn.metrics

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "metrics")
RESAMPLES = 10_000


def load(path):
    spec = importlib.util.spec_from_file_location(os.path.basename(os.path.dirname(path)) + "_module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def save(name, document):
    os.makedirs(FOLDER, exist_ok=True)
    lines = ",\n".join(f"{json.dumps(key)}: [\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]"
                       for key, cases in document.items())
    with open(os.path.join(FOLDER, name), "w", encoding="utf-8") as file:
        file.write("{\n" + lines + "\n}\n")


def interval(examples, statistic, seed=7):
    """The bounds of a percentile bootstrap over examples."""
    random = np.random.default_rng(seed)
    values = [statistic(random.integers(0, examples, examples)) for _ in range(RESAMPLES)]
    return [float(bound) for bound in np.percentile(values, [2.5, 97.5])]


def proportions():
    cases = []
    for successes, examples in [(0, 1), (1, 1), (1, 2), (0, 10), (10, 10), (7, 10), (781, 872), (900, 1000), (1, 100_000)]:
        bounds = scipy.stats.binomtest(successes, examples).proportion_ci(method="wilson")
        cases.append(dict(successes=successes, examples=examples, interval=[float(bounds.low), float(bounds.high)]))
    return cases


def classes(random):
    def case(gold, predicted, resample=False):
        gold, predicted = np.array(gold), np.array(predicted)
        metrics = {
            "accuracy": sklearn.metrics.accuracy_score,
            "macro-f1": lambda g, p: sklearn.metrics.f1_score(g, p, average="macro", zero_division=0),
            "matthews": sklearn.metrics.matthews_corrcoef,
        }
        if max(gold.max(), predicted.max()) < 2:
            metrics["f1"] = lambda g, p: sklearn.metrics.f1_score(g, p, average="binary", pos_label=1, zero_division=0)
        result = dict(gold=gold.tolist(), predicted=predicted.tolist(),
                      values={name: float(metric(gold, predicted)) for name, metric in metrics.items()})
        if resample:
            result["intervals"] = {name: interval(len(gold), lambda i: metric(gold[i], predicted[i]))
                                   for name, metric in metrics.items() if name != "accuracy"}
        return result

    cases = [case([0], [0]), case([1], [0]), case([0, 1], [1, 1]), case([0, 0, 0], [1, 0, 1]), case([1, 1, 1, 1], [1, 1, 1, 1]),
             case([0, 1, 2, 0], [0, 0, 0, 0]), case([0, 1, 2], [0, 1, 2]), case([5, 3, 5], [3, 3, 5])]
    for count, number, noise in [(40, 2, 0.3), (150, 2, 0.1), (200, 5, 0.4), (60, 3, 0.9)]:
        gold = random.integers(0, number, count)
        predicted = np.where(random.random(count) < noise, random.integers(0, number, count), gold)
        cases.append(case(gold, predicted, resample=count == 150))
    return cases


def scores(random):
    def case(gold, predicted, resample=False):
        gold, predicted = np.array(gold, dtype=float), np.array(predicted, dtype=float)
        constant = len(set(gold)) == 1 or len(set(predicted)) == 1
        metrics = {"pearson": lambda g, p: scipy.stats.pearsonr(g, p).statistic,
                   "spearman": lambda g, p: scipy.stats.spearmanr(g, p).statistic, "r2": sklearn.metrics.r2_score}
        # Correlations with what is constant are undefined; so the libraries say, with a warning.
        values = {name: None if constant and name != "r2" else float(metric(gold, predicted)) for name, metric in metrics.items()}
        result = dict(gold=gold.tolist(), predicted=predicted.tolist(), values=values)
        if resample:
            result["intervals"] = {name: interval(len(gold), lambda i: metric(gold[i], predicted[i]))
                                   for name, metric in metrics.items()}
        return result

    cases = [case([1, 2], [3, 4]), case([1, 2], [4, 3]), case([1, 2, 3], [5, 5, 5]), case([2, 2, 2], [1, 2, 3]),
             case([2, 2, 2], [2, 2, 2]), case([1e9, 1e9 + 1, 1e9 + 2], [0.1, 0.3, 0.2]), case([1, 2, 2, 3], [1, 1, 2, 2])]
    for count, noise, digits, resample in [(30, 1.0, 6, False), (200, 0.7, 2, True), (120, 3.0, 0, False)]:
        gold = np.round(random.uniform(0, 5, count) * 4) / 4
        cases.append(case(gold, np.round(gold + noise * random.standard_normal(count), digits), resample))
    return cases


def tags(random, seqeval_metrics, get_entities):
    def case(gold, predicted, resample=False):
        with contextlib.redirect_stderr(io.StringIO()):
            f1 = seqeval_metrics.f1_score(gold, predicted, zero_division=0)
        result = dict(gold=gold, predicted=predicted, f1=float(f1),
                      entities=[[[kind, start, end + 1] for kind, start, end in get_entities(sentence)] for sentence in gold])
        if resample:
            counts = [(len(set(get_entities(g)) & set(get_entities(p))), len(set(get_entities(g))) + len(set(get_entities(p))))
                      for g, p in zip(gold, predicted)]
            shared, total = np.array(counts).T
            result["interval"] = interval(len(gold), lambda i: 2 * shared[i].sum() / max(1, total[i].sum()))
        return result

    hand = ["O B-A I-A O", "I-A I-A I-B", "B-A B-A I-B I-A", "I-A O I-A B-A", "S-A E-A B-A E-A", "B-A E-A I-A", "E-A E-A O", "B-a-b I-a-b I-b",
            "O O O", "I-B", "B-A O I-A", "S-A S-B I-B", "B I I", "X-A X-A"]
    cases = [case([sentence.split()], [other.split()[: len(sentence.split())] + ["O"] * (len(sentence.split()) - len(other.split()))])
             for sentence, other in zip(hand, hand[1:] + hand[:1])]
    bio = ["O", "O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
    for count, noise, resample in [(20, 0.3, False), (120, 0.15, True)]:
        gold = [[str(tag) for tag in random.choice(bio, random.integers(1, 9))] for _ in range(count)]
        predicted = [[str(random.choice(bio)) if random.random() < noise else tag for tag in sentence] for sentence in gold]
        cases.append(case(gold, predicted, resample))
    return cases


ANSWERS = [
    (["1531", "in 1531"], "1531"), (["1531", "in 1531"], "the year 1531"), (["Old Pia", "Pia"], "pia!"), (["a week"], "A  week."),
    (["The Heron Club"], "heron club"), (["the"], "the"), (["the"], ""), (["an owl"], "the"), (["two days"], "three days or two"),
    (["well-known"], "wellknown"), (["$5.00"], "500"), (["blue blue red"], "red blue"), (["blue red"], "blue blue blue"), (["Straße"], "STRASSE"),
    (["\u0130zmir"], "i\u0307zmir"), (["ΟΔΟΣ"], "οδος"), (["ΟΔΟΣ ΑΣ."], "οδος ας"), (["a\u0301 cote"], "cote"), (["naïve\u00a0plan"], "naïve plan"),
    (["x\u2003y"], "x y"), (["x\u200by"], "x y"), (["«the» owl"], "«» owl"), (["a_b the_c"], "ab thec"), (["thé an"], "thé"), (["½ a"], "½"), (["٣ a"], "٣"),
    (["北京 the 市"], "北京 市"), (["a𝟘 b"], "b"), (["e\u0301 the\u0301"], "e\u0301 \u0301"), ([""], "something"), (["x\u001fy"], "x y"), (["x\u0085y"], "x y"),
    (["Σ"], "σ"), (["ΑΣ\u0301Β"], "ασ\u0301β"), (["ʰΣ"], "ʰς"), (["\u1e9e"], "ß"),
]


def answers(squad, squad2):
    documents = [dict(id=str(i), gold=gold, predicted=predicted) for i, (gold, predicted) in enumerate(ANSWERS)]
    documents += [dict(id=f"none-{i}", gold=[], predicted=predicted) for i, predicted in enumerate(["", "the", "an owl"])]
    predictions = {document["id"]: document["predicted"] for document in documents}
    second = [dict(paragraphs=[dict(qas=[dict(id=d["id"], answers=dict(text=d["gold"])) for d in documents])])]
    exact2, f12 = squad2.get_raw_scores(second, predictions)
    for document in documents:
        key = document.pop("id")
        document["squad2"] = dict(exact=int(exact2[key]), f1=float(f12[key]))
        document["words"] = squad.normalize_answer(document["predicted"]).split()
        if document["gold"]:
            over = squad.metric_max_over_ground_truths
            document["squad1"] = dict(exact=int(over(squad.exact_match_score, document["predicted"], document["gold"])),
                                      f1=float(over(squad.f1_score, document["predicted"], document["gold"])))
    return documents


CONTEXT = "Die Fähre nach Köpu fährt um zwölf; sie trägt Ziegen, Käse – und manchmal einen Dichter, der zu spät kam. 🐐 Danach schläft der Hafen."


def words(text):
    """The character range of each word, and of each mark by itself."""
    ranges, start = [], None
    for index, character in enumerate(text + " "):
        if character.isalnum():
            start = index if start is None else start
            continue
        if start is not None:
            ranges.append((start, index))
            start = None
        if not character.isspace():
            ranges.append((index, index + 1))
    return ranges


def search(random, postprocess):
    """Windows over one context as run_qa.py makes them: a token for no answer, a question, the context, an end."""
    cases = []
    ranges = words(CONTEXT)
    for index in range(32):
        size, step = int(random.integers(6, 20)), int(random.integers(3, 6))
        windows = []
        for start in range(0, len(ranges), step):
            offsets = [None] * int(random.integers(3, 6)) + list(ranges[start : start + size]) + [None]
            windows.append(offsets)
            if start + size >= len(ranges):
                break
        logits = [[np.round(random.standard_normal(len(offsets)) * 3, 4).astype(np.float32) for offsets in windows] for _ in range(2)]
        for side in logits:
            for window in side:
                window[0] = np.float32(np.round(random.normal(8, 2), 4))
        if index == 31:
            windows = [[None] * 4, [None] * 3]
            logits = [[window[:4] for window in side[:1]] + [window[:3] for window in side[1:2]] for side in logits]
        options = dict(n_best_size=int(random.choice([1, 3, 20])), max_answer_length=int(random.choice([1, 4, 30])),
                       null_score_diff_threshold=float(random.choice([-2.0, 0.0, 0.0, 1.5])))
        features = [dict(example_id="q", offset_mapping=offsets) for offsets in windows]
        examples = Rows([dict(id="q", context=CONTEXT)])
        texts = [postprocess(examples, features, tuple(logits), version_2_with_negative=second, **options)["q"] for second in (False, True)]
        cases.append(dict(
            windows=[dict(start=plain(start), end=plain(end),
                          ranges=[offset and [len(CONTEXT[:edge].encode()) for edge in offset] for offset in offsets])
                     for offsets, start, end in zip(windows, *logits)],
            candidates=options["n_best_size"], longest=options["max_answer_length"], threshold=options["null_score_diff_threshold"],
            answer=texts[0], answerOrNone=texts[1]))
    return cases


class Rows(list):
    """Examples as the datasets library gives them: a column by its name, a row by its place."""

    def __getitem__(self, key):
        return [row[key] for row in self] if isinstance(key, str) else super().__getitem__(key)


def plain(logits):
    """Logits of few digits, which a reader rounds to the same floats."""
    result = [round(float(logit), 4) for logit in logits]
    assert np.array_equal(np.array(result, dtype=np.float32), logits)
    return result


def divergences(random):
    cases = []
    for rows, classes_, scale in [(1, 2, 1.0), (7, 3, 2.0), (5, 9, 30.0)]:
        teacher, student = (np.round(random.standard_normal((rows, classes_)) * scale, 4).astype(np.float32) for _ in range(2))
        p, q = (scipy.special.log_softmax(logits.astype(float), axis=1) for logits in (teacher, student))
        divergence = float(np.mean(np.sum(np.exp(p) * (p - q), axis=1)))
        reference = float(np.mean(scipy.stats.entropy(np.exp(p), np.exp(q), axis=1)))
        assert scale > 5 or abs(divergence - reference) < 1e-12
        cases.append(dict(classes=classes_, teacher=plain(teacher.ravel()), student=plain(student.ravel()),
                          divergence=divergence))
    return cases


def main():
    parser = argparse.ArgumentParser()
    for name in ["seqeval", "evaluate", "utils-qa"]:
        parser.add_argument("--" + name, required=True)
    arguments = parser.parse_args()
    sys.path.insert(0, arguments.seqeval)
    import seqeval.metrics
    from seqeval.metrics.sequence_labeling import get_entities

    squad = load(os.path.join(arguments.evaluate, "metrics", "squad", "compute_score.py"))
    squad2 = load(os.path.join(arguments.evaluate, "metrics", "squad_v2", "compute_score.py"))
    utils_qa = load(arguments.utils_qa)
    utils_qa.tqdm = lambda rows: rows

    save("classes.json", dict(proportions=proportions(), cases=classes(np.random.default_rng(1))))
    save("scores.json", dict(cases=scores(np.random.default_rng(2)), divergences=divergences(np.random.default_rng(3))))
    save("tags.json", dict(cases=tags(np.random.default_rng(4), seqeval.metrics, get_entities)))
    save("answers.json", dict(context=[CONTEXT], cases=answers(squad, squad2),
                              searches=search(np.random.default_rng(5), utils_qa.postprocess_qa_predictions)))


main()
