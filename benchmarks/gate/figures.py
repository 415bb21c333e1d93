"""Figures of an iteration: our own, PyTorch's, and what Nsight Compute saw of every kernel."""
import collections
import csv
import json

from .commands import GRACE, GRACE_SHARE
from .report import table
from .schedule import Absent, Failed

METRICS = {
    "gpu__time_duration.sum": "ns",
    "dram__bytes_read.sum": "bytes read",
    "dram__bytes_write.sum": "bytes written",
    "lts__t_sector_hit_rate.pct": "L2 hits",
    "launch__registers_per_thread": "registers",
    "launch__grid_size": "blocks",
    "launch__block_size": "threads",
    "sm__warps_active.avg.pct_of_peak_sustained_active": "occupancy",
}
TIME, READ, WRITTEN, _, _, BLOCKS = list(METRICS)[:6]

# How many calls of an iteration are let by before kernels are looked at: the start and the warm-up. And for how many
# they are: more than an iteration has kernels, so that one can be cut out wherever it begins.
CALLS_BEFORE, CALLS_SEEN = 8, 2


def bench(gate, name, case, precision, search="short", java="", iterations=None, seconds=None, prefix=(), batch=None):
    """Times a case; returns its figures, or None."""
    batch = batch or (2 if gate.small else None)
    words, environment = gate.ni(
        "bench", "--json", "--backend", gate.backend, "--case", case, "--precision", precision, "--iterations",
        iterations or (2 if gate.small else 20), *(["--batch", batch] if batch else []), search=search, java=java)
    outcome = gate.run(f"{name}.json", *prefix, *words, seconds=seconds, **environment)
    return _json(gate, f"{name}.json") if outcome.ok else None


def _json(gate, name):
    lines = gate.read(name).strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError) as failure:
        raise Failed(f"{name} has no figures: {failure}") from failure


def described(result, rows=25):
    """A bench's figures for people."""
    head = (f"{result['case']} {result['precision']} on {result['device']}: {result['median_ms']:.3f} ms median, "
            f"{result['min_ms']:.3f} ms at best, {result['images_per_second']:.0f} images/s, "
            f"{100 * result['share_of_peak']:.0f} % of the kindest convolution, "
            f"{result['peak_memory_bytes'] / 1e6:.0f} MB")
    cells = [("ms", "floor", "calls", "MB", "routine")]
    cells += [(f"{row['milliseconds']:.3f}", f"{row['floor_milliseconds']:.3f}", row["calls"],
               f"{row['bytes'] / 1e6:.1f}", row["routine"]) for row in result["table"][:rows]]
    return f"{head}\n\n{table(cells)}"


# ---- every kernel ------------------------------------------------------------------------------


def kernels(gate, case, calls):
    """Looks at the kernels of one iteration, one by one."""
    command = [gate.tool("ncu"), "--target-processes", "all", "--clock-control", "none", "--cache-control", "none",
               "--launch-skip", CALLS_BEFORE * calls, "--launch-count", CALLS_SEEN * calls, "--metrics",
               ",".join(METRICS), "--csv", "--page", "raw", "--print-units", "base", "--log-file",
               gate.work / "kernels.csv"]
    bench(gate, "kernels", case, "bf16", java="-Dni.cuda.graphs=off", prefix=command, iterations=20)
    rows = kernel_rows(gate.read("kernels.csv"))
    if not rows:
        raise Failed("kernels.csv has no kernels")
    gate.show("Kernels of an iteration", iteration_of(rows))


def kernel_rows(text):
    """The rows of Nsight Compute's table, one for each kernel that ran: without its log, and without its units."""
    lines = text.splitlines()
    header = next((i for i, line in enumerate(lines) if line.startswith('"ID"')), len(lines))
    return [row for row in csv.DictReader(lines[header:]) if (row.get("ID") or "").isdigit()]


