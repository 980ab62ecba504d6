"""Reference decoder of the format `pare`, as formats/pare.md and formats/pare-streams.md specify it; needs numpy only.

    python3 pare_decode.py FILE              lists the tensors and how they are held
    python3 pare_decode.py FILE --sha        the SHA-256 of the dense values of each, and of each part, as JSON
    python3 pare_decode.py FILE --npz OUT    writes the dense values; BF16 as F32

Not fast, but all chunks of a stream are decoded side by side.
"""

import argparse
import hashlib
import json
import os
import zlib

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


# The container

VERSION = "1"
RAW_CHUNK = 1 << 18
DTYPES = {
    "BOOL": "?", "U8": "u1", "I8": "i1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "U32": "<u4", "I64": "<i8",
    "U64": "<u8", "F16": "<f2", "F32": "<f4", "F64": "<f8", "C64": "<c8", "BF16": "<u2",
    "F8_E5M2": "u1", "F8_E4M3": "u1", "F8_E8M0": "u1", "F8_E4M3FNUZ": "u1", "F8_E5M2FNUZ": "u1",
}
PACKED = {"F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}


class Part:
    """A tensor as it is stored: element type, shape, and its little-endian bytes."""

    def __init__(self, dtype, shape, data):
        self.dtype, self.shape, self.data = dtype, list(shape), bytes(data)

    def array(self):
        """BF16 as 16 bits each, elements narrower than a byte as bytes."""
        if self.dtype in PACKED:
            return np.frombuffer(self.data, np.uint8)
        return np.frombuffer(self.data, DTYPES[self.dtype]).reshape(self.shape)

    def singles(self):
        require(self.dtype in ("F16", "BF16", "F32", "F64"), f"{self.dtype} are no floating-point numbers")
        if self.dtype == "BF16":
            return (self.array().astype("<u4") << 16).view("<f4")
        return self.array().astype("<f4")

    def integers(self):
        require(self.dtype[0] in "IU", f"{self.dtype} are no integers")
        return self.array().astype(np.int64)

    def __repr__(self):
        return f"{self.dtype} {self.shape}"


def elements(shape):
    count = 1
    for length in shape:
        require(isinstance(length, int) and length >= 0, "a shape")
        count *= length
    return count


def size(dtype, shape):
    require(dtype in DTYPES or dtype in PACKED, f"the element type {dtype}")
    bits = elements(shape) * (PACKED[dtype] if dtype in PACKED else 8 * np.dtype(DTYPES[dtype]).itemsize)
    require(bits % 8 == 0, "elements that do not end on a byte")
    return bits // 8


def decode_stream(data, coder, dtype, shape):
    """The bytes of the elements of a stream."""
    reader = Bytes(data)

    def word(of=reader):
        return int.from_bytes(of.take(4), "little")

    head_size, expected = word(), word()
    head_bytes = reader.take(head_size)
    require(zlib.crc32(head_bytes) == expected, "the checksum of a head")
    head = Bytes(head_bytes)
    table = head.take(word(head))
    require((len(head_bytes) - head.place) % 8 == 0, "the size of a head")
    chunks = []
    while head.place < len(head_bytes):
        count, expected = word(head), word(head)
        chunks.append(reader.take(count))
        require(zlib.crc32(chunks[-1]) == expected, "the checksum of a chunk")
    reader.end()
    total = size(dtype, shape)
    if coder == "raw":
        require(not table, "a table of raw elements")
        require([len(chunk) for chunk in chunks] == [min(RAW_CHUNK, total - start)
                for start in range(0, total, RAW_CHUNK)], "the sizes of raw chunks")
        return b"".join(chunks)
    count = elements(shape)
    if coder == "codes":
        require(dtype in ("I8", "U8", "I16", "U16", "I32", "U32"), f"codes of {dtype}")
        values = decode_codes(table, chunks, count, DTYPES[dtype])
    elif coder == "mask":
        require(dtype == "BOOL", f"a mask of {dtype}")
        values = decode_mask(table, chunks, count)
    elif coder == "floats":
        require(dtype in WIDTHS, f"floats of {dtype}")
        values = decode_floats(table, chunks, count, dtype)
    elif coder == "bytes":
        width = 1 if dtype in PACKED else np.dtype(DTYPES[dtype]).itemsize
        values = decode_bytes(table, chunks, total // width, width)
    else:
        raise Damaged(f"the coder {coder}")
    return values.tobytes()


class PareFile:
    """A file of the format; tensors are decoded when they are asked for."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            require(8 + length <= os.path.getsize(path), "the length of the header")
            header = json.loads(file.read(length))
        self.start = 8 + length
        metadata = header.pop("__metadata__")
        require(metadata.get("pare.version") == VERSION, f"version {metadata.get('pare.version')}")
        text = metadata["pare.tensors"]
        require(metadata["pare.checksum"] == f"{zlib.crc32(text.encode()):08x}", "the checksum of pare.tensors")
        self.entries = json.loads(text)
        self.stored = header
        own = ("pare.version", "pare.checksum", "pare.tensors")
        self.metadata = {key: value for key, value in metadata.items() if key not in own}

    @property
    def names(self):
        """In the order of the model."""
        return self.entries.keys()

    def bytes(self, name):
        """What the file holds under a name."""
        start, end = self.stored[name]["data_offsets"]
        with open(self.path, "rb") as file:
            file.seek(self.start + start)
            data = file.read(end - start)
        require(len(data) == end - start, f"the bytes of {name}")
        return data

    def owner(self, name):
        """The name under which a tensor is stored."""
        entry = self.entries[name]
        if not isinstance(entry, str):
            return name
        require(name not in self.stored and not isinstance(self.entries[entry], str), f"what {name} shares")
        return entry

    def description(self, name):
        """The element type of the dense values, and the shape."""
        name = self.owner(name)
        entry = self.entries[name]
        if isinstance(entry, int):
            return self.stored[name]["dtype"], self.stored[name]["shape"]
        return entry[0], entry[1]

    def storage(self, name):
        """A part where the tensor is dense, else the manifest's storage with parts for streams."""
        name = self.owner(name)
        data, entry = self.bytes(name), self.entries[name]
        if isinstance(entry, int):
            require(zlib.crc32(data) == entry, f"the checksum of {name}")
            return Part(*self.description(name), data)
        stored = self.stored[name]
        require(stored["dtype"] == "U8" and stored["shape"] == [len(data)], f"the type and shape of {name}")
        reader = Bytes(data)
        storage = read_storage(entry[2], reader)
        reader.end()
        return storage

    def dense(self, name):
        """The dense values."""
        dtype, shape = self.description(name)
        storage = self.storage(name)
        if isinstance(storage, Part):
            require((storage.dtype, storage.shape) == (dtype, shape), f"the type and shape of {name}")
            return storage
        rows = shape[0] if len(shape) > 1 else 1
        values = dense_values(storage, rows, elements(shape) // max(1, rows))
        return Part(dtype, shape, narrowed(values, dtype).tobytes())


# The members of each storage, streams in the order of their bytes.
MEMBERS = {
    "sparse": ["mask", "shape", "block", "values"],
    "factorized": ["left", "right"],
    "sum": ["left", "right"],
    "uniform": ["codes", "bits", "per", "scales", "zero_points", "group_index"],
    "codebook": ["codes", "bits", "entries"],
    "product": ["codes", "entries"],
    "row_step": ["codes", "steps"],
}
NUMBERS = ("shape", "block", "bits", "per")


def read_storage(json_value, reader):
    if isinstance(json_value, list):
        coder, dtype, shape, count = json_value
        return Part(dtype, shape, decode_stream(reader.take(count), coder, dtype, shape))
    require(len(json_value) == 1, "a storage of one member")
    (kind, fields), = json_value.items()
    require(kind in MEMBERS, f"the storage {kind}")
    return {kind: {key: fields[key] if key in NUMBERS else read_storage(fields[key], reader)
                   for key in MEMBERS[kind] if key in fields}}


# Dense values


def dense_values(storage, rows, columns):
    """The values of a matrix as singles."""
    if isinstance(storage, Part):
        require(elements(storage.shape) == rows * columns, "the values of a matrix")
        return storage.singles().reshape(rows, columns)
    (kind, fields), = storage.items()
    if kind == "sparse":
        places = kept_places(fields, rows, columns)
        result = np.zeros(rows * columns, "<f4")
        values = fields["values"]
        result[places] = (values.singles().reshape(-1) if isinstance(values, Part)
                          else scheme_values(values, rows, columns, places))
        return result.reshape(rows, columns)
    if kind == "factorized":
        rank = width(fields["left"]) // rows
        return dense_values(fields["left"], rows, rank) @ dense_values(fields["right"], rank, columns)
    if kind == "sum":
        return dense_values(fields["left"], rows, columns) + dense_values(fields["right"], rows, columns)
    if kind == "product":
        codes, entries = fields["codes"].integers(), fields["entries"].singles()
        spaces = entries.shape[0]
        return entries[np.arange(spaces), codes.reshape(rows, spaces)].reshape(rows, columns)
    return scheme_values(storage, rows, columns, np.arange(rows * columns)).reshape(rows, columns)


def width(storage):
    """The number of values, as if dense."""
    if isinstance(storage, Part):
        return elements(storage.shape)
    (kind, fields), = storage.items()
    if kind == "sparse":
        return elements(fields["shape"])
    return elements(fields["codes"].shape) * (fields["entries"].shape[2] if kind == "product" else 1)


def kept_places(fields, rows, columns):
    """The places of the survivors in the row-major matrix, in the order of their values."""
    require(elements(fields["shape"]) == rows * columns, "the shape of a mask")
    height, breadth = fields["block"]
    across = columns // breadth
    kept = np.flatnonzero(fields["mask"].array().reshape(-1))
    first = kept // across * height * columns + kept % across * breadth
    inner = np.arange(height)[:, None] * columns + np.arange(breadth)
    return (first[:, None] + inner.reshape(-1)).reshape(-1)


def scheme_values(storage, rows, columns, places):
    """The values of codes, one for each of some places of the matrix."""
    (kind, fields), = storage.items()
    codes = fields["codes"].integers().reshape(-1)
    require(len(codes) == len(places), "the number of codes")
    row, column = places // columns, places % columns
    if kind == "codebook":
        require(codes.size == 0 or codes.min() >= 0, "a code")
        return fields["entries"].singles()[codes]
    if kind == "row_step":
        return fields["steps"].singles().reshape(-1)[row] * codes.astype("<f4")
    require(kind == "uniform", f"the storage {kind} under a mask")
    per, *sizes = fields["per"]
    height, breadth = {"tensor": lambda: (rows, columns),
                       "axis": lambda: (1, columns) if sizes[0] == 0 else (rows, 1),
                       "group": lambda: (1, sizes[0]), "block": lambda: tuple(sizes)}[per]()
    across = -(-columns // breadth)
    group = fields["group_index"].integers()[column] if "group_index" in fields else column // breadth
    step = row // height * across + group
    if "zero_points" in fields:
        codes = codes - fields["zero_points"].integers().reshape(-1)[step]
    return fields["scales"].singles().reshape(-1)[step] * codes.astype("<f4")


def narrowed(values, dtype):
    """Singles in another floating-point type, to the nearest, ties to even."""
    values = np.ascontiguousarray(values, "<f4")
    if dtype != "BF16":
        with np.errstate(over="ignore"):
            return values.astype(DTYPES[dtype])
    bits = values.view("<u4")
    rounded = bits + 0x7FFF + (bits >> 16 & 1) >> 16
    return np.where(np.isnan(values), bits >> 16 | 0x40, rounded).astype("<u2")


# The command


def parts_of(storage):
    """The parts in the order of their bytes."""
    if isinstance(storage, Part):
        return [storage]
    (kind, fields), = storage.items()
    return [part for key in MEMBERS[kind] if key in fields and key not in NUMBERS for part in parts_of(fields[key])]


def grammar(storage):
    if not isinstance(storage, dict):
        return f"{storage[0]} {storage[1]} {storage[2]}"
    (kind, fields), = storage.items()
    return f"{kind}({', '.join(str(fields[key]) if key in NUMBERS else grammar(fields[key]) for key in fields)})"


def digest(file):
    """Of each tensor: name, type, shape, the SHA-256 of its dense values and of each of its parts."""
    result = []
    for name in file.names:
        dtype, shape = file.description(name)
        result.append({
            "name": name, "dtype": dtype, "shape": shape,
            "sha256": hashlib.sha256(file.dense(name).data).hexdigest(),
            "parts": [hashlib.sha256(part.data).hexdigest() for part in parts_of(file.storage(name))]})
    return result


def main():
    parser = argparse.ArgumentParser(description="Decodes a file of the format pare.")
    parser.add_argument("file")
    parser.add_argument("--sha", action="store_true", help="print the SHA-256 of the values of each tensor, as JSON")
    parser.add_argument("--npz", metavar="OUT", help="write the dense values of all tensors")
    arguments = parser.parse_args()
    file = PareFile(arguments.file)
    if arguments.npz:
        parts = {name: file.dense(name) for name in file.names}
        np.savez(arguments.npz, **{
            name: part.singles() if part.dtype == "BF16" else part.array() for name, part in parts.items()})
    elif arguments.sha:
        print(json.dumps(digest(file), indent=1))
    else:
        for name in file.names:
            entry = file.entries[name]
            dtype, shape = file.description(name)
            held = ("as it is" if isinstance(entry, int) else f"the values of {entry}" if isinstance(entry, str)
                    else grammar(entry[2]))
            print(f"{name}  {dtype} {shape}  {held}")


if __name__ == "__main__":
    main()
