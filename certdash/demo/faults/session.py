"""Who broke what: verbs as they were typed, what of them is still broken, and the way back for each."""

from collections.abc import Sequence

from certdash.demo.faults.api import ApiError
from certdash.demo.faults.verbs import Faults, perform

Call = tuple[str, ...]
"""A verb and its arguments."""

HEAL = "heal"


class FaultSession:
    """Performs verbs on one cluster and remembers what each of them broke."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._made: dict[Call, tuple[str, ...]] = {}

    @property
    def broken(self) -> tuple[Call, ...]:
        """The calls of which something is still broken, the oldest first."""
        left = set(self._faults.repairs.broken)
        self._made = {call: parts for call, parts in self._made.items() if left.intersection(parts)}
        return tuple(self._made)

    def perform(self, verb: str, arguments: Sequence[str] = ()) -> object:
        """Do what the verb says; `heal` alone heals everything, with a verb and its arguments what that call broke.

        Raises ValueError in one line when it can't be meant, WaitError, OSError.
        """
        if verb == HEAL:
            self._heal(tuple(arguments))
            return None
        self._faults.repairs.start_noting()
        try:
            return perform(self._faults, verb, arguments)
        finally:
            # Also what failed half-way has to be healed.
            noted = self._faults.repairs.noted
            call = (verb, *arguments)
            if noted:
                earlier = self._made.pop(call, ())
                self._made[call] = tuple(dict.fromkeys((*earlier, *noted)))

    def _heal(self, call: Call) -> None:
        if call and call not in self.broken:
            raise ValueError(f"nothing is broken by {' '.join(call)}")
        repairs = self._faults.repairs
        try:
            repairs.undo(self._made[call] if call else repairs.broken)
        except ApiError as error:
            raise ValueError(str(error)) from error
