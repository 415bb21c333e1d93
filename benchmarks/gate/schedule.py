"""Who may take how much time: every step has some of its own, which no other can take."""
import collections
import time

# Seconds for the report and the archive after every step, and for the end.
BETWEEN, CLOSING = 0.7, 2


class Failed(Exception):
    """A step did not come to its end, or found something wrong."""


class Absent(Exception):
    """The machine lacks what a step needs."""


class Step(collections.namedtuple("Step", "name seconds most work")):
    """Something to do.

    seconds: kept free for it, whatever the steps before it do; 0 if it is only for time that is left over
    most: what it may take of time that is left over
    work: the function that does it
    """


class Schedule:
    """Deals out the time."""

    def __init__(self, total, scale):
        self.begin, self.total, self.scale = time.monotonic(), total, scale
        self.usable = total - CLOSING * max(scale, 0.3)

    def passed(self):
        return time.monotonic() - self.begin

    def limit(self, step, later):
        """Seconds that a step may take, or None if there is no time for it."""
        kept = sum(self.own(s) for s in later) + self.scale * BETWEEN
        limit = min(step.most * self.scale, self.usable - self.passed() - kept)
        least = step.seconds or 0.3 * step.most
        return limit if limit >= 0.5 * least * self.scale else None

    def own(self, step):
        return (step.seconds + BETWEEN) * self.scale if step.seconds else 0
