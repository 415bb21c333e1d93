"""Commands that end: each has a deadline, and nothing that it started outlives it."""
import collections
import ctypes
import os
import pathlib
import signal
import subprocess
import time

# What has to go is asked first: this part of its time, but no more than these seconds, it has for going.
GRACE_SHARE, GRACE = 0.2, 2.0
# The same at the very end.
CLOSING = 0.3
# A process that the system itself cannot end is left alone after these seconds.
UNKILLABLE = 1.0
PR_SET_CHILD_SUBREAPER = 36


class Outcome(collections.namedtuple("Outcome", "code late seconds")):
    """How a command ended; the code is negative for a signal, and None where there was no such program."""

    @property
    def ok(self):
        return self.code == 0 and not self.late

    @property
    def fate(self):
        if self.late:
            return "took too long"
        if self.code is None:
            return "not found"
        if self.code < 0:
            return f"crashed ({signal.Signals(-self.code).name})"
        return "ok" if self.code == 0 else f"exit code {self.code}"


class Background:
    """A command that runs beside the others, and can be paused."""

    def __init__(self, process, files):
        self.process, self.files = process, files

    def pause(self):
        self._send(signal.SIGSTOP)

    def resume(self):
        self._send(signal.SIGCONT)

    def _send(self, which):
        # The number of a process that has ended may be another's by now.
        if self.process.poll() is None:
            _send(which, _family(self.process.pid))

    def wait(self, deadline):
        """How it ended; None if it runs on at the deadline."""
        try:
            return self.process.wait(max(0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return None

    def end(self, grace=GRACE):
        self.resume()
        _end(self.process, time.monotonic() + grace)
        for file in self.files:
            file.close()


class Commands:
    """Runs commands; what they print goes to files of a folder, `name` and `name.err`."""

    def __init__(self, folder):
        self.folder, self.background = pathlib.Path(folder), []
        # What loses its parent becomes ours, so that it can be found and ended.
        try:
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        except (OSError, AttributeError):
            pass

    def run(self, name, command, seconds, environment):
        begin = time.monotonic()
        try:
            process, files = self._start(name, command, environment)
        except OSError as failure:
            (self.folder / f"{name}.err").write_text(f"{failure}\n")
            return Outcome(None, False, 0.0)
        late = False
        try:
            process.wait(max(0.0, seconds - min(GRACE, GRACE_SHARE * seconds)))
        except subprocess.TimeoutExpired:
            late = True
        finally:
            _end(process, begin + seconds)
            for file in files:
                file.close()
            self._end_strays()
        return Outcome(process.returncode, late, time.monotonic() - begin)

    def start(self, name, command, environment):
        """Starts one that runs beside the others; None where there is no such program."""
        try:
            started = Background(*self._start(name, command, environment))
        except OSError as failure:
            (self.folder / f"{name}.err").write_text(f"{failure}\n")
            return None
        self.background.append(started)
        return started

    def end(self):
        for started in self.background:
            started.end(CLOSING)
        self.background.clear()
        self._end_strays()

    def _start(self, name, command, environment):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        files = open(path, "wb"), open(f"{path}.err", "wb")
        try:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=files[0],
                                       stderr=files[1], env={**os.environ, **environment}, preexec_fn=os.setpgrp)
        except OSError:
            for file in files:
                file.close()
            raise
        return process, files

    def _end_strays(self):
        """Ends what a command left behind: it would spoil the time of all that follow."""
        ours = {started.process.pid for started in self.background}
        strays = [pid for pid in _children().get(os.getpid(), []) if pid not in ours]
        for pid in strays:
            _send(signal.SIGKILL, _family(pid))
        for pid in strays:
            _reap(pid)


def _end(process, deadline):
    """Ends a process and all below it by the deadline. What outlives its parent becomes a stray."""
    if process.poll() is not None:
        return
    _send(signal.SIGTERM, _family(process.pid))
    try:
        process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        _send(signal.SIGKILL, _family(process.pid))
        try:
            process.wait(UNKILLABLE)
        except subprocess.TimeoutExpired:
            pass


def _children():
    """The processes of every process."""
    children = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                with open(f"/proc/{entry.name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            children.setdefault(parent, []).append(int(entry.name))
    return children


def _family(pid):
    """A process and all below it."""
    children, family, ahead = _children(), set(), [pid]
    while ahead:
        member = ahead.pop()
        family.add(member)
        ahead += [child for child in children.get(member, []) if child not in family]
    return family


def _send(which, pids):
    for pid in pids:
        try:
            os.kill(pid, which)
        except (ProcessLookupError, PermissionError):
            pass


def _reap(pid):
    end = time.monotonic() + UNKILLABLE
    while time.monotonic() < end:
        try:
            if os.waitpid(pid, os.WNOHANG)[0]:
                return
        except ChildProcessError:
            return
        time.sleep(0.01)
