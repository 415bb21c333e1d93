"""Manifests of runs that lie: read as --data, and with --resume."""
import json
import os

from .frame import BAD_FILE, BAD_INPUT, SMALL, USAGE, check, finished, refused, trial

BAD = (BAD_FILE, USAGE)


def first(value):
    return value["batches"][0]


def files(value):
    return first(value)["files"]


def setting(**settings):
    return lambda value: value["settings"].update(settings)


def of_batch(**fields):
    return lambda value: first(value).update(fields)


def extra_file(name, digest="0" * 64):
    return lambda value: files(value).update({name: digest})


def twice(value):
    value["batches"].append(first(value))


LIES = {
    "a file that never ends": extra_file("/dev/zero"),
    "a file above the folder": extra_file("../../../../../../etc/passwd"),
    "an absolute file": extra_file("/etc/passwd"),
    "a pipe for a file": extra_file("pipe"),
    "a link out of the folder": extra_file("link"),
    "a folder for a file": extra_file("images"),
    "a file without a name": extra_file(""),
    "a file with NUL in its name": extra_file("a\0b"),
    "a number for a digest": extra_file("x.png", 7),
    "no digest": extra_file("x.png", None),
    "batches that are null": lambda value: value.update(batches=None),
    "batches that are a number": lambda value: value.update(batches=3),
    "a batch that is null": lambda value: value["batches"].append(None),
    "files that are null": of_batch(files=None),
    "files that are a list": of_batch(files=["a.png"]),
    "losses that are null": of_batch(losses=None),
    "counts that are null": of_batch(correct=None),
    "software that is null": lambda value: value.update(software=None),
    "a teacher that is null": lambda value: value.update(teacher=None),
    "settings that are null": lambda value: value.update(settings=None),
    "settings that are a list": lambda value: value.update(settings=[1]),
    "two records of one batch": twice,
    "a batch beyond all": of_batch(index=999),
    "a batch before the first": of_batch(index=-1),
    "a batch of a fraction": of_batch(index=0.5),
    "a batch of too many images": of_batch(images=99_999),
    "a batch of fewer images than files": of_batch(images=1),
    "more correct than there are": of_batch(correct={"teacher": 99, "teacher_png": 99}),
    "a loss that is a word": of_batch(losses={"total": "low"}),
    "more images than are made": lambda value: value.update(images=99_999),
}


# Files that are not the run's own must not be looked at; of the rest nothing may come but the truth.
OUTSIDE = ("a file that never ends", "a file above the folder", "an absolute file", "a pipe for a file",
           "a link out of the folder")


def told(done):
    """What is printed, without times and folders."""
    return [line for line in done.out.splitlines() if "took" not in line and "look at" not in line]


def truth(box, *words):
    """What is printed of the run where nobody lies."""

    def ask(own):
        finished(own, SMALL)
        return told(own.good(*words))

    return box.bench.once(("told", *map(str, words)), ask)


def lie(box, change):
    run = finished(box, SMALL)
    os.mkfifo(run / "pipe")
    (run / "link").symlink_to("/etc/passwd")
    value = json.loads((run / "manifest.json").read_text())
    change(value)
    (run / "manifest.json").write_text(json.dumps(value))
    return run


RESUME = ("synthesize", "--out", "run", "--resume", "--quiet")
EVALUATE = ("evaluate", "--data", "run", "--threads", 1, "--backend", "cpu", "--quiet")


@trial(BAD_INPUT, "a manifest that says, resumed", of=list(LIES))
def resumed(box, item):
    run = lie(box, LIES[item])
    images = {path: path.read_bytes() for path in run.rglob("????-???.png")}
    done = box.ni(*RESUME, timeout=20)
    if done.code != 0 or item in OUTSIDE:
        refused(done, *BAD)
    else:
        check(told(done) == truth(box, *RESUME), f"what it tells is not the truth: {' '.join(told(done))[:200]}")
    check({path: path.read_bytes() for path in run.rglob("????-???.png")} == images, "images were changed")


# What evaluate looks at: files and their sums, classes, the backend that made them.
READ = [name for name in LIES if name.split()[0] in ("a", "an", "no") and "file" in name or "digest" in name]
READ += ["batches that are null", "batches that are a number", "a batch that is null", "files that are null",
         "files that are a list", "a teacher that is null"]


@trial(BAD_INPUT, "a manifest that says, as --data", of=list(dict.fromkeys(READ)))
def evaluated(box, item):
    lie(box, LIES[item])
    done = box.ni(*EVALUATE, timeout=20)
    if done.code != 0:
        refused(done, *BAD)
    else:
        check(told(done) == truth(box, *EVALUATE), f"what it tells is not the truth: {' '.join(told(done))[:200]}")


@trial(BAD_INPUT, "a manifest", of={
    "that is empty": b"", "that is a word": b'"run"', "that is a list": b"[]", "that is an empty object": b"{}",
    "that is cut short": b'{"settings": {"seed": 1}, "batches": [', "that is binary": bytes(range(256)),
    "that is very deep": b"[" * 50_000 + b"]" * 50_000})
def no_manifest(box, item):
    box.write("run/manifest.json", item)
    refused(box.ni(*RESUME, timeout=20), *BAD)
    refused(box.ni("evaluate", "--data", "run", "--quiet", timeout=20), *BAD)


@trial(BAD_INPUT, "a manifest", of=["that is a pipe", "that is a device", "that is a folder"])
def special(box, item):
    box.path("run").mkdir()
    manifest = box.path("run/manifest.json")
    if item == "that is a pipe":
        os.mkfifo(manifest)
    elif item == "that is a device":
        manifest.symlink_to("/dev/zero")
    else:
        manifest.mkdir()
    refused(box.ni(*RESUME, timeout=20), *BAD)


@trial(BAD_INPUT, "a setting in a manifest, resumed", of={
    "fewer images": setting(images=4), "more images": setting(images=99_999), "another batch": setting(batch=2),
    "no batch": setting(batch=0), "a seed that is a word": setting(seed="-x"), "an unknown one": setting(nonsense=1),
    "another width": setting(**{"generator-width": 16})})
def edited(box, item):
    """The run is not the one that it says it is."""
    lie(box, item)
    refused(box.ni(*RESUME, timeout=20), *BAD)
