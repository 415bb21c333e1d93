"""Signals, with and without a terminal, at every phase of a run: it stops in good order, says how to go on, and can."""
import os
import pathlib
import pty
import signal
import sys
import threading
import time

from .frame import FAULT, Process, RUN, STOPPED, check, civil, completes, same, trial, undisturbed
from .kills import TRAINING, data, training_completes

# Two batches, of so many iterations that each phase lasts.
WORK = "synthesize --batch 8 --images 16 --iterations 40 --threads 1 --latent 8 --generator-width 8 --backend cpu".split()


def after(seconds):
    """So long after the start."""

    def begin(_):
        end = time.monotonic() + seconds
        return lambda: time.monotonic() > end

    return begin


def later(condition, seconds=0.0):
    """So long after something holds of the run's folder."""

    def begin(run):
        seen = []

        def come():
            if not seen and condition(run):
                seen.append(time.monotonic())
            return bool(seen) and time.monotonic() >= seen[0] + seconds

        return come

    return begin


def images(count):
    return lambda run: sum(1 for _ in run.rglob("????-???.png")) >= count


def has_manifest(run):
    return (run / "manifest.json").exists()


PHASES = {
    "launcher": after(0.03),
    "virtual machine": after(0.3),
    "loading": after(0.8),
    "folder made": later(pathlib.Path.exists),
    "first batch iterates": later(pathlib.Path.exists, 0.4),
    "first images are written": later(images(1)),
    "second batch iterates": later(has_manifest, 0.4),
    "last images are written": later(images(9)),
}


def stopped_well(box, done, number, words=WORK):
    """The documented end: 128 and the signal's number, and a line that says how to go on; or all was done before it came."""
    run = box.path("run")
    if done.code == -number and not has_manifest(run):
        return  # before there is anything to lose the system's own way to end is as good
    civil(done)
    if done.code == 0:
        same(run, undisturbed(box, words))
        return
    check(done.code == 128 + number, f"wanted exit code {128 + number}, but {done}")
    check(not has_manifest(run) or "--resume" in done.out + done.err, f"nothing says how to go on; {done}")


def at(box, phase, words=WORK, **how):
    process = box.start(*words, "--out", "run", **how)
    process.until(PHASES[phase](box.path("run")))
    return process


def signalled(box, phase, number, **how):
    process = at(box, phase, **how)
    process.signal(number)
    stopped_well(box, process.end(30), number)
    completes(box, WORK)


@trial(FAULT, "SIGINT without a terminal", of=list(PHASES))
def interrupted(box, item):
    signalled(box, item, signal.SIGINT)


@trial(FAULT, "SIGTERM", of=["loading", "first batch iterates", "second batch iterates"])
def terminated(box, item):
    signalled(box, item, signal.SIGTERM)


@trial(FAULT, "SIGHUP", of=["first batch iterates"])
def hung_up(box, item):
    signalled(box, item, signal.SIGHUP)


@trial(FAULT, "SIGHUP under nohup")
def hung_up_under_nohup(box):
    process = at(box, "first batch iterates", prefix=["env", "--ignore-signal=HUP"])
    process.signal(signal.SIGHUP)
    goes_on(box, process)


@trial(FAULT, "SIGQUIT prints the threads and the run goes on")
def quit_signal(box):
    process = at(box, "first batch iterates")
    process.signal(signal.SIGQUIT)
    goes_on(box, process)


@trial(FAULT, "SIGSTOP and SIGCONT")
def halted(box):
    process = at(box, "first batch iterates")
    process.signal(signal.SIGSTOP)
    time.sleep(0.5)
    process.signal(signal.SIGCONT)
    goes_on(box, process)


def goes_on(box, process):
    done = process.end()
    check(done.code == 0, f"wanted that it goes on, but {done}")
    same(box.path("run"), undisturbed(box, WORK))


@trial(FAULT, "nobody reads what is printed")
def unread(box):
    reading, writing = os.pipe()
    process = box.start(*RUN, "--out", "run", stdout=writing)
    os.close(writing)
    os.close(reading)
    done = process.end()
    civil(done)
    check(done.code in (0, 1, 141), str(done))
    completes(box, RUN)


@trial(FAULT, "SIGINT while it trains")
def training_interrupted(box):
    data(box)
    process = box.start(*TRAINING, "--out", "run")
    process.until(box.path("run/training.json").exists)
    process.signal(signal.SIGINT)
    done = process.end(30)
    civil(done)
    check(done.code in (0, STOPPED), str(done))
    training_completes(box)


