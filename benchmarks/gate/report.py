"""What the gate writes for people: report.md."""

LONGEST = 6_000
LINES = 60


def text(title, facts, rows, failures, sections, notes):
    """The whole report.

    facts: lines about the machine
    rows: (step, what became of it, seconds, seconds that it could take); the last two None where it did not run
    failures: (step, what became of it, what it said last)
    sections: (title, text)
    notes: lines about the archive
    """
    parts = [f"# {title}", "\n".join(facts)]
    table = ["| step | | seconds | of at most |", "|---|---|---|---|"]
    for name, fate, seconds, most in rows:
        took = ("", "") if seconds is None else (f"{seconds:.1f}", f"{most:.1f}")
        table.append(f"| {name} | {fate} | {took[0]} | {took[1]} |".replace("\n", " "))
    parts.append("\n".join(table))
    if failures:
        parts.append("## What failed")
        for name, fate, said in failures:
            parts += [f"### {name}: {fate}", quoted(said)]
    for heading, content in sections:
        parts += [f"## {heading}", quoted(content)]
    parts += notes
    return "\n\n".join(parts) + "\n"


def quoted(content):
    lines = content.replace("```", "'''").rstrip().splitlines()
    if len(lines) > LINES:
        lines = lines[: LINES // 2] + ["..."] + lines[-LINES // 2 :]
    shown = "\n".join(lines)
    if len(shown) > LONGEST:
        shown = f"{shown[: LONGEST // 2]}\n...\n{shown[-LONGEST // 2 :]}"
    return f"```\n{shown}\n```"


def table(rows):
    """Rows of cells with their columns aligned."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, widths)).rstrip() for row in cells)
