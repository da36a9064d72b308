"""What changed when: compares two assessments and says the difference in words. Pure."""

from collections.abc import Iterator

from certdash.engine.object_words import describe_object
from certdash.model.assessment import TimelineEntry, TimelineTopic
from certdash.model.connection import ConnectionPhase
from certdash.model.diagnosis import Diagnosis, Status, Verdict
from certdash.model.instant import Instant
from certdash.model.resource import Key, Kind
from certdash.model.snapshot import Snapshot
from certdash.model.stream import StreamPhase

ENTRIES_KEPT = 500

# Leases are renewed all the time, Events repeat what the objects say.
_QUIET = frozenset({Kind.LEASE, Kind.EVENT})

_VERDICT_STATUS = {
    Verdict.READY: Status.OK,
    Verdict.PROGRESSING: Status.WAITING,
    Verdict.NOT_READY: Status.FAIL,
    Verdict.UNKNOWN: Status.UNKNOWN,
}


def changes_between(old: Snapshot, new: Snapshot, now: Instant) -> Iterator[TimelineEntry]:
    """Entries for connection, streams and objects that differ; nothing for a stream's first list."""
    if old.connection.phase is not new.connection.phase:
        yield _connection_entry(new, now)
    if old.streams is not new.streams:
        yield from _stream_entries(old, new, now)
    if old.objects is not new.objects:
        for kind in Kind:
            if kind not in _QUIET and old.of(kind) is not new.of(kind):
                yield from _object_entries(kind, old, new, now)


def verdict_change(old: Diagnosis, new: Diagnosis, now: Instant) -> TimelineEntry | None:
    """An entry when the verdict or its cause changed."""
    same_cause = (old.cause.code if old.cause else "") == (new.cause.code if new.cause else "")
    if old.verdict is new.verdict and same_cause:
        return None
    because = f": {new.cause.title}" if new.cause else ""
    ref = new.cause.evidence[0].ref if new.cause and new.cause.evidence else None
    return TimelineEntry(
        now, TimelineTopic.VERDICT, _VERDICT_STATUS[new.verdict], f"API {new.verdict.value}{because}", ref
    )


def _connection_entry(new: Snapshot, now: Instant) -> TimelineEntry:
    connection = new.connection
    good = connection.phase is ConnectionPhase.CONNECTED
    why = f": {connection.error}" if connection.error and not good else ""
    status = Status.OK if good else Status.WARN
    return TimelineEntry(now, TimelineTopic.CONNECTION, status, f"connection {connection.phase.value}{why}")


def _stream_entries(old: Snapshot, new: Snapshot, now: Instant) -> Iterator[TimelineEntry]:
    for spec, state in new.streams.items():
        before = old.streams.get(spec)
        if before is None or before.phase is state.phase:
            continue
        if state.phase is StreamPhase.SYNCED:
            if before.synced_once:
                yield TimelineEntry(now, TimelineTopic.STREAM, Status.OK, f"{spec.label}: stream is back")
        elif state.phase is not StreamPhase.CONNECTING:
            why = f": {state.error}" if state.error else ""
            text = f"{spec.label}: stream {state.phase.value}{why}"
            yield TimelineEntry(now, TimelineTopic.STREAM, Status.UNKNOWN, text)


def _object_entries(kind: Kind, old: Snapshot, new: Snapshot, now: Instant) -> Iterator[TimelineEntry]:
    before, after = old.of(kind), new.of(kind)
    for key in before.keys() | after.keys():
        was, now_is = before.get(key), after.get(key)
        if was is now_is or not _was_known(kind, key, old):
            continue
        if now_is is None:
            if was is not None:
                text = f"{was.ref.kind} {was.name} deleted"
                yield TimelineEntry(now, TimelineTopic.OBJECT, Status.WARN, text, was.ref)
            continue
        status, words = describe_object(now_is)
        if was is None:
            text = f"{now_is.ref.kind} {now_is.name} created" + (f": {words}" if words else "")
            yield TimelineEntry(now, TimelineTopic.OBJECT, status, text, now_is.ref)
        elif describe_object(was) != (status, words):
            text = f"{now_is.ref.kind} {now_is.name}: {words}"
            yield TimelineEntry(now, TimelineTopic.OBJECT, status, text, now_is.ref)


def _was_known(kind: Kind, key: Key, old: Snapshot) -> bool:
    """Whether the old snapshot already had a complete list: else every object of the first list were news."""
    return any(state.synced_once for state in old.streams_for(kind, key[1], key[0]))
