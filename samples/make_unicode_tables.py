"""Writes Sources/Tasks/Tokenizers/Unicode/UnicodeTables.swift: what Hugging Face's tokenizers library knows of Unicode.

The library mixes several Unicode versions (its crates are of different ages), so the tables are asked out of the
library itself, one scalar at a time, through its public normalizers and pre-tokenizers.

    python samples/make_unicode_tables.py        (tokenizers 0.23.3)
"""

import os

import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

OUTPUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Sources", "Tasks", "Tokenizers", "Unicode",
                      "UnicodeTables.swift")
SCALARS = [value for value in range(0x110000) if not 0xD800 <= value < 0xE000]
HANGUL = range(0xAC00, 0xD7A4)

# The order is that of ScalarClass in Swift.
FLAGS = ["whitespace", "removedByBERT", "nonspacingMark", "mark", "punctuation", "numeric", "word", "letter", "number",
         "hasLowercase", "hasCanonicalDecomposition", "hasCompatibilityDecomposition", "patternWord", "decimal",
         "hasCombiningClass"]


def bert(**more):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return normalizers.BertNormalizer(**{**off, **more}).normalize_str


def pieces(pre_tokenizer):
    return lambda text: len(pre_tokenizer.pre_tokenize_str(text))


CLEAN, ACCENTS = bert(clean_text=True), bert(strip_accents=True)
MARKS = normalizers.StripAccents().normalize_str
LOWER = normalizers.Lowercase().normalize_str
NFD, NFKD, NFC = (kind().normalize_str for kind in (normalizers.NFD, normalizers.NFKD, normalizers.NFC))
SPACES = pieces(pre_tokenizers.WhitespaceSplit())
PUNCTUATION = pieces(pre_tokenizers.Punctuation())
DIGITS = pieces(pre_tokenizers.Digits(individual_digits=True))
WORDS = pieces(pre_tokenizers.Whitespace())
LETTERS, NUMBERS, PATTERN_WORDS, DECIMALS = (pieces(pre_tokenizers.Split(Regex(pattern), "isolated"))
                                             for pattern in (r"\p{L}", r"\p{N}", r"\w", r"\d"))

# One scalar of each canonical combining class, all of them old enough for every version of Unicode.
CLASSES = {1: 0x334, 7: 0x93C, 8: 0x3099, 9: 0x94D, 10: 0x5B0, 11: 0x5B1, 12: 0x5B2, 13: 0x5B3, 14: 0x5B4, 15: 0x5B5,
           16: 0x5B6, 17: 0x5B7, 18: 0x5B8, 19: 0x5B9, 20: 0x5BB, 21: 0x5BC, 22: 0x5BD, 23: 0x5BF, 24: 0x5C1,
           25: 0x5C2, 26: 0xFB1E, 27: 0x64B, 28: 0x64C, 29: 0x64D, 30: 0x64E, 31: 0x64F, 32: 0x650, 33: 0x651,
           34: 0x652, 35: 0x670, 36: 0x711, 84: 0xC55, 91: 0xC56, 103: 0xE38, 107: 0xE48, 118: 0xEB8, 122: 0xEC8,
           129: 0xF71, 130: 0xF72, 132: 0xF74, 202: 0x321, 214: 0x1DCE, 216: 0x31B, 218: 0x302A, 220: 0x316,
           222: 0x59A, 224: 0x302E, 226: 0x1D16D, 228: 0x5AE, 230: 0x300, 232: 0x315, 233: 0x35C, 234: 0x35D,
           240: 0x345}


def comes_before(value, other):
    """Whether a mark is moved before another one that it follows: its combining class is lower and not 0."""
    return NFD("a" + chr(other) + chr(value)) == "a" + chr(value) + chr(other)


def combining_class(value):
    if value == 0x345:
        return 240
    if not comes_before(value, 0x345):
        return 0
    higher = [number for number, other in CLASSES.items() if other != value and comes_before(value, other)]
    # A member of each class but its own.
    below = [number for number in CLASSES if number < min(higher)]
    return max(below)


