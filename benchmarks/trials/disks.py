"""Disks that are too small, full or out of inodes: a line says so, and with room the work goes on."""
import os

from .frame import FAILURE, FAULT, NO_ROOM, RUN, USAGE, check, civil, completes, refused, same, trial, undisturbed
from .kills import TRAINING, data, training_completes

WAYS_TO_END = (FAILURE, USAGE, NO_ROOM)


def fill(folder, left=0):
    """Takes all room of a file system but so much."""
    ballast = folder / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 65536)
        except OSError:
            file.truncate(max(0, file.tell() - left))
    return ballast


@trial(FAULT, "a disk that is too small from the start")
def too_small(box):
    with box.disk("disk", "size=64k") as disk:
        refused(box.ni(*RUN, "--out", disk / "run"), *WAYS_TO_END)
        box.shell("mount", "-o", "remount,size=64m", disk)
        completes(box, RUN, disk / "run")


@trial(FAULT, "a disk that is filled during a run", of=[1, 3, 5])
def filled(box, item):
    with box.disk("disk", "size=16m") as disk:
        process = box.start(*RUN, "--out", disk / "run")
        process.until(lambda: sum(1 for _ in (disk / "run").rglob("????-???.png")) >= 4 * item)
        ballast = fill(disk)
        done = process.end()
        if done.code != 0:
            refused(done, *WAYS_TO_END)
        ballast.unlink()
        completes(box, RUN, disk / "run")


@trial(FAULT, "a disk that runs out of inodes", of=[10, 25])
def no_inodes(box, item):
    with box.disk("disk", f"size=16m,nr_inodes={item}") as disk:
        refused(box.ni(*RUN, "--out", disk / "run"), *WAYS_TO_END)
        box.shell("mount", "-o", "remount,nr_inodes=1000", disk)
        completes(box, RUN, disk / "run")


@trial(FAULT, "a disk that is filled during training")
def training_filled(box):
    data(box)
    with box.disk("disk", "size=5m") as disk:
        refused(box.ni(*TRAINING, "--out", disk / "run"), *WAYS_TO_END)
        box.shell("mount", "-o", "remount,size=64m", disk)
        training_completes(box, disk / "run")


@trial(FAULT, "export to a full disk", of=["onnx", "safetensors"])
def export_full(box, item):
    with box.disk("disk", "size=100k") as disk:
        refused(box.ni("export", "--out", disk / f"c.{item}"), *WAYS_TO_END)
        check(not os.listdir(disk), f"left behind: {os.listdir(disk)}")


@trial(FAULT, "bench's table on a full disk")
def table_full(box):
    with box.disk("disk", "size=8k") as disk:
        fill(disk)
        words = "bench --case resnet20-b64 --batch 2 --iterations 1 --threads 1 --backend cpu --quiet".split()
        refused(box.ni(*words, "--csv", disk / "figures.csv"), *WAYS_TO_END)


# Sixty images that need their room.
LARGE = (
    "synthesize --batch 20 --images 60 --iterations 1 --threads 1 --latent 8 --generator-width 8 --format png,raw"
    " --backend cpu --quiet"
).split()


@trial(FAULT, "resumed with room for what is missing only")
def room_for_the_rest(box):
    wanted = undisturbed(box, LARGE)
    with box.disk("disk", "size=16m") as disk:
        box.good(*LARGE, "--out", disk / "run")
        for lost in (disk / "run").rglob("0002*"):
            lost.unlink()
        fill(disk, left=500 << 10)
        done = box.ni("synthesize", "--out", disk / "run", "--resume", "--quiet")
        civil(done)
        check(done.code == 0, str(done))
        (disk / "ballast").unlink()
        same(disk / "run", wanted)


@trial(FAULT, "a finished run resumed on a disk that is almost full")
def finished_on_full(box):
    with box.disk("disk", "size=16m") as disk:
        box.good(*LARGE, "--out", disk / "run")
        fill(disk, left=64 << 10)
        done = box.ni("synthesize", "--out", disk / "run", "--resume", "--quiet")
        civil(done)
        check(done.code == 0, str(done))


@trial(FAULT, "finished training resumed on a disk that is almost full")
def finished_training_on_full(box):
    data(box)
    with box.disk("disk", "size=16m") as disk:
        box.good(*TRAINING, "--out", disk / "run")
        fill(disk, left=64 << 10)
        done = box.ni("train", "--out", disk / "run", "--resume", "--quiet")
        civil(done)
        check(done.code == 0, str(done))
