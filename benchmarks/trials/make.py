"""Makes the files that trials feed to the program: good ones as small as can be, to be damaged, and evil ones."""
import io
import json
import pathlib
import pickle
import random
import struct
import zipfile
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width=8, height=8, seed=0, *, header=None, between=b""):
    """A picture in colours; header stands in for the one that is true, between comes before its pixels."""
    dice = random.Random(seed)
    rows = b"".join(b"\0" + bytes(dice.randrange(256) for _ in range(3 * width)) for _ in range(height))
    header = header or struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + between + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def bmp(width=8, height=8):
    pixels = bytes(range(3 * width)) * height
    return (
        struct.pack("<2sIHHI", b"BM", 54 + len(pixels), 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
        + pixels
    )


def pictures(folder, classes=("a", "b"), count=4, size=8):
    """A folder for each class, with pictures that differ."""
    for label, name in enumerate(classes):
        (pathlib.Path(folder) / name).mkdir(parents=True, exist_ok=True)
        for i in range(count):
            (pathlib.Path(folder) / name / f"{i}.png").write_bytes(png(size, size, 1000 * label + i))
    return folder


def idx(kind, *sizes, seed=0):
    """An IDX file of bytes, as MNIST's; of labels every other is 1."""
    total = 1
    for size in sizes:
        total *= size
    dice = random.Random(seed)
    values = bytes(i % 2 for i in range(total)) if len(sizes) == 1 else bytes(dice.randrange(256) for _ in range(total))
    return struct.pack(f">I{len(sizes)}I", kind, *sizes) + values


def cifar(count=4):
    dice = random.Random(1)
    return b"".join(bytes([i % 10]) + bytes(dice.randrange(256) for _ in range(3072)) for i in range(count))


def raw_safetensors(header, data=b""):
    words = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(words)) + words + data


def read_safetensors(data):
    """Header and data."""
    (length,) = struct.unpack_from("<Q", data)
    return json.loads(data[8 : 8 + length]), data[8 + length :]


def archive(entries, method=zipfile.ZIP_STORED):
    """A zip as PyTorch's: names and bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, data in entries.items():
            file.writestr(name, data)
    return out.getvalue()


class Call:
    """Pickles as a call: what an unpickler that trusts its input would run."""

    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def pickled(value):
    return pickle.dumps(value, protocol=2)
