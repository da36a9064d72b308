"""A few whole screens as plain text: what a reviewer should look at when the layout changes.

`UPDATE_GOLDENS=1 pytest tests/tui/test_pictures.py` writes them anew.
"""

import os
from pathlib import Path

import pytest

from tests.tui.make_screenshots import PICTURES, Picture
from tests.tui.screen_text import screen_text

FOLDER = Path(__file__).parent / "goldens"
SHOWN = (
    "ready",
    "rolling-upgrade",
    "not-ready-crds-only",
    "unknown-forbidden",
    "connection-lost",
    "small-80x24",
    "demo",
    "demo-faults",
    "demo-80x24",
    "replay",
    "replay-80x24",
    "issuance",
)


async def drawn(picture: Picture) -> str:
    app = picture.app()
    async with app.run_test(size=picture.size) as pilot:
        await app.shows(1)
        await pilot.pause()
        for key in picture.keys:
            await pilot.press(key)
            await pilot.pause()
        await pilot.pause()
        return screen_text(app) + "\n"


@pytest.mark.parametrize("name", SHOWN)
async def test_the_screen_looks_as_agreed(name: str) -> None:
    picture = next(p for p in PICTURES if p.name == name)
    text = await drawn(picture)
    golden = FOLDER / f"{name}.txt"
    if os.environ.get("UPDATE_GOLDENS"):
        FOLDER.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("picture", PICTURES, ids=[p.name for p in PICTURES])
async def test_every_picture_can_be_drawn(picture: Picture) -> None:
    assert (await drawn(picture)).strip()
