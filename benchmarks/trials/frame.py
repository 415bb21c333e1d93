"""What a trial is, and what it has to work with: a folder of its own, the program, and words to judge by.

A trial is a function that is given a Box. It returns if the program did what is wanted, raises Failed if it did not, and
NotTried if this machine has not got what it takes. Nothing here knows how the program works inside: trials see exit
codes, what is printed, and files.
"""
import collections
import contextlib
import csv
import functools
import hashlib
import io
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import threading
import time

FAULT, BAD_INPUT = "fault", "bad input"

# The program's exit codes.
DONE, FAILURE, USAGE, BAD_FILE, NO_ROOM, STOPPED = 0, 1, 2, 3, 4, 130


class Failed(Exception):
    """The program did not do what is wanted."""


class NotTried(Exception):
    """This machine has not got what the trial takes."""


Trial = collections.namedtuple("Trial", "group kind name function alone slow")
TRIALS = []


def trial(group, name, *, of=None, alone=False, slow=False):
    """Makes a trial of a function, or one of each item of a list; a map's keys name them. Its kind is its module's name.

    alone: nothing runs beside it. slow: only with --slow.
    """

    def register(function):
        kind = function.__module__.rpartition(".")[2]
        if of is None:
            TRIALS.append(Trial(group, kind, name, function, alone, slow))
            return function
        items = of.items() if isinstance(of, dict) else [(str(each), each) for each in of]
        for label, item in items:
            TRIALS.append(Trial(group, kind, f"{name}: {label}", functools.partial(function, item=item), alone, slow))
        return function

    return register


class Done:
    """How a call of the program ended: exit code (minus the signal that ended it), and what it printed."""

    def __init__(self, words, code, out, err):
        self.words, self.code, self.out, self.err = words, code, out, err

    def __str__(self):
        last = (self.err.strip() or self.out.strip() or "nothing printed").splitlines()[-1]
        return f"exit code {self.code}: {last[:200]}"


class Process:
    """A call of the program that is under way."""

    def __init__(self, words, process, out, err):
        self.words, self.process, self.out, self.err = words, process, out, err

    @property
    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.running:
            os.kill(self.process.pid, number)

    def until(self, condition, timeout=60):
        """Waits until something holds, or the program is done."""
        end = time.monotonic() + timeout
        while self.running and not condition():
            if time.monotonic() > end:
                self.kill()
                raise Failed(f"it did not come so far in {timeout} s")
            time.sleep(0.005)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self, timeout=60):
        """Waits for its end."""
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed(f"it had not ended after {timeout} s and was killed") from None
        return Done(self.words, self.process.returncode, text(self.out), text(self.err))


def text(file):
    return pathlib.Path(file).read_bytes().decode("utf-8", "replace") if file else ""


class Bench:
    """What all trials share: the program, a folder for all of theirs, runs that nothing disturbed."""

    def __init__(self, ni, scratch, seed):
        self.ni, self.scratch, self.seed = ni, pathlib.Path(scratch), seed
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not re.match("NI_|OMP_|GOMP_|LC_|LANG|JAVA_TOOL|JDK_|ONEDNN|XDG_|MAVEN_", name)
        }
        # The simple compiler alone makes short calls cheaper by a third; trials of memory unset it.
        self.environment.update(
            LANG="C.UTF-8", XDG_CACHE_HOME=str(self.scratch / "cache"), NI_JAVA_OPTIONS="-XX:TieredStopAtLevel=1"
        )
        self.locks, self.lock, self.kept = collections.defaultdict(threading.Lock), threading.Lock(), {}
        self.boxes = 0

    def once(self, key, make):
        """What make returns, made the first time only; make is given a folder."""
        with self.lock:
            lock = self.locks[key]
        with lock:
            if key not in self.kept:
                self.kept[key] = make(self.box())
            return self.kept[key]

    def box(self):
        with self.lock:
            self.boxes += 1
            folder = self.scratch / str(self.boxes)
        folder.mkdir()
        return Box(self, folder)


