"""Checks that take more than one command: many batches at once, a run that is killed, memory that is too small."""
import hashlib
import json
import time

from .schedule import Failed

# A batch that no memory holds.
HUGE = 200_000


def out_of_memory(gate):
    """A batch that no memory holds is refused in one line, and nothing of it is left."""
    run = gate.scratch / "huge"
    words, environment = gate.ni("synthesize", "--backend", gate.backend, "--batch", HUGE, "--images", HUGE, "--out",
                                 run)
    outcome = gate.attempt("out-of-memory.txt", *words, **environment)
    if outcome.code != 4 or outcome.late:
        gate.complain("out-of-memory.txt", f"{outcome.fate}, not exit code 4")
    if run.exists():
        gate.complain("out-of-memory.txt", "something was left of the run")


def killed(gate):
    """Of a run that is killed all is whole that the manifest names, and it can be completed."""
    run = gate.scratch / "killed"
    batch, images, iterations = (2, 12, 4) if gate.small else (16, 128, 20)
    words, environment = gate.ni("synthesize", "--backend", gate.backend, "--batch", batch, "--images", images,
                                 "--iterations", iterations, "--quiet", "--out", run)
    started = gate.commands.start("killed.txt", words, environment)
    if started is None:
        raise Failed("killed.txt: not found")
    try:
        while '"index" : 1' not in _text(run / "manifest.json"):
            if started.wait(time.monotonic() + 0.05) is not None:
                raise Failed("the run ended before it was killed")
            if gate.left() < 1:
                raise Failed("the run took too long")
        started.process.kill()
    finally:
        started.end(0)
        gate.commands.background.remove(started)
    if json.loads(_text(run / "manifest.json"))["finished"]:
        raise Failed("the run was finished before it was killed")
    _check(run)
    words, environment = gate.ni("synthesize", "--backend", gate.backend, "--resume", "--quiet", "--out", run)
    if gate.run("killed-resumed.txt", *words, **environment).ok:
        _check(run)
        made = len(list((run / "images").rglob("*.png")))
        drafts = [path.name for path in run.rglob(".*")]
        if made != images or drafts or not json.loads(_text(run / "manifest.json"))["finished"]:
            raise Failed(f"{made} images of {images}, drafts: {drafts}")


def _text(path):
    try:
        return path.read_text()
    except OSError:
        return ""


def _check(run):
    """Every file that a run's manifest names is what it says."""
    named = dict(_sums(json.loads(_text(run / "manifest.json"))))
    if not named:
        raise Failed("the manifest names no files")
    for name, digest in named.items():
        path = run / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise Failed(f"{name} is not what the manifest says")


def _sums(node):
    """All pairs of a file and its checksum, wherever they are."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        if isinstance(key, str) and "." in key and isinstance(value, str) and len(value) == 64:
            yield key, value
        else:
            yield from _sums(value)


def concurrent(gate):
    """Seconds for several batches at a time."""
    size = [2, 4, 2] if gate.small else [64, 256, 300]
    lines = []
    for n in (1, 2):
        name = f"concurrent-{n}.json"
        words, environment = gate.ni(
            "synthesize", "--backend", gate.backend, "--precision", "bf16", "--batch", size[0], "--images", size[1],
            "--iterations", size[2], "--concurrent", n, "--json", "--quiet", "--out", gate.scratch / f"concurrent-{n}",
            search="short")
        if gate.run(name, *words, **environment).ok:
            lines.append(f"{n} at a time: {json.loads(gate.read(name))['seconds']:.2f} s")
    gate.show("Batches at a time", "\n".join(lines))
