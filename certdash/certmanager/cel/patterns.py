"""Regular expressions as Kubernetes' expressions use them (RE2), matched in time that grows with the text alone.

A pattern comes from the cluster and may be hostile: Python's `re` tries alternatives one after the other, and some
patterns would keep it busy for years. Here all alternatives are followed at once (Thompson's construction), and what
would still be too much is refused.
"""

from collections.abc import Iterable

from certdash.certmanager.cel.pattern_compiler import PatternError, Step, compiled, is_word

_MOST_WORK = 2_000_000


def search(pattern: str, text: str) -> bool:
    """Whether the pattern matches anywhere in the text. Raises PatternError."""
    steps = compiled(pattern)
    if len(steps) * (len(text) + 1) > _MOST_WORK:
        raise PatternError("the pattern is too costly for this text")
    end = len(steps)
    alive: set[int] = set()
    for index in range(len(text) + 1):
        reached = _reached({*alive, 0}, steps, text, index)
        if end in reached:
            return True
        if index == len(text):
            return False
        alive = {at + 1 for at in reached if (test := steps[at].test) is not None and test(text[index])}
    return False


def _reached(begun: Iterable[int], steps: list[Step], text: str, index: int) -> set[int]:
    """Every step that can be come to without taking a character."""
    reached: set[int] = set()
    waiting = list(begun)
    while waiting:
        at = waiting.pop()
        if at in reached:
            continue
        reached.add(at)
        if at == len(steps) or steps[at].test is not None:
            continue
        step = steps[at]
        if step.place and not _fits(step.place, text, index):
            continue
        waiting += [target for target in (step.then, step.other) if target >= 0]
    return reached


def _fits(place: str, text: str, index: int) -> bool:
    if place == "begin":
        return index == 0
    if place == "end":
        return index == len(text)
    before = index > 0 and is_word(text[index - 1])
    after = index < len(text) and is_word(text[index])
    return (before is not after) is (place == "boundary")
