#!/usr/bin/env python3
"""Runs our engine and PyTorch on the same cases, one after another, and prints how many times faster ours is.

    benchmarks/peers/compare.py                                     # all cases, on CUDA
    benchmarks/peers/compare.py --cases resnet20-b64 --device cpu --python /usr/bin/python3 --csv out.csv

Everything is run in turns, several rounds, so that a machine that slows down slows down all alike; of the
rounds' medians the median counts. Nothing else should be running. Every figure is written as soon as it is known; one
that cannot be had leaves its row out, and the exit code is then 1.
"""
import argparse
import csv
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
PEER = HERE / "naturalinversion.py"
NI = HERE.parent.parent / "ni"


def run(command, environment):
    """What a command measured; None if it failed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, text=True)
    if done.returncode != 0:
        print(f"{' '.join(map(str, command))}: exit code {done.returncode}", file=sys.stderr)
        return None
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default="resnet20-b64,resnet20-b256,resnet34-b256")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda")
    parser.add_argument("--python", default=sys.executable, help="a Python that has PyTorch")
    parser.add_argument("--ni", default=NI, help="our program")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=20, help="iterations of each round")
    parser.add_argument("--csv", type=pathlib.Path, help="where to leave the figures")
    options = parser.parse_args()
    environment = dict(os.environ, OMP_NUM_THREADS=str(options.threads))
    wanted = [("eager", "f32"), ("tuned", "bf16"), ("ours", "f32"), ("ours", "bf16")]
    if options.device == "cuda":
        wanted.insert(1, ("eager", "tf32"))
    names = ["case", "engine", "precision", "device", "versions", "median_ms"]
    names += [f"times_faster_than_{who}_{precision}" for who, precision in wanted if who != "ours"]
    rows, failed = [], False
    for case in options.cases.split(","):
        medians, results, before = {w: [] for w in wanted}, {}, list(rows)
        for _ in range(options.rounds):
            for who, precision in wanted:
                ours = [options.ni, "bench", "--json", "--quiet", "--backend", options.device]
                theirs = [options.python, PEER, "--mode", who, "--device", options.device]
                command = ours if who == "ours" else theirs
                command += ["--case", case, "--precision", precision]
                command += ["--iterations", str(options.iterations)]
                result = run(command, environment)
                if result is None:
                    failed = True
                    continue
                results[who, precision] = result
                medians[who, precision].append(result["median_ms"])
                rows = before + rows_of(case, wanted, medians, results)
                if options.csv:
                    write(options.csv, [names] + rows)
    show(names, rows)
    return 1 if failed else 0


def rows_of(case, wanted, medians, results):
    """A row for each engine that has a figure; ours also say how many times faster they are than the others."""
    figures = {w: statistics.median(m) for w, m in medians.items() if m}
    rows = []
    for (who, precision), ms in figures.items():
        others = [figures.get(w) for w in wanted if w[0] != "ours"]
        result = results[who, precision]
        versions = " ".join(f"{k} {v}" for k, v in result["versions"].items())
        rows.append([case, who, precision, result["device"], versions, f"{ms:.2f}"])
        rows[-1] += [f"{other / ms:.2f}" if who == "ours" and other else "" for other in others]
    return rows


def write(path, rows):
    """Whoever reads the file finds the old rows or the new."""
    draft = path.with_name(f".{path.name}.draft")
    with open(draft, "w", newline="") as file:
        csv.writer(file).writerows(rows)
    os.replace(draft, path)


def show(names, rows):
    shown = [n for n in range(len(names)) if names[n] not in ("device", "versions")]
    table = [[row[n] for n in shown] for row in [names] + rows]
    widths = [max(len(row[i]) for row in table) for i in range(len(shown))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
