"""The newer version of an object can be made of the older and their difference."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certdash.model.resource import Kind
from certdash.recording.patch import difference, patched
from tests.unit.scenario_chart import NS, WEBHOOK_POD
from tests.unit.scenario_workloads import pod_unready
from tests.unit.scenarios import healthy

scalars = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.0, 1.0, 2.5]) | st.text(max_size=3)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=12,
)


@given(values, values)
def test_any_value_turns_into_any_other_by_their_difference(old: Any, new: Any) -> None:
    kept = copy.deepcopy(old)
    through_a_file = json.loads(json.dumps(difference(old, new)))
    # As text, because 1, 1.0 and True, and two orders of keys, are equal to Python.
    assert json.dumps(patched(old, through_a_file)) == json.dumps(new)
    assert json.dumps(old) == json.dumps(kept), "the older version was changed"


@given(values)
def test_the_same_has_no_difference(value: Any) -> None:
    assert difference(value, copy.deepcopy(value)) == []


def test_a_pod_that_turns_unready_costs_a_fraction_of_a_pod() -> None:
    cluster = healthy()
    before = copy.deepcopy(cluster.get(Kind.POD, WEBHOOK_POD, NS))
    pod_unready(cluster, WEBHOOK_POD)
    after = cluster.get(Kind.POD, WEBHOOK_POD, NS)
    patch = difference(before, after)
    assert patched(before, patch) == after
    assert len(json.dumps(patch)) < len(json.dumps(after)) / 3


@pytest.mark.parametrize(
    ("old", "patch"),
    [
        ({"a": 1}, [None, None, {"0": [2]}]),
        ([1], [None, {"a": [2]}]),
        ([1], [None, None, {"7": [2]}]),
        ([1], [None, None, {"x": [2]}]),
        ({}, {"a": 1}),
        ({}, [1, 2, 3, 4]),
        (None, [None, {"a": [1]}]),
    ],
)
def test_what_does_not_fit_is_refused(old: Any, patch: Any) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        patched(old, patch)