# ---- in a terminal ---------------------------------------------------------------------------------

# Makes its standard input the terminal of its session, as a terminal emulator does.
IN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    """The program in a terminal of its own, where keys are pressed."""

    def __init__(self, box, words):
        self.screen, self.keys = bytearray(), None
        self.keys, other = pty.openpty()
        prefix = [sys.executable, "-c", IN_TERMINAL]
        process = box.start(
            *words, prefix=prefix, env={"TERM": "xterm"}, stdin=other, stdout=other, stderr=other
        )
        os.close(other)
        self.process = Process(process.words, process.process, None, None)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                self.screen += os.read(self.keys, 65536)
            except OSError:  # the other end is closed
                return

    def press(self, key):
        os.write(self.keys, key)

    def end(self, timeout=30):
        try:
            done = self.process.end(timeout)
            self.reader.join(5)
        finally:
            os.close(self.keys)
        # A bar is drawn over itself; what was last on a line counts.
        lines = self.screen.decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        done.err = "\n".join(line.split("\r")[-1] for line in lines)
        return done


CTRL_C = b"\x03"


def in_terminal(box, phase, words=WORK):
    terminal = Terminal(box, [*words, "--out", "run"])
    terminal.process.until(PHASES[phase](box.path("run")))
    return terminal


@trial(FAULT, "Ctrl-C in a terminal", of=list(PHASES))
def ctrl_c(box, item):
    terminal = in_terminal(box, item)
    terminal.press(CTRL_C)
    stopped_well(box, terminal.end(), signal.SIGINT)
    completes(box, WORK)


@trial(FAULT, "Ctrl-C in a terminal, without a bar")
def ctrl_c_quiet(box):
    terminal = in_terminal(box, "first batch iterates", [*WORK, "--quiet"])
    terminal.press(CTRL_C)
    stopped_well(box, terminal.end(), signal.SIGINT)
    completes(box, WORK)


@trial(FAULT, "Ctrl-C twice in a terminal", of=list(PHASES))
def ctrl_c_twice(box, item):
    """Iterations of a second or more: the first stop has to wait for one, the second does not."""
    words = [*WORK[:1], *"--batch 256 --images 512 --iterations 2 --threads 1 --latent 8 --generator-width 8".split()]
    terminal = in_terminal(box, item, [*words, "--backend", "cpu"])
    terminal.press(CTRL_C)
    time.sleep(0.3)
    begin = time.monotonic()
    if terminal.process.running:
        terminal.press(CTRL_C)
    done = terminal.end()
    seconds = time.monotonic() - begin
    check(seconds < 10, f"it ended {seconds:.1f} s after the second Ctrl-C")
    stopped_at_once(box, done, [*words, "--backend", "cpu"])


def stopped_at_once(box, done, words):
    """At the second Ctrl-C nothing more need be said; what is there is whole, and the work goes on."""
    if done.code != -signal.SIGINT or has_manifest(box.path("run")):
        civil(done)
        check(done.code in (0, STOPPED), f"wanted exit code {STOPPED}, but {done}")
    completes(box, words)


@trial(FAULT, "Ctrl-C in a terminal while it trains")
def ctrl_c_in_training(box):
    data(box)
    terminal = Terminal(box, [*[word for word in TRAINING if word != "--quiet"], "--out", "run"])
    terminal.process.until(box.path("run/epochs.csv").exists)
    terminal.press(CTRL_C)
    done = terminal.end()
    civil(done)
    check(done.code in (0, STOPPED), f"wanted exit code {STOPPED}, but {done}")
    training_completes(box)


@trial(FAULT, "Ctrl-C in a terminal while it evaluates")
def ctrl_c_in_evaluation(box):
    data(box)
    terminal = Terminal(box, ["evaluate", "--data", "data", "--batch", "1", "--threads", "1", "--backend", "cpu"])
    terminal.process.until(lambda: b"%" in terminal.screen)
    terminal.press(CTRL_C)
    done = terminal.end()
    civil(done)
    check(done.code in (0, STOPPED), f"wanted exit code {STOPPED}, but {done}")


@trial(FAULT, "Ctrl-Z in a terminal, then it goes on")
def ctrl_z(box):
    """The kernel drops the key's signal to stop where no shell looks after the session: it is sent."""
    terminal = in_terminal(box, "first batch iterates")
    terminal.process.signal(signal.SIGTSTP)
    time.sleep(0.5)
    terminal.process.signal(signal.SIGCONT)
    done = terminal.end(60)
    check(done.code == 0, str(done))
    same(box.path("run"), undisturbed(box, WORK))
