"""kill -9, at random and at every step that a file takes to its place: then the work goes on, and ends as if undisturbed."""
import collections
import random
import re
import shutil
import signal
import time

from . import make
from .frame import FAULT, RUN, NotTried, check, civil, completes, contents, next_call, same, trial, undisturbed

EPOCHS = 3
TRAINING = f"train --data data --test data --epochs {EPOCHS} --batch 8 --threads 1 --seed 1 --backend cpu --quiet".split()
# When a process makes a file's new name last, or a folder.
RENAME, SYNC, MKDIR = "rename,renameat,renameat2", "fsync,fdatasync", "mkdir,mkdirat"


def data(box):
    return make.pictures(box.path("data"), count=40)


def trained(box):
    """What training leaves that nothing disturbs."""

    def one(own):
        data(own)
        own.good(*TRAINING, "--out", "trained")
        return contents(own.path("trained"))

    return box.bench.once("trained", one)


def training_completes(box, name="run"):
    completes(box, TRAINING, name, trained(box))


def kill_at_random(box, item, words):
    """Twice: the second time the work has gone on a little."""
    dice = random.Random(f"{box.bench.seed} {item}")
    for _ in range(2):
        process = box.start(*next_call(box.path("run"), words))
        end = time.monotonic() + dice.uniform(0.5, 2.5)
        process.until(lambda: time.monotonic() > end)
        if not process.running:
            return
        process.kill()


@trial(FAULT, "kill -9 of a run at random", of=range(1, 33))
def run_killed_at_random(box, item):
    kill_at_random(box, item, RUN)
    completes(box, RUN)


@trial(FAULT, "kill -9 of training at random", of=range(1, 15))
def training_killed_at_random(box, item):
    data(box)
    kill_at_random(box, item, TRAINING)
    training_completes(box)


# ---- at each system call ---------------------------------------------------------------------------


def most_calls(box, calls, words):
    """How often the busiest thread of an undisturbed call makes these system calls: each thread has its own count."""

    def count(own):
        data(own)
        tracer = ["strace", "-f", "-qq", "-e", "signal=none", "-e", f"trace={calls}", "-o", own.path("trace")]
        own.good(*words, "--out", "counted", prefix=tracer, timeout=120)
        threads = collections.Counter(re.findall(r"^(\d+)", own.path("trace").read_text(), re.MULTILINE))
        return max(threads.values(), default=0)

    return box.bench.once(("calls", calls, words[0]), count)


def kill_at_call(box, calls, words, point, points):
    """Kills at one of so many points, spread from the first such call to the last."""
    if not shutil.which("strace"):
        raise NotTried("strace is missing")
    data(box)
    last = most_calls(box, calls, words)
    if point > last:
        raise NotTried(f"there are {last} such calls only")
    when = 1 + round((point - 1) * (last - 1) / (points - 1)) if last > points else point
    tracer = ["strace", "-f", "-qq", "-e", "signal=none", "-e", f"trace={calls}", "-o", "/dev/null"]
    tracer += ["-e", f"inject={calls}:signal=KILL:when={when}"]
    done = box.ni(*words, "--out", "run", prefix=tracer, timeout=120)
    if done.code == 0:
        raise NotTried(f"call {when} of {last} did not come")
    check(done.code in (-signal.SIGKILL, 137), f"instead of being killed: {done}")


@trial(FAULT, "kill -9 of a run at a rename", of=range(1, 16))
def run_killed_at_rename(box, item):
    kill_at_call(box, RENAME, RUN, item, 15)
    completes(box, RUN)


@trial(FAULT, "kill -9 of a run at an fsync", of=range(1, 28))
def run_killed_at_sync(box, item):
    kill_at_call(box, SYNC, RUN, item, 27)
    completes(box, RUN)


@trial(FAULT, "kill -9 of a run at a mkdir", of=range(1, 18))
def run_killed_at_mkdir(box, item):
    kill_at_call(box, MKDIR, RUN, item, 17)
    completes(box, RUN)


@trial(FAULT, "kill -9 of training at a rename", of=range(1, 16))
def training_killed_at_rename(box, item):
    kill_at_call(box, RENAME, TRAINING, item, 15)
    training_completes(box)


# ---- the first start of all ------------------------------------------------------------------------


@trial(FAULT, "kill -9 of the first start", of=range(1, 6))
def first_start_killed(box, item):
    process = box.start(*RUN, "--out", "first", env={"XDG_CACHE_HOME": box.path("cache")})
    end = time.monotonic() + 0.3 + 0.2 * item
    process.until(lambda: time.monotonic() > end)
    process.kill()
    completes(box, RUN, env={"XDG_CACHE_HOME": box.path("cache")})


@trial(FAULT, "four first starts at once", alone=True)
def first_starts_at_once(box):
    environment = {"XDG_CACHE_HOME": box.path("cache")}
    starts = [box.start(*RUN, "--out", f"run{i}", env=environment) for i in range(4)]
    for i, process in enumerate(starts):
        done = process.end(120)
        civil(done)
        check(done.code == 0, str(done))
        same(box.path(f"run{i}"), undisturbed(box, RUN))
