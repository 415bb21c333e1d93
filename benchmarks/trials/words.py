"""Words, numbers and sizes on the command line that are wrong, or at the edge of what is right."""
import pathlib

from .frame import (
    BAD_FILE, BAD_INPUT, FAILURE, NO_ROOM, SMALL, USAGE, accepted, accepted_or_refused, altered, check, complaints,
    refused, trial,
)

WRONG = {
    "no such command": ["synth"],
    "no such option": ["synthesize", "--sede", "1"],
    "an option's value is missing": ["synthesize", "--seed"],
    "an option twice": ["synthesize", "--seed", "1", "--seed", "2"],
    "a word too many": ["synthesize", "word"],
    "inspect without a file": ["inspect"],
    "evaluate without data": ["evaluate"],
    "train without data": ["train"],
    "export without a name": ["export"],
    "export to an unknown format": ["export", "--out", "x.xyz"],
    "a word for a number": ["synthesize", "--iterations", "abc"],
    "an empty number": ["synthesize", "--batch", ""],
    "a batch of none": ["synthesize", "--batch", "0"],
    "a negative batch": ["synthesize", "--batch", "-1"],
    "more images than numbers": ["synthesize", "--images", "9999999999"],
    "no iterations": ["synthesize", "--iterations", "0"],
    "a weight that is no number": ["synthesize", "--bn-weight", "NaN"],
    "an infinite weight": ["synthesize", "--ce-weight", "Infinity"],
    "a negative step size": ["synthesize", "--lr-generator", "-1"],
    "a decay beyond all": ["synthesize", "--lr-decay", "2"],
    "a negative jitter": ["synthesize", "--jitter", "-1"],
    "a class that there is not": ["synthesize", "--classes", "10"],
    "a class twice": ["synthesize", "--classes", "1,1"],
    "a negative class": ["synthesize", "--classes", "-1"],
    "images and images of each class": ["synthesize", "--images", "5", "--per-class", "2"],
    "an unknown preset": ["synthesize", "--preset", "fast"],
    "an unknown method": ["synthesize", "--method", "x"],
    "an unknown format": ["synthesize", "--format", "gif"],
    "an unknown architecture": ["synthesize", "--arch", "resnet21"],
    "an architecture that does not fit": ["synthesize", "--arch", "vgg16"],
    "two of three means": ["synthesize", "--mean", "0.5,0.5", "--std", "1,1"],
    "a deviation of zero": ["synthesize", "--mean", "0.5", "--std", "0"],
    "no threads": ["synthesize", "--threads", "0"],
    "an unknown backend": ["synthesize", "--backend", "tpu"],
    "an unknown precision": ["synthesize", "--precision", "f16"],
    "an unknown case": ["bench", "--case", "x"],
    "an unknown op": ["doctor", "--only", "Conv9d"],
    "an output folder without a name": ["synthesize", "--out", ""],
    "a latent vector without length": ["synthesize", "--latent", "0"],
    "a generator without width": ["synthesize", "--generator-width", "0"],
    "an input of no size": ["synthesize", "--input-size", "0"],
}


@trial(BAD_INPUT, "words", of=WRONG)
def wrong(box, item):
    codes = {"vgg16": (BAD_FILE, USAGE), "tpu": (NO_ROOM, USAGE)}.get(item[-1], (USAGE,))
    refused(box.ni(*item, timeout=20), *codes)
    check(not list(box.folder.iterdir()), f"left behind: {[path.name for path in box.folder.iterdir()]}")


@trial(BAD_INPUT, "no CUDA device", of={"cuda": "cuda", "cuda:7": "cuda:7"})
def no_device(box, item):
    done = box.ni("synthesize", "--batch", 2, "--iterations", 1, "--backend", item, "--quiet", "--out", "run")
    accepted_or_refused(done, NO_ROOM, USAGE)


TOO_MUCH = {
    "a batch that no memory holds": ["--batch", 2_000_000],
    "a batch beyond what can be counted": ["--batch", 2_147_483_647],
    "a generator that no memory holds": ["--batch", 4, "--generator-width", 2_000_000],
    "a latent vector that no memory holds": ["--batch", 4, "--latent", 2_147_483_647],
    "an input that no memory holds": ["--batch", 4, "--input-size", 1_000_000],
    "a billion images of each class": ["--batch", 4, "--per-class", 1_000_000_000],
}


@trial(BAD_INPUT, "sizes", of=TOO_MUCH)
def too_much(box, item):
    refused(box.ni("synthesize", "--iterations", 1, "--quiet", "--out", "run", *item), USAGE, NO_ROOM)


@trial(BAD_INPUT, "sizes at the edge of what is right", of={
    "one image": (1, {"batch": 1, "images": 1}),
    "a batch larger than all images": (3, {"images": 3}),
    "a last batch of one": (5, {"images": 5}),
    "one class": (8, {"classes": 3}),
    "a generator of width 2": (8, {"generator_width": 2, "latent": 1}),
    "the smallest seed": (8, {"seed": -(2**63)}),
})
def edge(box, item):
    wanted, settings = item
    accepted(box.ni(*altered(SMALL, **settings), "--out", "run"))
    count = sum(1 for _ in box.path("run/images").rglob("*.png"))
    check(count == wanted, f"{count} images of {wanted}")


@trial(BAD_INPUT, "a folder that cannot be made", of={
    "below a file": "file/run", "a link to nowhere": "dangling", "a file": "file", "a name too long": "x" * 300,
    "in a file system of the kernel's": "/proc/run"})
def no_folder(box, item):
    box.write("file", "x")
    box.path("dangling").symlink_to("nowhere/at/all")
    done = box.ni(*SMALL, "--out", item)
    refused(done, USAGE, FAILURE, BAD_FILE)
    said = complaints(done)[0].removeprefix("ni: ").partition(" (see")[0]
    bare = said.replace(item, "").replace(pathlib.Path(item).name, "").strip(" :")
    check(bare not in ("cannot be made", ""), f"no reason is given: {said}")
