"""Writes samples/streams: entropy-coded streams as formats/pare-streams.md specifies them, by an encoder of its own.

It shares nothing with the encoder in Sources/Coding, and chooses what that one would not: other row lengths, levels,
tables, windows. Each stream is NAME.table, NAME.0, NAME.1 … (its chunks) and NAME.elements. Checks them with
formats/pare_decode.py in the end.

    python samples/make_streams.py
"""

import os
import random
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LOWEST = 1 << 16


def number(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def signed(value):
    return number(2 * value if value >= 0 else -2 * value - 1)


class Bits:
    def __init__(self):
        self.bits = []

    def add(self, value, width):
        self.bits += [value >> place & 1 for place in range(width)]

    def bytes(self):
        out = bytearray((len(self.bits) + 7) // 8)
        for place, bit in enumerate(self.bits):
            out[place // 8] |= bit << place % 8
        return bytes(out)


def frequencies(symbols):
    """Some table under which all of these can be coded: rough on purpose."""
    kinds = sorted(set(symbols)) or [0]
    table = {kind: max(1, symbols.count(kind) * 4000 // max(1, len(symbols))) for kind in kinds}
    most = max(kinds, key=lambda kind: table[kind])
    table[most] += 4096 - sum(table.values())
    assert table[most] > 0
    return table


def write_tables(tables):
    bits = Bits()
    for table in tables:
        first, last = min(table), max(table)
        bits.add(first, 8)
        bits.add(last, 8)
        width = 4
        for symbol in range(first, last + 1):
            frequency = table.get(symbol, 0)
            change = frequency.bit_length() - width
            width = frequency.bit_length()
            ones = 2 * change if change >= 0 else -2 * change - 1
            bits.add((1 << ones) - 1, ones + 1)
            if width > 1:
                bits.add(frequency & (1 << width - 1) - 1, width - 1)
    return bits.bytes()


def coder(steps, lanes=8):
    """The bytes of symbols, each (lane, start, frequency, precision)."""
    states = [LOWEST] * lanes
    words = []
    for lane, start, frequency, precision in reversed(steps):
        state = states[lane]
        if state >= frequency << 32 - precision:
            words.append(state & 0xFFFF)
            state >>= 16
        states[lane] = state // frequency << precision | state % frequency + start
    words.reverse()
    return struct.pack(f"<{lanes}I", *states) + struct.pack(f"<{len(words)}H", *words)


def step(lane, symbol, table):
    return lane, sum(table[other] for other in table if other < symbol), table[symbol], 12


def one_lane(levels, table):
    coded = coder([step(0, level, table) for level in levels], lanes=1)
    return number(len(coded)) + coded


class Levels:
    def __init__(self, rows=None, columns=None):
        self.rows, self.columns = rows, columns
        self.table = frequencies(rows) if rows else None

    def write(self):
        out = bytes([(1 if self.rows else 0) | (2 if self.columns else 0)])
        if self.rows:
            out += write_tables([self.table])
        if self.columns:
            table = frequencies(self.columns)
            out += write_tables([table]) + one_lane(self.columns, table)
        return out

    def chunk(self, first, count):
        return one_lane(self.rows[first : first + count], self.table) if self.rows else b""

    def sum(self, row, column):
        return (self.rows[row] if self.rows else 0) + (self.columns[column] if self.columns else 0)


class Symbols:
    """A model of symbols in rows, made from all of them; `served` says how many sums each table is of."""

    def __init__(self, symbols, row_length, levels, served):
        self.symbols, self.length, self.levels, self.served = symbols, row_length, levels, served
        self.table_of = [table for table, count in enumerate(served) for _ in range(count)]
        groups = [[] for _ in served]
        for place, symbol in enumerate(symbols):
            groups[self.table(place)].append(symbol)
        self.tables = [frequencies(group) for group in groups]

    def table(self, place):
        return self.table_of[self.levels.sum(place // self.length, place % self.length)]

    def write(self):
        out = self.levels.write() + bytes([len(self.served)])
        if self.levels.rows or self.levels.columns:
            out += bytes(self.served)
        return out + write_tables(self.tables)

    def chunk(self, start, end):
        has_levels = self.levels.rows or self.levels.columns
        steps = []
        for place in range(start, end):
            lane = (place % self.length if has_levels else place - start) % 8
            steps.append(step(lane, self.symbols[place], self.tables[self.table(place)]))
        rows = -(-(end - start) // self.length)
        return self.levels.chunk(start // self.length, rows) + coder(steps)


def chunks_of(count, size):
    return [(start, min(start + size, count)) for start in range(0, count, size)]


def save(name, table, chunks, elements):
    for part, data in [("table", table), ("elements", elements)] + list(enumerate(chunks)):
        with open(os.path.join(HERE, "streams", f"{name}.{part}"), "wb") as file:
            file.write(data)


def codes():
    """Rows of 13, of which the last is short; three chunks, one of them as it is."""
    rows = [random.randrange(4) for _ in range(9)]
    columns = [random.randrange(3) for _ in range(13)]
    levels = Levels(rows, columns)
    values = [round(random.gauss(0, 1 + 4 * levels.sum(i // 13, i % 13))) for i in range(8 * 13 + 5)]
    values = [max(-128, min(127, value)) for value in values]
    model = Symbols([value + 128 for value in values], 13, levels, [2, 1, 28])
    parts = [b"\1" + model.chunk(start, end) for start, end in chunks_of(len(values), 39)]
    parts[1] = b"\0" + struct.pack("39b", *values[39:78])
    save("codes-I8", number(13) + number(3) + model.write(), parts, struct.pack(f"{len(values)}b", *values))


def wide_codes():
    """Steps of 4 from −40 · 4 on, and exceptions at both ends of a chunk and beside one another."""
    values = [round(random.gauss(0, 30)) for _ in range(200)]
    for place, value in [(0, 2**31 - 1), (50, -(2**31)), (51, 1000000), (99, -70000), (199, 5000)]:
        values[place] = value
    shift, base = 2, -40
    inside = [0 <= (value >> shift) - base < 256 for value in values]
    symbols = [(value >> shift) - base if fits else 7 for value, fits in zip(values, inside)]
    model = Symbols(symbols, 20, Levels(), [31])
    parts = []
    for start, end in chunks_of(200, 100):
        exceptions, following, low = b"", start, Bits()
        for place in range(start, end):
            low.add(values[place] & 3 if inside[place] else 0, shift)
            if not inside[place]:
                exceptions += number(place - following) + signed(values[place])
                following = place + 1
        head = number(sum(not fits for fits in inside[start:end])) + exceptions + low.bytes()
        parts.append(b"\1" + head + model.chunk(start, end))
    table = number(20) + number(5) + bytes([shift]) + signed(base) + model.write()
    save("codes-I32", table, parts, struct.pack("<200i", *values))


def mask():
    """Densities of very different size; the last byte of them serves two sums."""
    densities = [2, 20, 0x80 | 60, 88, 0x80 | 3]
    parts_of = [min(1 << 14, 2), (8 + 4) << 1, (1 << 14) - (12 << 6), 1 << 13, (1 << 14) - 3]
    rows, columns = [random.randrange(3) for _ in range(12)], [random.randrange(4) for _ in range(21)]
    levels = Levels(rows, columns)

    def ones(place):
        return parts_of[min(4, levels.sum(place // 21, place % 21))]

    values = [int(random.randrange(1 << 14) < ones(place)) for place in range(12 * 21)]
    table = number(21) + number(5) + b"\0" + levels.write() + bytes([len(densities)]) + bytes(densities)
    parts = []
    for start, end in chunks_of(len(values), 105):
        steps = [
            (place % 21 % 8, 0, ones(place), 14)
            if values[place]
            else (place % 21 % 8, ones(place), (1 << 14) - ones(place), 14)
            for place in range(start, end)
        ]
        parts.append(b"\1" + levels.chunk(start // 21, -(-(end - start) // 21)) + coder(steps))
    packed = Bits()
    for value in values[105:210]:
        packed.add(value, 1)
    parts[1] = b"\0" + packed.bytes()
    save("mask-BOOL", table, parts, bytes(values))


def patterns():
    values = [bit for _ in range(61) for bit in random.sample([1, 1, 0, 0], 4)]
    chunks = chunks_of(len(values), 100)
    coded = []
    for start, end in chunks:
        part = values[start:end] + [0] * (-(end - start) % 8)
        coded.append([sum(part[i + bit] << bit for bit in range(8)) for i in range(0, len(part), 8)])
    table = frequencies([symbol for part in coded for symbol in part])
    parts = [b"\1" + coder([step(i % 8, symbol, table) for i, symbol in enumerate(part)]) for part in coded]
    save("mask-patterns-BOOL", number(20) + number(5) + b"\1" + write_tables([table]), parts, bytes(values))


def floats():
    """Exponents under the levels of rows, signs raw, the next byte coded, the last constant."""
    values = [random.gauss(0, 0.04) * 2 ** (place // 24) for place in range(130)] + [0.0, -0.0]
    values += [float("inf"), float("-inf"), 1e-40, -1e-45]
    bits = [struct.unpack("<I", struct.pack("<f", value))[0] & 0xFFFF0000 | 0x0100 for value in values]
    turned = [(b >> 23 & 0xFF) << 24 | b >> 31 << 23 | b & 0x7FFFFF for b in bits]
    planes = [[value >> shift & 0xFF for value in turned] for shift in (24, 16, 8, 0)]
    rows = [min(5, row) for row in range(6)]
    first = Symbols(planes[0], 24, Levels(rows), [1, 2, 28])
    third = Symbols(planes[2], 24, Levels(), [31])
    table = number(24) + number(4) + b"\2" + first.write() + b"\0" + b"\2" + third.write() + b"\1\0"
    parts = []
    for start, end in chunks_of(len(values), 96):
        exponents, low = first.chunk(start, end), third.chunk(start, end)
        parts.append(
            b"\1" + number(len(exponents)) + exponents + bytes(planes[1][start:end]) + number(len(low)) + low)
    save("floats-F32", table, parts, struct.pack(f"<{len(bits)}I", *bits))


def main():
    random.seed(4)
    os.makedirs(os.path.join(HERE, "streams"), exist_ok=True)
    for make in (codes, wide_codes, mask, patterns, floats):
        make()
    sys.path.insert(0, os.path.join(HERE, "..", "formats"))
    import pare_decode

    def parts(name):
        folder = os.path.join(HERE, "streams")
        read = lambda part: open(os.path.join(folder, f"{name}.{part}"), "rb").read()
        chunks = [read(i) for i in range(9) if os.path.exists(os.path.join(folder, f"{name}.{i}"))]
        return read("table"), chunks, read("elements")

    for name, decode in [
        ("codes-I8", lambda t, c, e: pare_decode.decode_codes(t, c, len(e), "i1")),
        ("codes-I32", lambda t, c, e: pare_decode.decode_codes(t, c, len(e) // 4, "i4")),
        ("mask-BOOL", lambda t, c, e: pare_decode.decode_mask(t, c, len(e))),
        ("mask-patterns-BOOL", lambda t, c, e: pare_decode.decode_mask(t, c, len(e))),
        ("floats-F32", lambda t, c, e: pare_decode.decode_floats(t, c, len(e) // 4, "F32")),
    ]:
        table, chunks, elements = parts(name)
        assert decode(table, chunks, elements).tobytes() == elements, name


if __name__ == "__main__":
    main()
