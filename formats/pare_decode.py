"""Reference decoder of entropy-coded streams, as formats/pare-streams.md specifies them; needs numpy only.

Not fast, but all chunks of a stream are decoded side by side.
"""

import numpy as np

TOTAL_BITS = 12
BIT_PRECISION = 14
LOWEST = 1 << 16


class Damaged(Exception):
    """The bytes are not what the specification says."""


def require(condition, what):
    if not condition:
        raise Damaged(what)


# Numbers and bits


class Bytes:
    """Reads bytes from the first to the last."""

    def __init__(self, data):
        self.data = bytes(data)
        self.place = 0

    def take(self, count):
        require(0 <= count <= len(self.data) - self.place, "ends early")
        self.place += count
        return self.data[self.place - count : self.place]

    def byte(self, low=0, high=255):
        value = self.take(1)[0]
        require(low <= value <= high, f"{value} is not within {low} to {high}")
        return value

    def number(self, low=0, high=2**63 - 1):
        value = 0
        for shift in range(0, 63, 7):
            group = self.byte()
            value |= (group & 0x7F) << shift
            if group < 0x80:
                require(low <= value <= high, f"{value} is not within {low} to {high}")
                return value
        raise Damaged("a number of more than 9 bytes")

    def signed(self):
        value = self.number()
        return -((value + 1) // 2) if value & 1 else value // 2

    def rest(self):
        return self.take(len(self.data) - self.place)

    def end(self):
        require(self.place == len(self.data), "bytes are left over")


class Bits:
    """Reads bits from the lowest of the next byte on; `close` skips those left in the last."""

    def __init__(self, reader):
        self.reader = reader
        self.left = []

    def bit(self):
        if not self.left:
            byte = self.reader.byte()
            self.left = [byte >> place & 1 for place in range(8)]
        return self.left.pop(0)

    def bits(self, width):
        return sum(self.bit() << place for place in range(width))


# Models


def frequency_table(bits):
    """256 frequencies."""
    frequencies = np.zeros(256, np.int64)
    first, last = bits.bits(8), bits.bits(8)
    require(first <= last, "the last symbol comes before the first")
    width = 4
    for symbol in range(first, last + 1):
        ones = 0
        while bits.bit():
            ones += 1
            require(ones <= 26, "the change of a width")
        width += -(ones + 1) // 2 if ones & 1 else ones // 2
        require(0 <= width <= 13, "the width of a frequency")
        frequencies[symbol] = width if width < 2 else 1 << width - 1 | bits.bits(width - 1)
    require(frequencies.sum() == 1 << TOTAL_BITS, "the sum of frequencies")
    return frequencies


class Slots:
    """For each slot of each table: symbol, frequency, and the slot's place among the symbol's."""

    def __init__(self, tables):
        self.symbol, self.frequency, self.bias = [], [], []
        for frequencies in tables:
            self.symbol.append(np.repeat(np.arange(256), frequencies))
            self.frequency.append(np.repeat(frequencies, frequencies))
            starts = np.cumsum(frequencies) - frequencies
            self.bias.append(np.arange(1 << TOTAL_BITS) - np.repeat(starts, frequencies))
        self.symbol = np.concatenate(self.symbol)
        self.frequency = np.concatenate(self.frequency)
        self.bias = np.concatenate(self.bias)


class Levels:
    def __init__(self, reader, row_length):
        parts = reader.byte(0, 3)
        self.rows = self.table(reader) if parts & 1 else None
        self.columns = np.zeros(row_length, np.int64)
        self.any = parts != 0
        if parts & 2:
            self.columns = one_lane(reader, row_length, self.table(reader))

    @staticmethod
    def table(reader):
        frequencies = frequency_table(Bits(reader))
        require(not frequencies[16:].any(), "a level above 15")
        return frequencies

    def of_rows(self, reader, count):
        return np.zeros(count, np.int64) if self.rows is None else one_lane(reader, count, self.rows)


class Model:
    """Frequencies under sums of levels."""

    def __init__(self, reader, row_length):
        self.levels = Levels(reader, row_length)
        count = reader.byte(1, 16)
        self.table_of_sum = np.zeros(31, np.int64)
        if self.levels.any:
            served = [reader.byte() for _ in range(count)]
            require(sum(served) == 31, "the sums of all tables")
            self.table_of_sum = np.repeat(np.arange(count), served)
        bits = Bits(reader)
        self.slots = Slots([frequency_table(bits) for _ in range(count)])


# Coders


def one_lane(reader, count, frequencies):
    """So many levels from a coder with one state, its size before it."""
    part = Bytes(reader.take(reader.number()))
    state = int.from_bytes(part.take(4), "little")
    require(state >= LOWEST, "a state")
    slots = Slots([frequencies])
    levels = np.zeros(count, np.int64)
    for index in range(count):
        slot = state & (1 << TOTAL_BITS) - 1
        levels[index] = slots.symbol[slot]
        state = int(slots.frequency[slot]) * (state >> TOTAL_BITS) + int(slots.bias[slot])
        if state < LOWEST:
            state = state << 16 | int.from_bytes(part.take(2), "little")
    require(state == LOWEST, "the state at the end")
    part.end()
    return levels


class Coders:
    """The coders of several chunks of equal size, all in step."""

    def __init__(self, coded):
        for data in coded:
            require(len(data) >= 32 and len(data) % 2 == 0, "the size of a coder")
        self.states = np.array([np.frombuffer(data[:32], "<u4") for data in coded], np.int64)
        require((self.states >= LOWEST).all(), "a state")
        words = [np.frombuffer(data[32:], "<u2") for data in coded]
        self.ends = np.cumsum([len(part) for part in words])
        self.next = self.ends - [len(part) for part in words]
        # Words beyond the last may be looked at, but not taken.
        self.words = np.concatenate(words + [np.zeros(8, "<u2")]).astype(np.int64)

    def step(self, lanes, frequencies, bias, precision):
        """Advances the first states of each coder, and fills them up with words in their order."""
        states = frequencies * (self.states[:, :lanes] >> precision) + bias
        low = states < LOWEST
        before = np.cumsum(low, axis=1) - low
        places = np.minimum(self.next[:, None] + before, len(self.words) - 1)
        self.states[:, :lanes] = np.where(low, states << 16 | self.words[places], states)
        self.next += low.sum(axis=1)
        require((self.next <= self.ends).all(), "words end early")

    def finish(self):
        require((self.states == LOWEST).all() and (self.next == self.ends).all(), "the states at the end")


def groups(count, row_length):
    """The places of the elements that are taken together: 8, or what is left of a row."""
    for row in range(0, count, row_length):
        end = min(row + row_length, count)
        for place in range(row, end, 8):
            yield place, min(8, end - place)


def in_step(chunks, decode):
    """Decodes chunks of equal size together, the last one apart if it is shorter; returns all elements."""
    parts = []
    while chunks:
        size = chunks[0][1]
        same = [chunk for chunk in chunks if chunk[1] == size]
        parts.append(decode([data for data, _ in same], size).reshape(-1))
        chunks = chunks[len(same) :]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def coded_symbols(model, readers, count, row_length):
    """The symbols of chunks of equal size, each read from what is left of its bytes."""
    rows = -(-count // row_length)
    levels = np.array([model.levels.of_rows(reader, rows) for reader in readers])
    if count == 0:
        return np.zeros((len(readers), 0), np.int64)
    length = row_length
    contexts = None
    if model.levels.any:
        sums = levels[:, :, None] + model.levels.columns
        contexts = model.table_of_sum[sums].reshape(len(readers), -1) << TOTAL_BITS
    else:
        length = count
    coders = Coders([reader.rest() for reader in readers])
    symbols = np.zeros((len(readers), count), np.uint8)
    for place, lanes in groups(count, length):
        slots = coders.states[:, :lanes] & (1 << TOTAL_BITS) - 1
        if contexts is not None:
            slots = slots + contexts[:, place : place + lanes]
        symbols[:, place : place + lanes] = model.slots.symbol[slots]
        coders.step(lanes, model.slots.frequency[slots], model.slots.bias[slots], TOTAL_BITS)
    coders.finish()
    return symbols


# Streams


class Layout:
    def __init__(self, reader, count):
        self.row_length = reader.number(1, 1 << 16)
        self.chunk = self.row_length * reader.number(1, (1 << 20) // self.row_length)
        self.count = count

    def pair(self, chunks):
        """The chunks with how many elements each has."""
        sizes = [min(self.chunk, self.count - start) for start in range(0, self.count, self.chunk)]
        require(len(sizes) == len(chunks), "the number of chunks")
        return list(zip(chunks, sizes))


def by_form(chunks, raw, coded):
    """Decodes chunks that begin with 0 one by one, and runs of those that begin with 1 together."""
    parts, run = [], []

    def flush():
        if run:
            parts.append(in_step(list(run), coded))
            run.clear()

    for data, size in chunks:
        reader = Bytes(data)
        if reader.byte(0, 1) == 1:
            run.append((reader.rest(), size))
        else:
            flush()
            parts.append(raw(reader, size))
            reader.end()
    flush()
    return parts


def joined(parts, dtype):
    return np.concatenate([np.asarray(part).astype(dtype) for part in parts] or [np.zeros(0, dtype)])


def decode_codes(table, chunks, count, dtype):
    """`count` integers of a numpy type of 8, 16 or 32 bits."""
    dtype = np.dtype(dtype).newbyteorder("<")
    reader = Bytes(table)
    layout = Layout(reader, count)
    shift, base = 0, -128 if dtype.kind == "i" else 0
    if dtype.itemsize > 1:
        shift, base = reader.byte(0, 24), reader.signed()
    model = Model(reader, layout.row_length)
    reader.end()

    def coded(data, size):
        readers = [Bytes(chunk) for chunk in data]
        low = np.zeros((len(data), size), np.int64)
        exceptions = []
        if dtype.itemsize > 1:
            for index, chunk in enumerate(readers):
                following = 0
                for _ in range(chunk.number(0, size)):
                    place = following + chunk.number(0, size)
                    require(place < size, "the place of an exception")
                    exceptions.append((index, place, chunk.signed()))
                    following = place + 1
                packed = np.frombuffer(chunk.take((size * shift + 7) // 8), np.uint8)
                bits = np.unpackbits(packed, bitorder="little")[: size * shift].reshape(size, shift)
                low[index] = bits.astype(np.int64) @ (1 << np.arange(shift, dtype=np.int64))
        symbols = coded_symbols(model, readers, size, layout.row_length).astype(np.int64)
        values = (symbols + base << shift) + low
        limits = np.iinfo(dtype)
        for index, place, value in exceptions:
            require(limits.min <= value <= limits.max, "an exception")
            values[index, place] = value
        return values

    def raw(chunk, size):
        return np.frombuffer(chunk.take(size * dtype.itemsize), dtype)

    return joined(by_form(layout.pair(chunks), raw, coded), dtype)


def probability(byte):
    lower = byte & 0x7F
    require(1 <= lower <= 88, "a density")
    lesser = lower if lower < 8 else 8 + lower % 8 << lower // 8 - 1
    return (1 << BIT_PRECISION) - lesser if byte & 0x80 else lesser


def unpacked(patterns, size):
    bits = np.unpackbits(np.asarray(patterns, np.uint8), bitorder="little")
    require(not bits[size:].any(), "bits beyond the last element")
    return bits[:size]


def decode_mask(table, chunks, count):
    """`count` booleans."""
    reader = Bytes(table)
    layout = Layout(reader, count)
    if reader.byte(0, 1) == 1:
        slots = Slots([frequency_table(Bits(reader))])

        def coded(data, size):
            coders = Coders(data)
            patterns = np.zeros((len(data), -(-size // 8)), np.uint8)
            for place, lanes in groups(patterns.shape[1], patterns.shape[1]):
                slot = coders.states[:, :lanes] & (1 << TOTAL_BITS) - 1
                patterns[:, place : place + lanes] = slots.symbol[slot]
                coders.step(lanes, slots.frequency[slot], slots.bias[slot], TOTAL_BITS)
            coders.finish()
            return np.stack([unpacked(row, size) for row in patterns])

    else:
        levels = Levels(reader, layout.row_length)
        densities = [probability(reader.byte()) for _ in range(reader.byte(1, 31))]
        of_sum = np.array(densities + [densities[-1]] * (31 - len(densities)), np.int64)

        def coded(data, size):
            readers = [Bytes(chunk) for chunk in data]
            rows = np.array([levels.of_rows(r, -(-size // layout.row_length)) for r in readers])
            ones = of_sum[rows[:, :, None] + levels.columns].reshape(len(data), -1)
            coders = Coders([reader.rest() for reader in readers])
            mask = np.zeros((len(data), size), np.uint8)
            for place, lanes in groups(size, layout.row_length):
                p = ones[:, place : place + lanes]
                slot = coders.states[:, :lanes] & (1 << BIT_PRECISION) - 1
                bits = slot < p
                mask[:, place : place + lanes] = bits
                frequency = np.where(bits, p, (1 << BIT_PRECISION) - p)
                coders.step(lanes, frequency, np.where(bits, slot, slot - p), BIT_PRECISION)
            coders.finish()
            return mask

    reader.end()

    def raw(chunk, size):
        return unpacked(np.frombuffer(chunk.take((size + 7) // 8), np.uint8), size)

    return joined(by_form(layout.pair(chunks), raw, coded), np.bool_)


def decode_planes(table, chunks, count, width, mantissa):
    """`count` elements of so many bytes as unsigned integers; `mantissa` is its width, or None for `bytes`."""
    reader = Bytes(table)
    layout = Layout(reader, count)
    planes = []
    for _ in range(width):
        kind = reader.byte(0, 2)
        planes.append((kind, reader.byte() if kind == 1 else Model(reader, layout.row_length) if kind else None))
    reader.end()
    dtype = np.dtype(f"<u{width}")

    def coded(data, size):
        readers = [Bytes(chunk) for chunk in data]
        bits = np.zeros((len(data), size), np.uint64)
        for kind, content in planes:
            if kind == 0:
                plane = np.stack([np.frombuffer(reader.take(size), np.uint8) for reader in readers])
            elif kind == 1:
                plane = np.full((len(data), size), content, np.uint8)
            else:
                parts = [Bytes(reader.take(reader.number())) for reader in readers]
                plane = coded_symbols(content, parts, size, layout.row_length)
            bits = bits << np.uint64(8) | plane.astype(np.uint64)
        for reader in readers:
            reader.end()
        if mantissa is None:
            return bits
        lower = np.uint64((1 << mantissa) - 1)
        sign = bits >> np.uint64(mantissa) & np.uint64(1)
        return sign << np.uint64(8 * width - 1) | bits >> np.uint64(1) & ~lower | bits & lower

    def raw(chunk, size):
        return np.frombuffer(chunk.take(size * width), dtype)

    return joined(by_form(layout.pair(chunks), raw, coded), dtype)


MANTISSAS = {"F16": 10, "BF16": 7, "F32": 23, "F64": 52}
WIDTHS = {"F16": 2, "BF16": 2, "F32": 4, "F64": 8}


def decode_floats(table, chunks, count, element_type):
    """`count` floating-point numbers of a safetensors type, as the unsigned integers that have their bits."""
    return decode_planes(table, chunks, count, WIDTHS[element_type], MANTISSAS[element_type])


def decode_bytes(table, chunks, count, width):
    """`count` elements of so many bytes, as unsigned integers."""
    return decode_planes(table, chunks, count, width, None)
