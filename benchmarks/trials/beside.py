"""Programs beside each other: each has a folder of its own, or is told that it cannot have this one."""
import json
import time

from .frame import FAULT, RUN, SMALL, USAGE, altered, check, civil, contents, refused, same, trial, undisturbed
from .kills import TRAINING, data, trained
from .stops import WORK


def runs_of(box):
    return sorted(path.parent for path in box.path("runs").glob("*/manifest.json"))


@trial(FAULT, "eight runs at once without --out, each with its own seed", alone=True)
def eight_seeds(box):
    wanted = {seed: undisturbed(box, [*SMALL, "--seed", seed]) for seed in range(8)}
    for process in [box.start(*SMALL, "--seed", seed) for seed in range(8)]:
        done = process.end(180)
        check(done.code == 0, str(done))
    found = {json.loads((run / "manifest.json").read_text())["settings"]["seed"]: run for run in runs_of(box)}
    check(len(found) == 8, f"{len(runs_of(box))} runs of {len(found)} seeds are left of 8")
    for seed, run in found.items():
        same(run, wanted[seed])


@trial(FAULT, "eight equal runs at once without --out", alone=True)
def eight_equal(box):
    wanted = undisturbed(box, SMALL)
    for process in [box.start(*SMALL) for _ in range(8)]:
        done = process.end(180)
        check(done.code == 0, str(done))
    check(len(runs_of(box)) == 8, f"{len(runs_of(box))} runs are left of 8")
    for run in runs_of(box):
        same(run, wanted)


@trial(FAULT, "two trainings at once without --out", alone=True)
def two_trainings(box):
    data(box)
    for process in [box.start(*TRAINING) for _ in range(2)]:
        done = process.end(120)
        check(done.code == 0, str(done))
    left = sorted(path.parent for path in box.path("runs").glob("*/training.json"))
    check(len(left) == 2, f"{len(left)} trainings are left of 2")
    for run in left:
        same(run, trained(box))


def one_of(processes):
    """One ends well, the others are refused; says which ended well."""
    ends = [process.end(180) for process in processes]
    good = [i for i, done in enumerate(ends) if done.code == 0]
    check(len(good) == 1, f"{len(good)} of {len(ends)} ended well: {'; '.join(map(str, ends))}")
    for i, done in enumerate(ends):
        if i != good[0]:
            refused(done, USAGE)
    return good[0]


@trial(FAULT, "runs of other seeds on one --out", alone=True,
       of={"two at once": (2, 0.0), "four at once": (4, 0.0), "two, half a second apart": (2, 0.5)})
def on_one(box, item):
    count, pause = item
    processes = []
    for seed in range(count):
        processes.append(box.start(*WORK, "--quiet", "--seed", seed, "--out", "run"))
        time.sleep(pause)
    winner = one_of(processes)
    same(box.path("run"), undisturbed(box, [*WORK, "--quiet", "--seed", winner]))


@trial(FAULT, "two trainings on one --out", alone=True)
def two_trainings_on_one(box):
    data(box)
    one_of([box.start(*TRAINING, "--out", "run") for _ in range(2)])
    same(box.path("run"), trained(box))


@trial(FAULT, "--resume beside the living run", alone=True)
def resume_beside(box):
    first = box.start(*WORK, "--quiet", "--out", "run")
    first.until(box.path("run/manifest.json").exists)
    check(one_of([first, box.start("synthesize", "--out", "run", "--resume", "--quiet")]) == 0, "the first was refused")
    same(box.path("run"), undisturbed(box, WORK))


@trial(FAULT, "--resume beside the living training", alone=True)
def resume_beside_training(box):
    data(box)
    words = altered(TRAINING, epochs=30)
    first = box.start(*words, "--out", "run")
    first.until(box.path("run/epochs.csv").exists)
    check(one_of([first, box.start("train", "--out", "run", "--resume", "--quiet")]) == 0, "the first was refused")


@trial(FAULT, "the folder's owner died: another goes on")
def owner_died(box):
    first = box.start(*WORK, "--quiet", "--out", "run")
    first.until(box.path("run/manifest.json").exists)
    first.kill()
    done = box.ni("synthesize", "--out", "run", "--resume", "--quiet")
    civil(done)
    check(done.code == 0, str(done))
    same(box.path("run"), undisturbed(box, WORK))


@trial(FAULT, "a finished run is read by eight at once", alone=True)
def eight_readers(box):
    box.good(*RUN, "--out", "run")
    before = contents(box.path("run"))
    for process in [box.start("evaluate", "--data", "run", "--threads", 1, "--quiet", "--backend", "cpu") for _ in range(8)]:
        done = process.end(120)
        check(done.code == 0, str(done))
    same(box.path("run"), before)
