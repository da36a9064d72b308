"""`certdash explain`: the catalogue of findings, without a cluster."""

from collections.abc import Sequence

from certdash.cli.arguments import Invocation
from certdash.cli.parser import UsageError
from certdash.diagnosis.catalogue import CATALOGUE, CatalogueEntry
from certdash.model.finding import Component
from certdash.present.explain import catalogue_list, entry_text, terminal_width

_ORDER = tuple(Component)


def explain_text(invocation: Invocation) -> str:
    """What was asked for: everything, the named codes, or what the words are found in. Raises UsageError."""
    found = _matching(invocation.operands)
    if not invocation.operands or len(found) > len(invocation.operands):
        return catalogue_list(found)
    return "\n".join(entry_text(entry, terminal_width()) for entry in found)


def _matching(operands: Sequence[str]) -> list[CatalogueEntry]:
    codes = [operand.upper() for operand in operands]
    if operands and all(code in CATALOGUE for code in codes):
        return [CATALOGUE[code] for code in codes]
    words = [operand.casefold() for operand in operands]
    found = [entry for entry in CATALOGUE.values() if all(word in _searched(entry) for word in words)]
    if not found:
        raise UsageError(f"no finding has {' '.join(operands)!r} in it: `certdash explain` lists them all")
    return sorted(found, key=lambda entry: (_ORDER.index(entry.component), entry.code))


def _searched(entry: CatalogueEntry) -> str:
    return " ".join((entry.code, entry.title, entry.component.value, entry.explanation)).casefold()
