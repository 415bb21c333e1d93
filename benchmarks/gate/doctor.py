"""Runs the doctor so that a lost device, a crash or a hang costs one op, not all that follow."""

WAITING = {"CUDA_LAUNCH_BLOCKING": "1"}

# Exit codes of the doctor that went through all it was asked for.
ALL_RIGHT, SOME_WRONG = 0, 1
LOST = 5

# Of the time for a precision, what the first run may take: the rest is for what it does not come to.
FIRST_SHARE = 0.7


def in_order(names):
    """All that the doctor can compare, in the order in which it does."""
    return [name for name in names if name != "run"] + ["run"] * ("run" in names)


def examine(gate, label, precisions, names):
    """Compares these in every precision. After a lost device, a crash or a hang, new processes go on behind it.

    What lost the device or crashed runs once more by itself. From then on the program waits for every kernel and uses
    no graphs: a failure then names its kernel and arguments.
    """
    for i, precision in enumerate(precisions):
        seconds = gate.left() / (len(precisions) - i)
        end = gate.left() - seconds
        _examine(gate, f"doctor-{label}-{precision}", precision, names, seconds, end)


def _examine(gate, label, precision, names, seconds, end):
    ahead = [(names, False)]
    part = 0
    while ahead:
        wanted, waiting = ahead.pop(0)
        part += 1
        name = f"{label}-{part}.txt"
        limit = FIRST_SHARE * seconds if part == 1 else gate.left() - end
        outcome = _run(gate, name, precision, wanted, waiting, limit)
        if outcome.code == ALL_RIGHT and not outcome.late:
            continue
        if outcome.code == SOME_WRONG and not outcome.late:
            gate.complain(name, "out of tolerance")
            continue
        suspect = _last(gate, name)
        if suspect not in wanted:
            gate.complain(name, outcome.fate)
            return
        how = "the device was lost" if outcome.code == LOST and not outcome.late else outcome.fate
        gate.complain(name, f"{how} in {suspect}")
        behind = wanted[wanted.index(suspect) + 1 :]
        if not waiting and not outcome.late:
            ahead.append(([suspect], True))
        if behind:
            ahead.append((behind, True))


def _run(gate, name, precision, names, waiting, seconds):
    file = gate.work / name.replace(".txt", ".json")
    words, environment = gate.ni(
        "doctor", "--backend", gate.backend, "--precision", precision, "--only", ",".join(names), "-v", "--json-out",
        file, java="-Dni.cuda.graphs=off" if waiting else "", CUDNN_LOGLEVEL_DBG="2",
        CUDNN_LOGDEST_DBG=str(gate.work / name.replace(".txt", ".cudnn.log")), **(WAITING if waiting else {}))
    return gate.attempt(name, *words, seconds=seconds, **environment)


def _last(gate, name):
    """What the doctor was about to compare when it ended: the first word of the last line that says so."""
    begun = [line.split()[0] for line in gate.read(f"{name}.err").splitlines() if _is_progress(line)]
    return begun[-1] if begun else None


def _is_progress(line):
    words = line.split()
    return len(words) >= 2 and words[1].rstrip(":") in ("f32", "tf32", "bf16")


def findings(gate):
    """How many numbers were compared, and how many were wrong, in all runs so far; and the wrong ones."""
    right, wrong = 0, []
    for file in sorted(gate.work.glob("doctor-*.txt")):
        for line in gate.read(file.name).splitlines():
            if "WRONG" in line:
                wrong.append(line.strip())
            elif line.endswith(" ok"):
                right += 1
    return "\n".join([f"{right} right, {len(wrong)} wrong"] + wrong)


