"""Files of classifiers that are damaged, evil, or no classifier at all."""
import os
import struct
import zipfile

from . import make
from .frame import BAD_FILE, BAD_INPUT, USAGE, check, refused, trial

BAD = (BAD_FILE, USAGE)


def weights(box):
    """The classifier that comes with the program, as safetensors: header and data."""

    def export(own):
        own.good("export", "--out", "c.safetensors")
        return own.path("c.safetensors").read_bytes()

    return box.bench.once("classifier", export)


def onnx(box):
    def export(own):
        own.good("export", "--out", "c.onnx")
        return own.path("c.onnx").read_bytes()

    return box.bench.once("onnx", export)


def changed(box, kind, value):
    """One of the numbers of the first tensor of that kind."""
    data = bytearray(weights(box))
    (length,) = struct.unpack_from("<Q", data)
    header, _ = make.read_safetensors(bytes(data))
    name = next(name for name in header if name.endswith(kind))
    struct.pack_into("<f", data, 8 + length + header[name]["data_offsets"][0], value)
    return bytes(data)


def with_header(box, change):
    header, data = make.read_safetensors(weights(box))
    change(header)
    return make.raw_safetensors(header, data)


def first(header):
    return next(name for name in header if name != "__metadata__")


def evil(box):
    return make.Call(os.system, f"touch {box.path('PLANTED')}")


def checkpoint(box, value, **entries):
    return make.archive({"archive/data.pkl": make.pickled(value), "archive/version": b"3\n", **entries})


def bomb(_):
    """A member of a packed archive that unpacks to a gigabyte."""
    return make.archive({"archive/data.pkl": b"\0" * (256 << 20)}, zipfile.ZIP_DEFLATED)


FILES = {
    "empty": ("x.safetensors", lambda box: b""),
    "a text": ("x.pth", lambda box: b"hello\n"),
    "a page": ("x.pth", lambda box: b"<!DOCTYPE html><html>404</html>"),
    "a pointer of Git LFS": ("x.onnx", lambda box: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"),
    "safetensors cut short": ("x.safetensors", lambda box: weights(box)[:-1000]),
    "safetensors cut in its header": ("x.safetensors", lambda box: weights(box)[:100]),
    "safetensors of an endless header": ("x.safetensors", lambda box: struct.pack("<Q", 2**63) + weights(box)[8:]),
    "safetensors with a header of 2 GB": ("x.safetensors", lambda box: struct.pack("<Q", 2**31) + weights(box)[8:]),
    "safetensors whose tensors overlap": ("x.safetensors", lambda box: with_header(
        box, lambda h: h[first(h)].update(data_offsets=[0, 2**40]))),
    "safetensors with an offset below 0": ("x.safetensors", lambda box: with_header(
        box, lambda h: h[first(h)].update(data_offsets=[-8, 8]))),
    "safetensors with a shape too large": ("x.safetensors", lambda box: with_header(
        box, lambda h: h[first(h)].update(shape=[2**31, 2**31, 2**31]))),
    "safetensors of an unknown type": ("x.safetensors", lambda box: with_header(
        box, lambda h: h[first(h)].update(dtype="Q7"))),
    "safetensors without a tensor that is needed": ("x.safetensors", lambda box: with_header(
        box, lambda h: h.pop(first(h)))),
    "safetensors whose header is a list": ("x.safetensors", lambda box: make.raw_safetensors([1, 2])),
    "a weight that is no number": ("x.safetensors", lambda box: changed(box, "conv1.weight", float("nan"))),
    "an infinite weight": ("x.safetensors", lambda box: changed(box, "conv1.weight", float("inf"))),
    "a negative variance": ("x.safetensors", lambda box: changed(box, "running_var", -1.0)),
    "a variance that is no number": ("x.safetensors", lambda box: changed(box, "running_var", float("nan"))),
    "a pickle that calls the system": ("x.pth", lambda box: make.pickled(evil(box))),
    "a checkpoint that calls the system": ("x.pth", lambda box: checkpoint(box, evil(box))),
    "a checkpoint with a call among its tensors": ("x.pth", lambda box: checkpoint(box, {"conv1.weight": evil(box)})),
    "a checkpoint of words": ("x.pth", lambda box: checkpoint(box, {"hello": "world"})),
    "a checkpoint cut short": ("x.pth", lambda box: checkpoint(box, {"a": 1})[:-30]),
    "a zip that unpacks to a gigabyte": ("x.pth", bomb),
    "a zip without a pickle": ("x.pth", lambda box: make.archive({"a": b"b"})),
    "a pickle without end": ("x.pth", lambda box: b"\x80\x02" + b"(" * 100_000),
    "a pickle that doubles a list": ("x.pth", lambda box: b"\x80\x02](" + b"h\0" * 1000 + b"e."),
    "ONNX cut short": ("x.onnx", lambda box: onnx(box)[: len(onnx(box)) // 2]),
    "ONNX of its first bytes": ("x.onnx", lambda box: onnx(box)[:30]),
    "ONNX with a length beyond its end": ("x.onnx", lambda box: b"\x08\x07\x3a\xff\xff\xff\xff\x07" + onnx(box)[8:200]),
}


@trial(BAD_INPUT, "a classifier", of=FILES)
def classifier(box, item):
    name, make_file = item
    box.write(name, make_file(box))
    done = box.ni("synthesize", "--teacher", name, "--batch", 2, "--iterations", 1, "--threads", 1, "--quiet", "--out", "run",
                  timeout=30)
    check(not box.path("PLANTED").exists(), "foreign code was run")
    refused(done, *BAD)
    check(not box.path("run").exists(), "a folder is left behind")


@trial(BAD_INPUT, "a classifier to inspect", of=["a folder", "a pipe", "a device", "nothing there"])
def no_file(box, item):
    name = {"a device": "/dev/zero"}.get(item, "x.pth")
    if item == "a folder":
        box.path(name).mkdir()
    elif item == "a pipe":
        os.mkfifo(box.path(name))
    refused(box.ni("inspect", name, "--quiet", timeout=20), *BAD)
