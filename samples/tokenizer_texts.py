"""Texts that are hard on tokenizers, for make_tokenizer_goldens.py."""

WORDS = [
    "", " ", "  \t\n ", "a", "A", "hello world", "Hello, World!", "The quick brown fox jumps over the lazy dog.",
    "  lead  and   trail  ", "tab\tnew\nline\r\nend\rx", "\r", "\n\n", "\x0b\x0c", "...", "don't can't I'll we're they've "
    "I'm he'd 'tis 'S 'T", "a'b''c", "``quoted''", "$1,234.56 50% a@b.c http://x.y/z?q=1#f", "a_b-c—d…e‘f’g“h”", "a" * 120,
    "x" * 100 + " " + "y" * 101, "é" * 100, "é" * 101, "e\u0301" * 60, "的" * 110, "1234567890" * 3, "ALLCAPS MiXeD cAsE",
    "a  b   c", "unbelievable antidisestablishmentarianism", "!?.,;:-_()[]{}<>/\\|@#$%^&*+=~`\"'",
]
ACCENTS = [
    "naïve café résumé Ñandú", "é e\u0301 e\u0301\u0323 e\u0323\u0301 ệ Å \u212b", "\u0301abc", "\u0301", "\u0301\u0302 \u0303",
    "a\u0315\u0300\u05ae\u0300b", "\u0f71\u0f72\u0f74\u0f80", "\u0344\u0958\u2adc", "\u01d5\u1e69 s\u0307\u0323", "ﬁ ﬂ ﬃ ﬅ",
    "™ ½ ① ㎏ ℡ ﷺ ﷲ", "ⅷ Ⅷ ² ³ ٣ ५ 零 ㈠", "ǅ ǆ Ǆ ŉ ǰ ΐ", "ö ü ä Ö Ü Ä ß ẞ STRASSE", "\u00df\u0345\u1fb3",
    "ø đ ł þ ð æ œ Ø Đ Ł", "\u1e9e\u0130\u0049\u0307", "a\u0323\u0302 â\u0323 \u1ead",
]
SCRIPTS = [
    "İstanbul ıI", "\u0130", "\u0130\u0130a", "ΑΒΓ Σς ΣΑΣ", "Привет МИР ёЁ", "한국어 각 \u1100\u1161\u11a8 \u1100\u1161 \u1100", "\ud7a3\uac00\uac01",
    "\u3131\u314f \uffa1\uffc2", "สวัสดีครับ ภาษาไทย ำน\u0e49ำ", "नमस्ते दुनिया क्षि", "\u0b95\u0bcb தமிழ்", "שלום עולם \ufb1d\u05b4\ufb2a",
    "مرحبا بالعالم ١٢٣", "\u202eabc\u202c \u200fשלום\u200e", "汉字 漢字カタカナひらがな", "ｱｲｳ ＡＢＣ　ａｂｃ", "か\u3099 が ﾊﾟ", "ἀρχή ᾳ ᾼ ϴ K Å Ω",
    "მხედრული ᲛᲮᲔᲓᲠᲣᲚᲘ", "ꭰ Ꭰ ᏸ", "mixed中英文text混合123", "日本語とEnglishとрусский", "ꟲ 𐞀 𝔘𝔫𝔦 𝟘𝟙", "\U00010400\U00010428 𐐀",
]
SYMBOLS = [
    "👨‍👩‍👧‍👦 👍🏽 🇫🇷🇩🇪 🇫", "❤️ ☎︎ 1️⃣ #️⃣", "a👍b", "𠀀𠮷 㐀 \uf900 \U0002f800 \U0002b820 \U00030000", "\ufffd x \ufffdy",
    "a\u200bb\u200cc\u200dd\ufeffe\u2060f\u00adg", "a\x00b\x01c\x7fd\x85e\x9ff", "\x00", "\u180e\u061c\u034f", "a\u00a0b\u3000c\u2003d\u2028e\u2029f\u1680g\u202fh",
    "\ue000\uf8ff\U000f0000\U0010fffd", "\U0010ffff \uffff \ufdd0", "\U000e0001\U000e0041\U000e007f\U000e0100", "\ud7ff\ue000\uffff\U00010000",
    "\U0001d15e\U0001d1bb", "∑∏∫√∞≠≤ ←↑→↓", "€£¥¢₹ ©®", "◆■●★☆", "\u0600\u06dd\u070f 12", "\U000110bd\u0890", "\u2581 ▁▁a <0x41> ▁b",
    "Ġ Ċ ĠĠa â", "\u0378\u0e00\u2072 unassigned \U0001fbff",
]
SPECIALS = [
    "[MASK]", " [MASK] ", "the [MASK] is[SEP][CLS] [UNK] [unk] [mask] [PAD]", "[MASK][MASK]", "x[MASK]y", "[MASK", "[[MASK]]",
    "<s> </s> <mask> <pad> <unk>", "a<mask>b", "a  <mask>  b", "x <mask>é", "<mask> <mask>", "\u3000<mask>\u3000", "\t<mask>\n", "<s>a</s>",
    "new_token New_Token xnew_token new_tokeny (new_token) new_token", "keep Keep KEEP keeping", "left  left right  right  both  both  x",
]
SINGLES = WORDS + ACCENTS + SCRIPTS + SYMBOLS + SPECIALS
PAIRS = [("", ""), ("", "a b"), ("a b", ""), ("Who wrote it?", "She did, in 1851."), ("é", "한국어"), ("[SEP]", "<mask> x"),
         ("a very short text", "and one that is quite a bit longer than the first")]
TRUNCATED = [("one two three four five six seven", None), ("one two three", "four five six seven eight nine ten"),
             ("one two three four five six seven eight", "nine ten"), ("naïve café", "résumé — 漢字かな")]
WORD_LISTS = [[], [""], ["a"], ["Hello", ",", "world", "!"], ["EU", "rejects", "German", "call"], ["", "x", "", "y"], ["New York", "is", " big "],
              ["naïve", "漢字", "\u0301", "[MASK]", "<mask>", "don't"], ["\u200b", "\x00", "👨‍👩‍👧‍👦"], ["unbelievable"] * 4]
WINDOWS = [("Who?", "The cat sat on the mat while the dog slept under the old oak table.", 20, 4),
           ("Who?", "The cat sat on the mat while the dog slept under the old oak table.", 14, 0),
           ("What is it called?", "naïve café 漢字かな交じり文 résumé don't stop", 30, 6), ("Who?", "short", 20, 4), ("", "a b c d e f g h", 7, 2)]

# Short ones that tell the parts of a tokenizer apart.
PART_TEXTS = [
    "", " ", "  \t\n ", "  lead  and   trail  ", "tab\tnew\nline\r\nend\rx", "don't I'll we'RE 'S", "``quoted''", "a_b-c—d…e", "the abc cab able",
    "12 3456.7 x1y22", "unbelievable é12", "café e\u0301 ệ", "\u0301a\u0301", "a\u0315\u0300\u05aeb ﬁ ½ ①", "İ ẞ Σς Ǆ", "한국 \u1100\u1161\u11a8", "ﺎ ３ ٣ 零",
    "a\u00a0b\u3000c\u200bd\ufeff", "a\x00b\x01c\x85d\ufffd", "漢字か\u3099", "👨‍👩‍👧 👍🏽 🇫🇷", "xyx aaa ea", "Hello, (World)!", *SPECIALS[-9:],
]
