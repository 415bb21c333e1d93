"""Files of finished work deleted, damaged or edited one by one: what is lost is made again, and nothing else is."""
import json
import shutil

from . import make
from .frame import BAD_FILE, FAULT, RUN, USAGE, altered, check, civil, contents, finished, refused, same, trial, undisturbed
from .kills import TRAINING, data, trained


def flip(path):
    """One bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def delete(path):
    path.unlink()


def spreadsheet(path):
    """As programs for tables save it again."""
    path.write_bytes(path.read_bytes().replace(b",", b";").replace(b"\n", b"\r\n"))


def one(pattern):
    return lambda run: sorted(run.glob(pattern))[0]


def resume(box, words=RUN):
    return box.ni(words[0], "--out", "run", "--resume", "--quiet")


FIRST_PNG, FIRST_RAW, FIRST_LOSSES = one("images/*/0000-*.png"), one("batches/0000.safetensors"), one("batches/0000.csv")


@trial(FAULT, "a file of a finished run", of={
    "an image deleted": (FIRST_PNG, delete),
    "an image with a bit flipped": (FIRST_PNG, flip),
    "an image cut short": (FIRST_PNG, cut),
    "an image of another batch deleted": (one("images/*/0005-*.png"), delete),
    "exact images deleted": (FIRST_RAW, delete),
    "exact images with a bit flipped": (FIRST_RAW, flip),
    "exact images cut short": (FIRST_RAW, cut),
    "a batch's losses deleted": (FIRST_LOSSES, delete),
    "a batch's losses with a bit flipped": (FIRST_LOSSES, flip),
    "a batch's losses cut short": (FIRST_LOSSES, cut),
    "the images' folder deleted": (lambda run: run / "images", shutil.rmtree),
})
def lost(box, item):
    where, damage = item
    damage(where(finished(box, RUN)))
    done = resume(box)
    civil(done)
    check(done.code == 0, str(done))
    same(box.path("run"), undisturbed(box, RUN))


@trial(FAULT, "a derived file of a finished run", of={
    f"{name} {word}": (name, damage)
    for name in ("grid.png", "losses.csv", "losses.png")
    for word, damage in (("deleted", delete), ("with a bit flipped", flip), ("cut short", cut))
    if not (name == "losses.csv" and damage is flip)
} | {"losses.csv saved by a spreadsheet": ("losses.csv", spreadsheet)})
def derived(box, item):
    """It is drawn again; no batch is made again for it. An edited table may also stay as it is."""
    name, damage = item
    run = finished(box, RUN)
    made = {path: path.stat().st_mtime_ns for path in run.rglob("0*") if path.is_file()}
    damage(run / name)
    done = resume(box)
    civil(done)
    check(done.code == 0, str(done))
    again = [path.name for path, time in made.items() if path.stat().st_mtime_ns != time]
    check(not again, f"made again: {', '.join(again[:5])}")
    wanted = undisturbed(box, RUN)
    if damage is not spreadsheet:
        same(run, wanted)


@trial(FAULT, "a foreign file in a finished run stays")
def foreign(box):
    run = finished(box, RUN)
    (run / "notes.txt").write_text("mine")
    done = resume(box)
    check(done.code == 0 and (run / "notes.txt").read_text() == "mine", str(done))


@trial(FAULT, "a finished run's manifest", of={"deleted": delete, "cut short": cut})
def manifest(box, item):
    """Without it nobody knows what is there: that is said, and no file is touched."""
    run = finished(box, RUN)
    item(run / "manifest.json")
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    refused(resume(box), USAGE, BAD_FILE)
    check({path: path.read_bytes() for path in before} == before, "files were changed")


@trial(FAULT, "the seed in a finished run's manifest edited")
def seed(box):
    path = finished(box, RUN) / "manifest.json"
    path.write_text(path.read_text().replace('"seed" : 0', '"seed" : 5'))
    refused(resume(box), USAGE, BAD_FILE)


@trial(FAULT, "a manifest whose numbers another program wrote")
def rewritten(box):
    """10.0 as 10 and the like is the same run, also beside the options it was made with."""
    run = finished(box, RUN)
    path = run / "manifest.json"
    value = json.loads(path.read_text(), parse_float=lambda x: int(float(x)) if float(x) % 1 == 0 else float(x))
    path.write_text(json.dumps(value))
    FIRST_PNG(run).unlink()
    done = box.ni(*RUN, "--bn-weight", "10.0", "--out", "run", "--resume")
    civil(done)
    check(done.code == 0, str(done))
    same(run, undisturbed(box, RUN))


@trial(FAULT, "the teacher changed under a run")
def teacher(box):
    box.good("export", "--out", "t.safetensors")
    words = altered(RUN, teacher="t.safetensors", images=8)
    box.good(*words, "--out", "run")
    FIRST_PNG(box.path("run")).unlink()
    flip(box.path("t.safetensors"))
    refused(resume(box), USAGE, BAD_FILE)


# ---- training --------------------------------------------------------------------------------------


def edit(path):
    """A row less: the training would be younger than it is."""
    path.write_text("".join(path.read_text().splitlines(True)[:-1]))


FILES = ("best.safetensors", "last.safetensors", "state.safetensors", "epochs.csv", "epochs.png", "training.json")


def right_or_refused(box, before):
    """The undisturbed result, or a line; never another result, never a file that is named and is not there."""
    done = box.ni("train", "--out", "run", "--resume", "--quiet")
    if done.code == 0:
        civil(done)
        wanted = dict(trained(box))
        if not box.path("run/best.safetensors").exists():
            check("best.safetensors" in done.err, "best.safetensors is not there, and nothing says so")
            del wanted["best.safetensors"]
        same(box.path("run"), wanted)
    else:
        refused(done, USAGE, BAD_FILE)
        rest = {path: path.read_bytes() for path in before}
        check(rest == before, "it was refused, but files were changed")


@trial(FAULT, "a file of finished training", of={
    f"{name} {word}": (name, damage)
    for name in FILES
    for word, damage in (("deleted", delete), ("with a bit flipped", flip), ("cut short", cut))
    if not (name == "training.json" and damage is flip)
} | {"epochs.csv without its last row": ("epochs.csv", edit)})
def training(box, item):
    name, damage = item
    trained(box)

    def make_one(own):
        data(own)
        own.good(*TRAINING, "--out", "run")
        return own.path("run")

    data(box)
    shutil.copytree(box.bench.once("trained folder", make_one), box.path("run"))
    damage(box.path(f"run/{name}"))
    right_or_refused(box, {path: path.read_bytes() for path in box.path("run").iterdir() if not path.name.startswith(".")})


@trial(FAULT, "the data changed under a training")
def training_data(box):
    data(box)
    words = altered(TRAINING, epochs=2)
    box.good(*words, "--out", "run")
    shutil.rmtree(box.path("data"))
    make.pictures(box.path("data"), count=20)
    before = contents(box.path("run"))
    done = box.ni("train", "--out", "run", "--resume", "--quiet")
    if done.code == 0:
        same(box.path("run"), before)
    else:
        refused(done, USAGE, BAD_FILE)
