"""Makes the goldens of what a model is trained on, in samples/training/targets.json, from Transformers and the tokenizer of sst2-tiny.

    python -m pip install transformers==5.23.0
    python samples/make_training_data_goldens.py

Answer spans follow examples/pytorch/question-answering/run_qa.py of github.com/huggingface/transformers (prepare_train_features), the tags
of words examples/pytorch/token-classification/run_ner.py (tokenize_and_align_labels, without label_all_tokens).
"""

import json
import os

from transformers import AutoTokenizer

FOLDER = os.path.dirname(os.path.abspath(__file__))
LIMIT = 30

STORY = (
    "The film opens on a café in Zürich, where an ageing director meets the young actress who will save his career. "
    "They quarrel about money , then about art — and finally about nothing at all. By the third act the café has burned down, "
    "the director has moved to Rio de Janeiro, and the actress runs a small theatre of her own near the harbour."
)
QUESTIONS = [
    ("Where does the film open?", "a café in Zürich"),
    ("Where does the film open?", "The film opens on a"),
    ("What do they quarrel about?", "money"),
    ("What is lost?", "é has"),
    ("Where did the director move?", "Rio de Janeiro"),
    ("What does the actress run?", "a small theatre of her own near the harbour."),
    ("Who wins the prize?", None),
]
SENTENCES = [
    (["Anna", "unforgettably", "loves", "Lindsborg", "."], ["B-PER", "O", "O", "B-LOC", "O"]),
    (["In", "", "Rio", "de", "Janeiro"], ["O", "O", "B-LOC", "I-LOC", "I-LOC"]),
    (["überraschend"] * 16, ["B-PER"] + ["I-PER"] * 15),
]
LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]


def spans(tokenizer, document):
    """The windows of every question with the tokens of its first answer."""
    windows = []
    for paragraph in document["data"][0]["paragraphs"]:
        for question in paragraph["qas"]:
            encoded = tokenizer(
                question["question"], paragraph["context"], truncation="only_second", max_length=LIMIT,
                stride=LIMIT // 3, return_overflowing_tokens=True, return_offsets_mapping=True)
            for i, offsets in enumerate(encoded["offset_mapping"]):
                ids, sequence_ids = encoded["input_ids"][i], encoded.sequence_ids(i)
                windows.append({"ids": ids, "span": span(ids, offsets, sequence_ids, question["answers"])})
    return windows


def span(ids, offsets, sequence_ids, answers):
    if not answers:
        return [0, 0]
    start_char = answers[0]["answer_start"]
    end_char = start_char + len(answers[0]["text"])
    token_start_index = 0
    while sequence_ids[token_start_index] != 1:
        token_start_index += 1
    token_end_index = len(ids) - 1
    while sequence_ids[token_end_index] != 1:
        token_end_index -= 1
    if not (offsets[token_start_index][0] <= start_char and offsets[token_end_index][1] >= end_char):
        return [0, 0]
    while token_start_index < len(offsets) and offsets[token_start_index][0] <= start_char:
        token_start_index += 1
    while offsets[token_end_index][1] >= end_char:
        token_end_index -= 1
    return [token_start_index - 1, token_end_index + 1]


def tags(tokenizer):
    """The class of every token of some sentences."""
    found = []
    for words, names in SENTENCES:
        encoded = tokenizer(words, truncation=True, max_length=LIMIT, is_split_into_words=True)
        classes, previous = [], None
        for word in encoded.word_ids():
            counts = word is not None and word != previous
            classes.append(LABELS.index(names[word]) if counts else -100)
            previous = word
        found.append({"words": words, "tags": names, "ids": encoded["input_ids"], "classes": classes})
    return found


def main():
    tokenizer = AutoTokenizer.from_pretrained(os.path.join(FOLDER, "sst2-tiny"))
    document = {
        "version": "v2.0",
        "data": [{"title": "A film", "paragraphs": [{"context": STORY, "qas": [
            {
                "id": str(i), "question": question, "is_impossible": answer is None,
                "answers": [{"text": answer, "answer_start": STORY.index(answer)}] if answer else [],
            }
            for i, (question, answer) in enumerate(QUESTIONS)
        ]}]}],
    }
    golden = {
        "limit": LIMIT, "labels": LABELS, "questions": document, "windows": spans(tokenizer, document),
        "sentences": tags(tokenizer),
    }
    os.makedirs(os.path.join(FOLDER, "training"), exist_ok=True)
    with open(os.path.join(FOLDER, "training", "targets.json"), "w") as file:
        json.dump(golden, file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")


main()