def flags(value):
    text = chr(value)
    between = "a" + text + "b"
    space = SPACES(between) == 2
    word = WORDS(between)
    assert (word == 2) == space
    return [space, CLEAN(between) == "ab", NFD(text) == text and ACCENTS(between) == "ab", MARKS(between) == "ab",
            PUNCTUATION(between) == 3, DIGITS(between) == 3, word == 1, LETTERS("!" + text + "!") == 3,
            NUMBERS(between) == 3, LOWER(text) != text, value not in HANGUL and NFD(text) != text,
            value not in HANGUL and NFKD(text) != text, PATTERN_WORDS("!" + text + "!") == 3,
            DECIMALS(between) == 3, False]


def number(value):
    """A number in digits of base 28: '#' to '>' end it, '?' to 'Z' are followed by more significant ones."""
    digits = ""
    while value >= 28:
        digits += chr(35 + 28 + value % 28)
        value //= 28
    return digits + chr(35 + value)


def literal(name, comment, values):
    text = "".join(number(value) for value in values)
    lines = [text[start:start + 94] for start in range(0, len(text), 94)]
    return f'  /// {comment}\n  static let {name}: StaticString = """\n' + "\\\n".join(
        "    " + line for line in lines) + '\n    """\n'


def mapping(function, wanted):
    """For each scalar that changes: the distance from the one before, how many it becomes, and which."""
    values, last = [], 0
    for value in wanted:
        result = [ord(scalar) for scalar in function(chr(value))]
        values += [value - last, len(result), *result]
        last = value
    return values


def main():
    table = {value: flags(value) for value in SCALARS}
    classes = {value: number for value in SCALARS if (number := combining_class(value))}
    for value in classes:
        table[value][-1] = True
    runs, last = [], None
    for value in range(0x110000):
        bits = sum(1 << index for index, flag in enumerate(table.get(value, [])) if flag)
        if bits == last:
            runs[-2] += 1
        else:
            runs += [1, bits]
        last = bits

    def having(flag):
        return [value for value in SCALARS if table[value][FLAGS.index(flag)]]

    compositions = []
    for value in having("hasCanonicalDecomposition"):
        full = NFD(chr(value))
        if len(full) > 1 and NFC(chr(value)) == chr(value):
            first = NFC(full[:-1])
            assert len(first) == 1 and NFC(first + full[-1]) == chr(value), hex(value)
            compositions += [ord(first), ord(full[-1]), value]
    combining, last = [], 0
    for value, number_ in classes.items():
        combining += [value - last, number_]
        last = value

    with open(OUTPUT, "w") as file:
        file.write(f"""/// What Hugging Face's tokenizers library {tokenizers.__version__} knows of Unicode, as
/// `samples/make_unicode_tables.py` found it by asking the library about every scalar.
///
/// Each table is a series of numbers, least significant digit first, in base 28: the bytes from '#' on
/// are last digits, those from '?' on are followed by more.
enum UnicodeTables {{
""")
        file.write("\n".join([
            literal("classes", "Runs of scalars from U+0000 on: how many, and the bits of their ``ScalarClass``.",
                    runs),
            literal("lowercase", "Distance from the scalar before, how many lower-case scalars, which.",
                    mapping(LOWER, having("hasLowercase"))),
            literal("canonical", "Full canonical decompositions, as above; Hangul syllables are not among them.",
                    mapping(NFD, having("hasCanonicalDecomposition"))),
            literal("compatibility", "Full compatibility decompositions where they differ from the canonical ones.",
                    mapping(NFKD, [value for value in having("hasCompatibilityDecomposition")
                                   if NFKD(chr(value)) != NFD(chr(value))])),
            literal("combiningClasses", "Distance from the scalar before, and canonical combining class.",
                    combining),
            literal("compositions", "First scalar, second scalar, and what they compose to.", compositions),
        ]))
        file.write("}\n")


if __name__ == "__main__":
    main()
