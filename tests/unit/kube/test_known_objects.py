"""Whatever lists and events come, folding the changes gives what the server holds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from certdash.kube.known_objects import KnownObjects, identify
from certdash.model.inputs import Change, ChangeType

bodies = st.builds(
    lambda name, uid, version: {"metadata": {"name": name, "namespace": "ns", "uid": uid, "resourceVersion": version}},
    st.sampled_from("abcd"),
    st.sampled_from("xyz"),
    st.sampled_from("123"),
)
lists = st.lists(bodies, max_size=4, unique_by=lambda body: body["metadata"]["name"])

World = dict[str, tuple[str, str]]


def fold(world: World, changes: tuple[Change, ...]) -> None:
    for change in changes:
        metadata = change.body["metadata"]
        name, identity = metadata["name"], (metadata["uid"], metadata["resourceVersion"])
        known = world.get(name)
        if change.type is ChangeType.ADDED:
            assert known is None
        elif change.type is ChangeType.MODIFIED:
            assert known is not None
            assert known[0] == identity[0]
            assert known != identity
        else:
            assert known is not None
            assert known[0] == identity[0]
        if change.type is ChangeType.DELETED:
            del world[name]
        else:
            world[name] = identity


def as_world(listed: list[dict[str, Any]]) -> World:
    return {body["metadata"]["name"]: (body["metadata"]["uid"], body["metadata"]["resourceVersion"]) for body in listed}


@given(st.lists(lists, max_size=5))
def test_any_row_of_lists_is_followed_exactly(rows: list[list[dict[str, Any]]]) -> None:
    known, world = KnownObjects(), World()
    for listed in rows:
        fold(world, known.replace(listed))
        assert world == as_world(listed)
        assert known.replace(listed) == ()
    fold(world, known.clear())
    assert world == {}


@given(lists, st.lists(st.tuples(st.booleans(), bodies), max_size=12))
def test_events_leave_the_store_in_the_state_of_the_newest(
    listed: list[dict[str, Any]], events: list[tuple[bool, dict[str, Any]]]
) -> None:
    known, world = KnownObjects(), World()
    fold(world, known.replace(listed))
    for removed, body in events:
        fold(world, known.remove(body) if removed else known.put(body))
    assert len(known) == len(world)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["metadata", "name", "uid"]), inner),
    )
)
def test_anything_may_be_no_object(body: Any) -> None:
    found = identify(body)
    assert found is None or found[0][1]
