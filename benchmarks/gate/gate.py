"""The gate itself: runs steps one after the other and writes down, after each, all that is known by then."""
import datetime
import os
import pathlib
import platform
import shutil
import sys
import time

from . import report
from .archive import Archive, replace
from .commands import Commands
from .schedule import Absent, Failed, Schedule

MOST_BYTES = 16_000_000
# What the report itself may need in the archive.
REPORT_BYTES = 500_000

# A command is not worth starting for less than this.
LEAST_SECONDS = 0.2

TOOLS = "/usr/local/cuda/bin", "/opt/nvidia/nsight-compute"


class Gate:
    """What steps work with."""

    def __init__(self, options, out, work, scratch, seconds, scale):
        self.options, self.out = options, pathlib.Path(out)
        self.work, self.scratch = pathlib.Path(work), pathlib.Path(scratch)
        self.backend, self.small = options.backend, options.small
        self.schedule = Schedule(seconds, scale)
        self.commands = Commands(self.work)
        self.archive = Archive(self.out / "gate.tgz", self.work, MOST_BYTES - REPORT_BYTES)
        self.rows, self.failures, self.sections = [], [], []
        self.ended = self.complaints = self.deadline = None
        self.failed = 0
        # The program's cache: the engines that it chose, and what is left of its crashes.
        self.choices = self.work / "choices" / "naturalinversion"
        self.choices.mkdir(parents=True, exist_ok=True)
        self.facts = [f"`{options.version}`, {platform.node()}, {os.cpu_count()} processors, "
                      f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC"]

    # ---- for steps ----

    def left(self):
        """Seconds that the current step still has."""
        return self.deadline - time.monotonic()

    def run(self, name, *command, seconds=None, **environment):
        """Runs a command, in no more than the step's time; it fails the step unless it ends well."""
        outcome = self.attempt(name, *command, seconds=seconds, **environment)
        if not outcome.ok:
            self.complain(name, outcome.fate)
        return outcome

    def attempt(self, name, *command, seconds=None, **environment):
        """The same for a command that may end in any way."""
        limit = min(self.left(), seconds or self.left())
        if limit < LEAST_SECONDS:
            raise Failed(f"{name}: no time left")
        return self.commands.run(name, command, limit, environment)

    def ni(self, *arguments, search="first", java="", **environment):
        """A command of our program and its environment: how it chooses engines, and words for its Java."""
        words = f"{os.environ.get('NI_JAVA_OPTIONS', '')} -Dni.cuda.search={search} {java}"
        environment.update(NI_JAVA_OPTIONS=words.strip(), XDG_CACHE_HOME=str(self.choices.parent))
        return [self.options.ni, *arguments], environment

    def complain(self, name, fate):
        """Notes that a part of the step failed; the step goes on."""
        self.complaints.append(f"{name}: {fate}")
        self.failures.append((name, fate, self.said(name)))

    def said(self, name):
        """The last that a command said, wrong results first."""
        out, err = (self.read(file).splitlines() for file in (name, f"{name}.err"))
        wrong = [line for line in out if "WRONG" in line or "the device is lost" in line]
        return "\n".join((wrong or out[-15:])[:30] + err[-15:])

    def read(self, name):
        try:
            return (self.work / name).read_text(errors="replace")
        except OSError:
            return ""

    def show(self, heading, content):
        """Puts something into the report."""
        if content.strip():
            self.sections.append((heading, content))

    def tool(self, name):
        """The path of one of CUDA's programs."""
        found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_folders()))
        if not found:
            raise Absent(f"no {name}")
        return found

    # ---- for the whole ----

    def go(self, steps):
        """Runs the steps; returns how many failed, or had no time although it was theirs."""
        for i, step in enumerate(steps):
            limit = self.schedule.limit(step, steps[i + 1 :])
            if limit is None:
                self._note(step.name, "no time left", None, None)
                self.failed += step.seconds > 0
            else:
                self._go(step, limit)
            self.record()
        self.ended = "to the end"
        return self.failed

    def _go(self, step, limit):
        begin = time.monotonic()
        self.deadline, self.complaints = begin + limit, []
        self.rows.append((step.name, "running", None, None))
        self.record(archive=False)
        del self.rows[-1]
        try:
            step.work(self)
            fate = "ok"
        except Absent as absent:
            self._note(step.name, str(absent), None, None)
            return
        except Failed as failure:
            fate = str(failure)
            self.failures.append((step.name, fate, ""))
        except Exception as failure:  # one step's mistake must not cost the others
            fate = f"{type(failure).__name__}: {failure}"
            self.failures.append((step.name, fate, ""))
        fate = "; ".join(self.complaints + ([fate] if fate != "ok" else [])) or "ok"
        self.failed += fate != "ok"
        self._note(step.name, fate, time.monotonic() - begin, limit)

    def _note(self, name, fate, seconds, limit):
        self.rows.append((name, fate, seconds, limit))
        print(f"{name:14} {seconds or 0:6.1f} s  {fate}", file=sys.stderr, flush=True)

    def record(self, archive=True):
        """Writes the report, and the archive with it."""
        try:
            written = self._text([])
            replace(self.out / "report.md", written.encode())
            if archive:
                left_out = self.archive.write({"report.md": written.encode()})
                if left_out:
                    replace(self.out / "report.md", self._text(left_out).encode())
        except OSError as failure:
            print(f"gpu-gate: {failure}", file=sys.stderr, flush=True)

    def _text(self, left_out):
        state = f"{self.schedule.passed():.0f} s of {self.schedule.total:.0f} s; {self.failed} of the steps failed."
        ended = f"It ran {self.ended}." if self.ended else "It has not ended: what follows is what was known then."
        notes = [f"No room in the archive for {', '.join(left_out)}."] if left_out else []
        return report.text("What the gate found", self.facts + [f"\n{state} {ended}"], self.rows, self.failures,
                           self.sections, notes)


def _folders():
    """Where CUDA's programs are if the PATH does not say."""
    root = pathlib.Path(TOOLS[1])
    return [TOOLS[0], *map(str, sorted(root.iterdir(), reverse=True) if root.is_dir() else [])]
