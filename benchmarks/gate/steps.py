"""What the gate does, most valuable first: each step shows something that only a device can."""
import shutil

from . import checks, doctor, figures
from .schedule import Absent, Step

# The largest case, and the one whose figures are aimed at.
CASE, SMALL_CASE = "resnet34-b256", "resnet20-b64"
CONVOLUTIONS = "Conv2d", "fusion", "run"

# Calls of an iteration of it when this was written, for where the step before did not come to count them.
CALLS = 428

# In the names of our own kernels, as the compiler mangles them: namespace ni::cuda.
OUR_KERNELS = "kns=2ni4cuda"

CLOCKS = "timestamp,clocks.sm,clocks.mem,power.draw,temperature.gpu,utilization.gpu"


class Steps:
    """All steps, in their order; they are given the gate."""

    def __init__(self, gate, peers):
        self.gate = gate
        self.case = SMALL_CASE if gate.small else CASE
        self.peer = figures.Peer(gate, peers, self.case)
        self.subjects, self.w34 = doctor.in_order(gate.options.subjects), None

    def all(self):
        timed = self._timed
        return [
            Step("machine", 10, 20, self.machine),
            Step("ops", 25, 40, self.ops),
            Step("convolutions", 60, 80, self.convolutions),
            Step("golden", 30, 50, self.golden),
            Step("iteration", 90, 130, timed(self.iteration)),
            Step("kernels", 40, 70, timed(self.kernels)),
            Step("peers", 150, 200, self.peers),
            Step("memcheck", 30, 80, self.memcheck),
            Step("curve", 0, 40, timed(self.curve)),
            Step("no graphs", 0, 30, timed(self.no_graphs)),
            Step("concurrent", 0, 40, timed(self.concurrent)),
            Step("killed", 0, 30, checks.killed),
            Step("out of memory", 0, 20, checks.out_of_memory),
            Step("other cases", 0, 60, timed(self.other_cases)),
            Step("all engines", 0, 120, timed(self.all_engines)),
        ]

    def begin(self):
        """Starts what runs beside the steps."""
        self.peer.start()
        try:
            smi = self.gate.tool("nvidia-smi")
        except Absent:
            return
        self.gate.commands.start("clocks.csv", [smi, f"--query-gpu={CLOCKS}", "--format=csv", "-lms", "500"], {})

    def _timed(self, work):
        """Lets nothing compute beside a step that takes times."""

        def alone(gate):
            self.peer.pause()
            try:
                work(gate)
            finally:
                self.peer.resume()

        return alone

    # ---- the steps ----

    def machine(self, gate):
        """What there is: devices, driver, libraries. Most of it may be missing."""
        words, environment = gate.ni("doctor", "--backend", gate.backend, "--only", "Add", "-v")
        gate.run("doctor-first.txt", *words, seconds=gate.left() / 2, **environment)
        gate.show("Libraries", gate.read("doctor-first.txt"))
        for name, command in (("nvidia-smi", ["-q"]), ("nvcc", ["--version"]), ("ldconfig", ["-p"])):
            path = shutil.which(name) or shutil.which(name, path="/usr/local/cuda/bin:/usr/sbin:/sbin")
            if path:
                gate.attempt(f"machine-{name}.txt", path, *command, seconds=gate.left() / 3)
        gate.attempt("machine-pip.txt", gate.options.python, "-m", "pip", "list")
        smi = [line.strip() for line in gate.read("machine-nvidia-smi.txt").splitlines()]
        wanted = "Product Name", "Driver Version", "CUDA Version"
        gate.facts += sorted({f"- {line}" for line in smi if line.startswith(wanted)})

    def ops(self, gate):
        """Every op that takes no engine of cuDNN's."""
        names = [name for name in self.subjects if name not in CONVOLUTIONS]
        self._examine("ops", ("f32",) if gate.small else ("bf16", "f32", "tf32"), names)

    def convolutions(self, gate):
        """Those that do, and a short run."""
        names = [name for name in self.subjects if name in CONVOLUTIONS]
        self._examine("convolutions", ("f32",) if gate.small else ("bf16", "f32"), names)

    def golden(self, gate):
        """A run whose numbers are known in double precision."""
        files = sorted(gate.options.golden.glob("*.safetensors")) if gate.options.golden.is_dir() else []
        if not files or not gate.options.teacher.exists():
            raise Absent("no golden file or no classifier")
        runs = [(file, precision) for file in files for precision in ("bf16", "f32")]
        for i, (file, precision) in enumerate(runs):
            words, environment = gate.ni(
                "doctor", "--golden", file, "--teacher", gate.options.teacher, "--backend", gate.backend, "--precision",
                precision)
            gate.run(f"golden-{file.stem}-{precision}.txt", *words, seconds=gate.left() / (len(runs) - i), **environment)

    def iteration(self, gate):
        """The figure that counts, and all that was tried to get there."""
        log = gate.work / "engines.jsonl"
        self.w34 = figures.bench(gate, "iteration", self.case, "bf16", java=f"-Dni.cuda.search.log={log}")
        if self.w34:
            gate.show("An iteration", figures.described(self.w34))

    def kernels(self, gate):
        """Each kernel of an iteration for itself."""
        calls = sum(row["calls"] for row in self.w34["table"]) if self.w34 else CALLS
        figures.kernels(gate, self.case, calls)

    def peers(self, gate):
        self.peer.compare()

    def memcheck(self, gate):
        """Our own kernels, at every access: without engines, whose libraries would be checked, too."""
        sanitizer = gate.tool("compute-sanitizer")
        if gate.backend == "cpu":
            raise Absent("memory is checked on a device only")
        names = [name for name in self.subjects if name not in ("fusion", "run")]
        for share, precision in ((2, "bf16"), (1, "f32")):
            words, environment = gate.ni(
                "doctor", "--backend", gate.backend, "--precision", precision, "--only", ",".join(names), "-v",
                java="-Dni.cuda.graphs=off -Dni.cuda.engines=off")
            name = f"memcheck-{precision}.txt"
            gate.run(name, sanitizer, "--tool", "memcheck", "--target-processes", "all", "--kernel-name", OUR_KERNELS,
                     "--error-exitcode", "9", *words, seconds=gate.left() / share, **environment)

    def curve(self, gate):
        """What a larger batch costs."""
        lines = []
        for batch in (2, 4) if gate.small else (256, 1024):
            result = figures.bench(gate, f"curve-{batch}", SMALL_CASE, "bf16", batch=batch)
            if result:
                lines.append(f"batch {batch}: {result['median_ms']:.3f} ms, {result['images_per_second']:.0f} images/s")
        gate.show("Cost of a batch", "\n".join(lines))

    def no_graphs(self, gate):
        """What one launch for each iteration saves."""
        result = figures.bench(gate, "no-graphs", self.case, "bf16", java="-Dni.cuda.graphs=off")
        if result:
            beside = f", with them {self.w34['median_ms']:.3f} ms" if self.w34 else ""
            gate.show("Without CUDA graphs", f"{result['median_ms']:.3f} ms{beside}")

    def concurrent(self, gate):
        checks.concurrent(gate)

    def other_cases(self, gate):
        for case, precision in ((self.case, "f32"), ("resnet20-b256", "bf16"), (self.case, "tf32")):
            result = figures.bench(gate, f"{case}-{precision}", case, precision, seconds=gate.left() / 2)
            if result:
                gate.show(f"{case} {precision}", figures.described(result, 10))

    def all_engines(self, gate):
        """Whether a longer search for engines finds better ones."""
        log = gate.work / "engines-full.jsonl"
        java = f"-Dni.cuda.search.log={log}"
        result = figures.bench(gate, "all-engines", self.case, "bf16", search="full", java=java)
        if result:
            gate.show("With a full search for engines", figures.described(result))

    # ---- what they share ----

    def _examine(self, label, precisions, names):
        try:
            doctor.examine(self.gate, label, precisions, names)
        finally:
            heading = "Compared with definitions"
            self.gate.sections[:] = [section for section in self.gate.sections if section[0] != heading]
            self.gate.show(heading, doctor.findings(self.gate))
