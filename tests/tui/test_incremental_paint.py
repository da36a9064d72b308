"""What is painted bit by bit is what would be painted at once."""

import itertools

import pytest

from tests.tui.screen_text import screen_text
from tests.tui.scripted import ScriptedSource, StandingClock, app_for, assessment_of
from tests.unit import scenarios


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_changes_leave_the_same_picture_as_a_fresh_start(size: tuple[int, int]) -> None:
    names = list(scenarios.SCENARIOS)
    fresh: dict[str, str] = {}
    for name in names:
        app = app_for(ScriptedSource(assessment_of(scenarios.SCENARIOS[name]())))
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.press("1")
            await pilot.pause()
            fresh[name] = screen_text(app)
    source = ScriptedSource(assessment_of(scenarios.healthy()))
    clock = StandingClock()
    app = app_for(source, clock)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.press("1")
        for name in [*names, *itertools.chain.from_iterable(itertools.pairwise(reversed(names)))]:
            for passed in (3.0, 0.0):
                clock.passed = passed
                source.publish(assessment_of(scenarios.SCENARIOS[name]()))
                await app.shows(source.assessment.version)
            await pilot.pause()
            assert screen_text(app) == fresh[name], name
