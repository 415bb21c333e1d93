"""Pictures and data sets that are cut short, evil or odd, to evaluate and to train with."""
import gzip
import os
import struct
import zlib

from . import make
from .frame import BAD_FILE, BAD_INPUT, NO_ROOM, USAGE, accepted, refused, trial

BAD = (BAD_FILE, USAGE)


def header(width, height):
    return struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 64]) + data[at + 1 :]


GOOD = make.png()
PICTURES = {
    "PNG cut short in its pixels": GOOD[:120],
    "PNG cut before its end": GOOD[:-12],
    "PNG cut in its header": GOOD[:20],
    "PNG of nothing": b"",
    "PNG of its first bytes": GOOD[:8],
    "PNG with a bit flipped in its pixels": flipped(GOOD, 80),
    "PNG of no width": make.png(header=header(0, 8)),
    "PNG of 2 billion pixels": make.png(header=header(46_000, 46_000)),
    "PNG of the largest size": make.png(header=header(2**31 - 1, 2**31 - 1)),
    "PNG that is larger than its pixels": make.png(header=header(64, 64)),
    "PNG that unpacks to a gigabyte": make.png(
        header=header(20_000, 20_000), between=make.chunk(b"IDAT", zlib.compress(b"\0" * (64 << 20), 9))),
    "a text named PNG": b"not a picture\n",
    "a page named PNG": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
    "JPEG of its first bytes": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0",
}


def evaluate(box, path="data", **how):
    return box.ni("evaluate", "--data", path, "--threads", 1, "--backend", "cpu", "--quiet", timeout=30, **how)


@trial(BAD_INPUT, "a picture to evaluate", of=PICTURES)
def picture(box, item):
    make.pictures(box.path("data"))
    suffix = "jpg" if item[:2] == b"\xff\xd8" else "png"
    box.write(f"data/a/x.{suffix}", item)
    refused(evaluate(box), *BAD)


@trial(BAD_INPUT, "a picture to train with", of={
    name: PICTURES[name] for name in ("PNG cut short in its pixels", "PNG cut before its end", "PNG of 2 billion pixels")})
def picture_to_train(box, item):
    make.pictures(box.path("data"))
    box.write("data/a/x.png", item)
    words = "train --data data --test data --epochs 1 --batch 4 --threads 1 --backend cpu --quiet --out run".split()
    refused(box.ni(*words, timeout=30), *BAD)


@trial(BAD_INPUT, "a JPEG cut short")
def jpeg(box):
    """A tenth of it: what is left unread would be grey. Baseline, 8 x 8, grey, made by hand, then repeated to be long."""
    make.pictures(box.path("data"))
    box.write("data/a/x.jpg", long_jpeg()[:400])
    refused(evaluate(box), *BAD)


@trial(BAD_INPUT, "a JPEG that is whole")
def whole_jpeg(box):
    make.pictures(box.path("data"))
    box.write("data/a/x.jpg", long_jpeg())
    box.write("data/a/y.jpg", long_jpeg() + b"\0" * 10)
    accepted(evaluate(box))