def period(names):
    """After how many kernels they begin again; None if they do not."""
    for n in range(1, len(names)):
        if len(names) - n >= max(2, n // 20) and names[n:] == names[:-n]:
            return n
    return None


def iteration_of(rows):
    """One iteration's kernels, by name: the slowest first."""
    n = period([(row["Kernel Name"], row.get(BLOCKS)) for row in rows])
    seen = rows if n is None else rows[:n]
    sums = collections.defaultdict(lambda: [0, 0.0, 0.0])
    for row in seen:
        entry = sums[row["Kernel Name"][:100]]
        entry[0] += 1
        entry[1] += _number(row.get(TIME))
        entry[2] += _number(row.get(READ)) + _number(row.get(WRITTEN))
    total = sum(entry[1] for entry in sums.values())
    head = f"{len(seen)} kernels, {total / 1e6:.3f} ms"
    head += "" if n else ": no whole iteration, for they do not repeat themselves"
    cells = [("us", "times", "GB/s of memory", "kernel")]
    for name, (count, ns, moved) in sorted(sums.items(), key=lambda item: -item[1][1]):
        cells.append((f"{ns / 1e3:.1f}", count, f"{moved / ns if ns else 0:.0f}", name))
    return f"{head}\n\n{table(cells)}"


def _number(text):
    try:
        return float((text or "0").replace(",", ""))
    except ValueError:
        return 0.0


# ---- PyTorch -----------------------------------------------------------------------------------


class Peer:
    """PyTorch's fastest, which compiles in the background for as long as nothing is timed, and then waits for its turn."""

    def __init__(self, gate, script, case):
        self.gate, self.script, self.case = gate, script, case
        self.turn = gate.scratch / "turn"
        self.background = None

    def start(self):
        """Begins to compile."""
        if self.gate.backend != "cpu":
            command = [*self._command("tuned", "bf16"), "--hold", self.turn]
            self.background = self.gate.commands.start("peer-tuned-bf16.json", map(str, command), self._environment())

    def pause(self):
        if self.background:
            self.background.pause()

    def resume(self):
        if self.background:
            self.background.resume()

    def compare(self):
        """Times PyTorch, and ourselves again between its modes."""
        gate = self.gate
        if not self.background:
            raise Absent("PyTorch is compared on a device only" if gate.backend == "cpu" else "no Python")
        if "No module named 'torch'" in gate.read("peer-tuned-bf16.json.err"):
            raise Absent("no PyTorch")
        results = {}
        self.pause()
        for precision in ("f32", "tf32"):
            name = f"peer-eager-{precision}.json"
            outcome = gate.run(name, *self._command("eager", precision), seconds=gate.left() / 3, **self._environment())
            if outcome.ok:
                results["eager", precision] = _json(gate, name)
                self._show(results)
        results["ours", "bf16"] = bench(gate, "peer-ours-bf16", self.case, "bf16", seconds=gate.left() / 3)
        self._show(results)
        self.turn.touch()
        self.resume()
        grace = min(GRACE, GRACE_SHARE * gate.left())
        code = self.background.wait(gate.deadline - grace)
        if code != 0:
            self.background.end(grace)
            gate.complain("peer-tuned-bf16.json", "took too long" if code is None else f"exit code {code}")
            return
        results["tuned", "bf16"] = _json(gate, "peer-tuned-bf16.json")
        self._show(results)

    def _command(self, mode, precision):
        iterations = 2 if self.gate.small else 20
        return [self.gate.options.python, self.script, "--mode", mode, "--device", "cuda", "--case", self.case,
                "--precision", precision, "--iterations", iterations]

    def _environment(self):
        return {"TORCHINDUCTOR_CACHE_DIR": str(self.gate.scratch / "inductor"),
                "TRITON_CACHE_DIR": str(self.gate.scratch / "triton"), "PYTHONUNBUFFERED": "1"}

    def _show(self, results):
        """Puts what there is into the report, each figure as soon as there is one."""
        ours = results.get(("ours", "bf16"))
        cells = [("engine", "precision", "ms", "times ours")]
        for (engine, precision), result in results.items():
            if result:
                ratio = f"{result['median_ms'] / ours['median_ms']:.2f}" if ours else ""
                cells.append((engine, precision, f"{result['median_ms']:.3f}", ratio))
        heading = f"Beside PyTorch: {self.case}"
        self.gate.sections[:] = [section for section in self.gate.sections if section[0] != heading]
        self.gate.show(heading, table(cells))
        self.gate.record(archive=False)
