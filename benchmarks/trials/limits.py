"""Memory, address space, threads, file handles: the program does with less, or says so in a line."""
import contextlib
import os
import pathlib
import signal

from .frame import (
    FAILURE, FAULT, NO_ROOM, SMALL, USAGE, NotTried, accepted, altered, accepted_or_refused, check, civil, need_root,
    nothing_left, refused, trial,
)
from .kills import TRAINING, data
from .stops import later

MB = 1 << 20


@contextlib.contextmanager
def memory(box, limit):
    """Words before the program's that put it under a limit of memory, as containers do: cgroups of either version."""
    need_root()
    root = pathlib.Path("/sys/fs/cgroup")
    first = (root / "memory/memory.limit_in_bytes").exists()
    group = (root / "memory" if first else root) / f"ni-faults-{os.getpid()}-{box.folder.name}"
    try:
        group.mkdir()
        (group / ("memory.limit_in_bytes" if first else "memory.max")).write_text(str(limit))
        with contextlib.suppress(OSError):
            (group / ("memory.memsw.limit_in_bytes" if first else "memory.swap.max")).write_text(str(limit if first else 0))
    except OSError as e:
        with contextlib.suppress(OSError):
            group.rmdir()
        raise NotTried(f"a group with a limit of memory cannot be made here: {e.strerror}") from None
    try:
        yield ["sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh"]
    finally:
        group.rmdir()


COMMAND = "--iterations 2 --threads 1 --backend cpu --quiet --out run".split()


@trial(FAULT, "a limit of memory", alone=True, of={
    "1 GB, the largest batch that fits": (1000, ["synthesize", "--batch", "auto", "--images", "400", *COMMAND]),
    "1 GB, a batch too large": (1000, ["synthesize", "--batch", "1024", *COMMAND]),
    "1 GB, a batch of 64": (1000, ["synthesize", "--batch", "64", *COMMAND]),
    "1 GB, four batches at once": (1000, ["synthesize", "--batch", "64", "--images", "256", "--concurrent", "4", *COMMAND]),
    "300 MB, a batch of 4": (300, ["synthesize", "--batch", "4", *COMMAND]),
    "200 MB, a batch of 4": (200, ["synthesize", "--batch", "4", *COMMAND]),
    "300 MB, training": (300, [*TRAINING, "--out", "run"]),
    "300 MB, evaluation": (300, ["evaluate", "--data", "data", "--threads", "1", "--backend", "cpu", "--quiet"]),
    "1 GB, training in batches too large": (
        1000, [*altered(TRAINING, input_size=64, batch=80, arch="resnet50-cifar"), "--out", "run"]),
})
def cgroup(box, item):
    size, words = item
    data(box)
    with memory(box, size * MB) as prefix:
        done = box.ni(*words, prefix=prefix, env={"NI_JAVA_OPTIONS": None}, timeout=240)
    accepted_or_refused(done, NO_ROOM)
    nothing_left(box, "hs_err*")


@trial(FAULT, "a limit of address space", alone=True,
       of={f"{size} GB, {command}": (size, command) for size in (1, 2, 3, 4, 6, 8) for command in ("synthesize", "inspect")
           if command == "synthesize" or size in (1, 4)})
def address_space(box, item):
    size, command = item
    if command == "inspect":
        box.good("export", "--out", "t.safetensors")
        words = ["inspect", "t.safetensors", "--threads", "1", "--quiet"]
    else:
        words = [*SMALL, "--out", "run"]
    limited = ["sh", "-c", f'ulimit -v {size << 20}; exec "$@"', "sh"]
    done = box.ni(*words, prefix=limited, env={"NI_JAVA_OPTIONS": None}, timeout=120)
    if done.code == 0:
        accepted(done)
    else:
        civil(done)
        check(done.code == NO_ROOM, f"wanted success or exit code {NO_ROOM}, but {done}")
        check(len(done.err.splitlines()) <= 3, f"{len(done.err.splitlines())} lines are printed; {done}")
    for pattern in ("hs_err*", "replay*", "core*"):
        nothing_left(box, pattern)


@trial(FAULT, "a limit of file handles", of=[256, 64])
def handles(box, item):
    limited = ["sh", "-c", f'ulimit -n {item}; exec "$@"', "sh"]
    done = box.ni(*SMALL, "--out", "run", prefix=limited)
    accepted_or_refused(done, FAILURE, NO_ROOM)


@trial(FAULT, "a limit of a file's size")
def file_size(box):
    """4 kB: images fit, the plot of losses does not."""
    limited = ["sh", "-c", 'ulimit -f 8; trap "" XFSZ; exec "$@"', "sh"]
    accepted_or_refused(box.ni(*SMALL, "--out", "run", prefix=limited), FAILURE)


# ---- threads ---------------------------------------------------------------------------------------

ANY = [word for i, word in enumerate(SMALL) if "--threads" not in SMALL[max(0, i - 1) : i + 1]]
TWO = [*ANY, "--threads", "2"]


@trial(FAULT, "OpenMP gives fewer threads than asked for", of={
    "OMP_THREAD_LIMIT=1, a run": ({"OMP_THREAD_LIMIT": "1"}, "run"),
    "OMP_DYNAMIC=true, a run": ({"OMP_DYNAMIC": "true"}, "run"),
    "OMP_THREAD_LIMIT=1, training": ({"OMP_THREAD_LIMIT": "1"}, "training"),
    "OMP_THREAD_LIMIT=1, evaluation": ({"OMP_THREAD_LIMIT": "1"}, "evaluation"),
    "OMP_MAX_ACTIVE_LEVELS=0, a run": ({"OMP_MAX_ACTIVE_LEVELS": "0"}, "run"),
})
def openmp(box, item):
    environment, what = item
    data(box)
    words = {
        "run": [*TWO, "--out", "run"],
        "training": [*("2" if word == "1" else word for word in TRAINING), "--out", "run"],
        "evaluation": ["evaluate", "--data", "data", "--threads", "2", "--backend", "cpu", "--quiet"],
    }[what]
    accepted(box.ni(*words, env=environment, timeout=40))


@trial(FAULT, "OMP_NUM_THREADS", of=["1", "2", "nonsense"])
def openmp_number(box, item):
    accepted(box.ni(*TWO, "--out", "run", env={"OMP_NUM_THREADS": item}, timeout=40))


@trial(FAULT, "threads", of=[3, 100])
def threads(box, item):
    accepted(box.ni(*ANY, "--threads", item, "--out", "run", timeout=120))


@trial(FAULT, "threads beyond all bounds", of=[100_000, 2_147_483_647, 99_999_999_999])
def too_many_threads(box, item):
    refused(box.ni(*ANY, "--threads", item, "--out", "run"), USAGE)


@trial(FAULT, "one core only")
def one_core(box):
    accepted(box.ni(*TWO, "--out", "run", prefix=["taskset", "-c", "0"], timeout=60))


@trial(FAULT, "SIGTERM ends a run that has fewer threads than asked for")
def terminated(box):
    process = box.start(*altered(TWO, iterations=100_000), "--out", "run", env={"OMP_THREAD_LIMIT": "1"})
    process.until(later(pathlib.Path.exists, 2.0)(box.path("run")))
    process.signal(signal.SIGTERM)
    done = process.end(20)
    check(done.code in (0, 143, -signal.SIGTERM), str(done))


# ---- arithmetic ------------------------------------------------------------------------------------


@trial(FAULT, "doctor: convolutions in bfloat16 are right")
def bfloat16(box):
    accepted(box.ni("doctor", "--backend", "cpu", "--precision", "bf16", "--only", "Conv2d", "--quiet", timeout=120))