def long_jpeg(size=256):
    """A grey baseline JPEG, each block of one of two brightnesses: two Huffman codes for DC, one for AC, of one bit each."""

    def segment(kind, data):
        return b"\xff" + bytes([kind]) + struct.pack(">H", len(data) + 2) + data

    blocks = (size // 8) ** 2
    # DC: code 0 is "no change", code 10 a difference of two bits; AC: code 0 ends the block.
    bits = "".join("1011" + "0" if i % 2 == 0 else "1000" + "0" for i in range(blocks))
    bits += "1" * (-len(bits) % 8)
    scan = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    return (
        b"\xff\xd8"
        + segment(0xDB, b"\0" + b"\x08" * 64)
        + segment(0xC0, struct.pack(">BHHB", 8, size, size, 1) + b"\1\x11\0")
        + segment(0xC4, b"\0" + bytes([1, 1] + [0] * 14) + b"\0\2")
        + segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0")
        + segment(0xDA, b"\1\1\0\0\x3f\0")
        + scan
        + b"\xff\xd9"
    )


@trial(BAD_INPUT, "pictures that are odd, but right", of={
    "PNG with bytes behind its end": GOOD + b"\0" * 100,
    "PNG whose text unpacks to 64 MB": make.png(between=make.chunk(b"zTXt", b"c\0\0" + zlib.compress(b"x" * (64 << 20), 9))),
    "PNG of one pixel": make.png(1, 1),
    "BMP, which is passed over": make.bmp(),
    "BMP cut short, which is passed over": make.bmp()[:100],
})
def odd(box, item):
    make.pictures(box.path("data"))
    box.write("data/a/x." + ("bmp" if item[:2] == b"BM" else "png"), item)
    accepted(evaluate(box))


def folders(box):
    make.pictures(box.path("data"))
    return box.path("data")


def empty_class(box):
    (folders(box) / "c").mkdir()


def only_texts(box):
    box.write("data/a/x.txt", "x")
    box.write("data/b/y.txt", "y")


def link_loop(box):
    (folders(box) / "a/loop").symlink_to(box.path("data"))


def dangling(box):
    (folders(box) / "a/x.png").symlink_to("nowhere.png")


def fifo(box):
    os.mkfifo(folders(box) / "a/x.png")


def device(box):
    (folders(box) / "a/x.png").symlink_to("/dev/zero")



@trial(BAD_INPUT, "a data set", of={
    "that is not there": lambda box: None,
    "that is an empty folder": lambda box: box.path("data").mkdir(),
    "of texts only": only_texts,
    "with a link to nowhere": dangling,
    "with a pipe for a picture": fifo,
    "with a device for a picture": device,
    "in CIFAR's form, cut short": lambda box: box.write("data/test_batch.bin", make.cifar()[:-100]),
    "in CIFAR's form, with a label too large": lambda box: box.write("data/test_batch.bin", b"\x0b" + make.cifar()[1:]),
    "in CIFAR's form, empty": lambda box: box.write("data/test_batch.bin", b""),
    "in IDX form, without labels": lambda box: box.write("data/t10k-images-idx3-ubyte", make.idx(0x803, 4, 8, 8)),
    "in IDX form, cut short": lambda box: (box.write("data/t10k-images-idx3-ubyte", make.idx(0x803, 4, 8, 8)[:-9]),
                                           box.write("data/t10k-labels-idx1-ubyte", make.idx(0x801, 4))),
    "in IDX form, of other counts": lambda box: (box.write("data/t10k-images-idx3-ubyte", make.idx(0x803, 4, 8, 8)),
                                                 box.write("data/t10k-labels-idx1-ubyte", make.idx(0x801, 5))),
    "in IDX form, of 4 billion images": lambda box: (
        box.write("data/t10k-images-idx3-ubyte", struct.pack(">4I", 0x803, 2**32 - 1, 28, 28)),
        box.write("data/t10k-labels-idx1-ubyte", struct.pack(">2I", 0x801, 2**32 - 1))),
    "in IDX form, packed, cut short": lambda box: (
        box.write("data/t10k-images-idx3-ubyte.gz", gzip.compress(make.idx(0x803, 4, 8, 8))[:-50]),
        box.write("data/t10k-labels-idx1-ubyte.gz", gzip.compress(make.idx(0x801, 4)))),
    "in IDX form, that unpacks to a gigabyte": lambda box: (
        box.write("data/t10k-images-idx3-ubyte.gz", gzip.compress(make.idx(0x803, 4, 8, 8) + b"\0" * (256 << 20), 9)),
        box.write("data/t10k-labels-idx1-ubyte.gz", gzip.compress(make.idx(0x801, 4)))),
})
def data_set(box, item):
    item(box)
    refused(evaluate(box), *BAD, NO_ROOM)


@trial(BAD_INPUT, "a data set that is odd, but right", of={
    "with an empty class": empty_class,
    "with a link that leads round": link_loop,
    "with macOS's files": lambda box: (folders(box), box.write("data/a/.DS_Store", "x"), box.write("data/a/._0.png", "x")),
    "in IDX form": lambda box: (box.write("data/t10k-images-idx3-ubyte", make.idx(0x803, 4, 8, 8)),
                                box.write("data/t10k-labels-idx1-ubyte", make.idx(0x801, 4))),
})
def odd_set(box, item):
    item(box)
    accepted(evaluate(box))