class Box:
    """A trial's own folder, and how it calls the program there."""

    def __init__(self, bench, folder):
        self.bench, self.folder, self.calls = bench, folder, 0
        self.dice = random.Random(f"{bench.seed} {folder.name}")

    def path(self, name):
        return self.folder / name

    def start(self, *words, prefix=(), env=None, cwd=None, program=None, files=None, **popen):
        """Starts the program; prefix are words before its own, env is what changes in the environment (None: unset)."""
        self.calls += 1
        environment = dict(self.bench.environment)
        for name, value in (env or {}).items():
            environment.pop(name, None)
            if value is not None:
                environment[name] = str(value)
        words = [str(word) for word in words]
        command = ["env", "--default-signal=INT,QUIT,HUP,TERM,PIPE"]
        command += [str(word) for word in prefix] + [str(program or self.bench.ni)] + words
        out, err = files or (self.bench.scratch / f"{self.folder.name}.{self.calls}.{stream}" for stream in ("out", "err"))
        with contextlib.ExitStack() as open_files:
            if "stdout" not in popen:
                popen["stdout"] = open_files.enter_context(open(out, "wb"))
            if "stderr" not in popen:
                popen["stderr"] = open_files.enter_context(open(err, "wb"))
            popen.setdefault("stdin", subprocess.DEVNULL)
            process = subprocess.Popen(
                command, cwd=cwd or self.folder, env=environment, start_new_session=True, **popen
            )
        return Process(words, process, out if os.path.exists(out) else None, err if os.path.exists(err) else None)

    def ni(self, *words, timeout=60, **how):
        """Calls the program and waits for its end."""
        return self.start(*words, **how).end(timeout)

    def good(self, *words, **how):
        """The same, of a call that must succeed."""
        done = self.ni(*words, **how)
        check(done.code == DONE, f"{' '.join(done.words[:1])}: {done}")
        return done

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def shell(self, *command, **how):
        """Runs a program of the system; where it fails, the trial cannot be made."""
        if not shutil.which(command[0]):
            raise NotTried(f"{command[0]} is missing")
        done = subprocess.run(
            [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **how
        )
        if done.returncode != 0:
            raise NotTried(f"{' '.join(map(str, command))[:80]}: {done.stdout.strip()[-120:]}")
        return done.stdout

    @contextlib.contextmanager
    def disk(self, name, options):
        """A file system in memory, mounted there; needs root."""
        need_root()
        folder = self.path(name)
        folder.mkdir()
        self.shell("mount", "-t", "tmpfs", "-o", options, "none", folder)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def need_root():
    if os.geteuid() != 0:
        raise NotTried("root is needed")


# ---- judgement -------------------------------------------------------------------------------------


def check(condition, words):
    if not condition:
        raise Failed(words)


# Of what nobody should see: a trace, a class of Java's, the virtual machine's own words.
INSIDE = re.compile(
    r"should not have happened|internal error|^\tat |\b(java|org\.[a-z]+)\.[a-z.]+[A-Z]\w+(Exception|Error)\b"
    r"|NullPointerException|# A fatal error|Could not (create|find or load)|Error occurred during|replay data",
    re.MULTILINE,
)


def civil(done):
    """It printed nothing from inside, and did not die of a signal."""
    found = INSIDE.search(done.out + done.err)
    check(not found, f"exit code {done.code}, and it says: {found and line_of(done.out + done.err, found)[:200]}")
    check(done.code >= 0, f"died of signal {-done.code}")
    check(done.code < 128 or done.code in (129, STOPPED, 141, 143), f"exit code {done.code}")


def line_of(words, found):
    return words[found.start() :].splitlines()[0]


def complaints(done):
    return [line for line in done.err.splitlines() if line.startswith("ni: ")]


def refused(done, *codes):
    """One line says what is wrong, and the exit code what kind of wrong it is."""
    civil(done)
    check(done.code in codes, f"wanted exit code {' or '.join(map(str, codes))}, but {done}")
    lines = complaints(done)
    check(len(lines) == 1, f"wanted one line of complaint, but there are {len(lines)}; {done}")
    check(len(lines[0]) < 2000, f"the complaint has {len(lines[0])} characters")
    check(len(done.err.splitlines()) <= 12, f"{len(done.err.splitlines())} lines are printed; {done}")
    # One value is wrong: further complaints, of options that nobody typed, are false.
    false = [option for option in re.findall(r"(--[a-z-]+) must\b", lines[0])[1:] if option not in done.words]
    check(not false, f"a second, false complaint, of {', '.join(false)}: {lines[0][-120:]}")


def accepted(done):
    civil(done)
    check(done.code == DONE, f"wanted success, but {done}")


def accepted_or_refused(done, *codes):
    if done.code == DONE:
        accepted(done)
    else:
        refused(done, *codes)


def nothing_left(box, pattern):
    left = sorted(path.name for path in box.folder.rglob(pattern))
    check(not left, f"left behind: {', '.join(left)}")


# ---- runs ------------------------------------------------------------------------------------------

# Six batches, in both formats, as small as can be.
RUN = (
    "synthesize --batch 4 --images 24 --iterations 2 --threads 1 --latent 8 --generator-width 8 --format png,raw"
    " --backend cpu --quiet".split()
)
# Two batches.
SMALL = (
    "synthesize --batch 4 --images 8 --iterations 2 --threads 1 --latent 8 --generator-width 8 --backend cpu --quiet"
).split()


def altered(words, **values):
    """The same call with other values of some options, or more of them."""
    words = list(words)
    for name, value in values.items():
        option = "--" + name.replace("_", "-")
        if option in words:
            words[words.index(option) + 1] = str(value)
        else:
            words += [option, str(value)]
    return words


TIMES = re.compile("second|time|date|took|duration|pid|host", re.IGNORECASE)


def timeless(value):
    """A JSON value without what differs each time, nor what folders files lay in; 10 and 10.0 are the same."""
    if isinstance(value, dict):
        return {key: timeless(each) for key, each in value.items() if not TIMES.search(key)}
    if isinstance(value, list):
        return [timeless(each) for each in value]
    if isinstance(value, str):
        return value.rsplit("/", 1)[-1] if value.startswith("/") else value
    return float(value) if type(value) is int and abs(value) < 2**53 else value


def content(path):
    """What is to be the same in another run's file: its bytes, in tables and manifests all but times and places."""
    data = path.read_bytes()
    if path.suffix == ".json":
        return json.dumps(timeless(json.loads(data)), sort_keys=True, indent=1)
    if path.suffix == ".csv":
        rows = list(csv.DictReader(io.StringIO(data.decode())))
        return json.dumps([{key: each for key, each in row.items() if not TIMES.search(str(key))} for row in rows])
    return hashlib.sha256(data).hexdigest()


def contents(folder):
    """Of every file below a folder; hidden ones are the program's own affair."""
    return {
        str(path.relative_to(folder)): content(path)
        for path in sorted(pathlib.Path(folder).rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".lock"
    }


def same(folder, wanted):
    """The folder is as that of an undisturbed run, and no draft is left."""
    try:
        found = contents(folder)
    except (ValueError, OSError) as e:
        raise Failed(f"{folder} cannot be read: {e}") from None
    missing, more = sorted(wanted.keys() - found.keys()), sorted(found.keys() - wanted.keys())
    other = [name for name in sorted(wanted.keys() & found.keys()) if wanted[name] != found[name]]
    differences = [f"{word} {', '.join(names[:4])}" for word, names in
                   (("missing:", missing), ("too many:", more), ("other:", other)) if names]
    check(not differences, f"unlike an undisturbed run; {'; '.join(differences)}")
    drafts = [path.name for path in pathlib.Path(folder).rglob(".*") if re.search(r"\.[0-9a-f]{16}$", path.name)]
    check(not drafts, f"drafts are left: {', '.join(drafts[:4])}")


def undisturbed(box, words, **how):
    """What the folder of that call holds where nothing disturbs it; it is made once."""

    def make(own):
        own.good(*words, "--out", "undisturbed", timeout=300, **how)
        return contents(own.path("undisturbed"))

    return box.bench.once(("contents", *map(str, words)), make)


def finished(box, words, name="run"):
    """A copy of that call's folder, for this trial to do with as it likes."""

    def make(own):
        own.good(*words, "--out", "finished", timeout=300)
        return own.path("finished")

    original = box.bench.once(("folder", *map(str, words)), make)
    shutil.copytree(original, box.path(name), symlinks=True)
    return box.path(name)


MANIFESTS = {"synthesize": "manifest.json", "train": "training.json"}


def next_call(run, words):
    """The call after a disturbance, as anyone would type it: with --resume if there is a run, else the first one again."""
    begun = (run / MANIFESTS[words[0]]).exists()
    return [*([words[0], "--resume", "--quiet"] if begun else words), "--out", run]


def completes(box, words, name="run", wanted=None, **how):
    """What was disturbed goes on, and ends as if nothing had happened."""
    done = box.ni(*next_call(box.path(name), words), timeout=300, **how)
    civil(done)
    check(done.code == DONE, f"going on: {done}")
    same(box.path(name), undisturbed(box, words) if wanted is None else wanted)
