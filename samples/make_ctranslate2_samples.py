"""Makes the samples of CTranslate2 with its own converter.

    python -m pip install ctranslate2==4.8.5 torch==2.15.0 transformers==5.23.0
    python samples/make_ctranslate2_samples.py

ctranslate2/bert-float32, -float16 and -int8 are the encoder of bert-tiny/, ctranslate2/distilbert that of
families/distilbert-masked-lm with the words of bert-tiny.
"""

import os
import shutil
import tempfile

import ctranslate2.converters

SAMPLES = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(SAMPLES, "ctranslate2")


def convert(source, name, quantization):
    converter = ctranslate2.converters.TransformersConverter(os.path.join(SAMPLES, source))
    converter.convert(os.path.join(FOLDER, name), quantization=quantization)


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.makedirs(FOLDER)
    for quantization in ["float32", "float16", "int8"]:
        convert("bert-tiny", f"bert-{quantization}", quantization)
    with tempfile.TemporaryDirectory() as scratch:
        # The words are those of bert-tiny, which are as many.
        for folder in ["bert-tiny", "families/distilbert-masked-lm"]:
            shutil.copytree(os.path.join(SAMPLES, folder), scratch, dirs_exist_ok=True)
        convert(scratch, "distilbert", "float32")


if __name__ == "__main__":
    main()
