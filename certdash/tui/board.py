"""Where the panels lie on the dashboard for a given size. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from textual.geometry import Region

from certdash.present.view_model import PanelId
from certdash.tui.banner_lines import SIDE_HEIGHT, SIDE_WIDTH, proof_fits

LEAST_WIDTH = 60
LEAST_HEIGHT = 16
TWO_COLUMNS = 110
THREE_COLUMNS = 170
# Rows that a panel has when all is well; what is over goes to the panels that grow.
NATURAL_ROWS: Mapping[PanelId, int] = {
    PanelId.CRDS: 6,
    PanelId.WORKLOADS: 9,
    PanelId.SERVICE: 2,
    PanelId.WEBHOOKS: 2,
    PanelId.CA_BUNDLE: 4,
    PanelId.PROBE: 3,
    PanelId.TIMELINE: 4,
}
CHAIN = (
    PanelId.CRDS,
    PanelId.WORKLOADS,
    PanelId.SERVICE,
    PanelId.WEBHOOKS,
    PanelId.CA_BUNDLE,
    PanelId.PROBE,
)
_FRAME = 2
_BROAD_LEAST_HEIGHT = 24


@dataclass(frozen=True, slots=True)
class Board:
    """Regions below the header. `links` is the list of the chain that stands in for the panels when room is short,
    `preview` where the object under the cursor is shown when there is room."""

    banner: Region
    panels: Mapping[PanelId, Region] = field(default_factory=dict)
    links: Region | None = None
    preview: Region | None = None
    banner_framed: bool = True

    @property
    def proof(self) -> Region | None:
        """Where the proof stands within the banner, None when it has no room of its own."""
        frame = 1 if self.banner_framed else 0
        inner = self.banner.shrink((frame, frame, frame, frame))
        if not proof_fits(inner.width) or inner.height < SIDE_HEIGHT:
            return None
        return Region(inner.right - SIDE_WIDTH, inner.y, SIDE_WIDTH, SIDE_HEIGHT)


def board_for(width: int, height: int, selected: PanelId, *, full: bool = False) -> Board | None:
    """The board between header and footer, None when the terminal is too small.

    `width` and `height` are the terminal's. `full`: only the selected panel, under the banner.
    """
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return None
    broad = width >= TWO_COLUMNS and height - 2 >= _BROAD_LEAST_HEIGHT + 8
    framed = height >= 22
    rows = 7 if broad else (5 if framed else 3)
    banner = Region(0, 1, width, rows + (_FRAME if framed else 0))
    below = Region(0, banner.bottom, width, height - 1 - banner.bottom)
    if full:
        return Board(banner, {selected: below}, banner_framed=framed)
    if width >= THREE_COLUMNS and broad:
        panels, preview = _three_columns(below)
        return Board(banner, panels, preview=preview, banner_framed=framed)
    if broad:
        return Board(banner, _two_columns(below), banner_framed=framed)
    return _compact(banner, below, selected, framed)


def _compact(banner: Region, below: Region, selected: PanelId, framed: bool) -> Board:
    links_height = len(CHAIN) if below.height >= 14 else 1
    links = Region(0, below.y, below.width, links_height)
    rest = Region(0, links.bottom, below.width, below.bottom - links.bottom)
    return Board(banner, {selected: rest}, links, banner_framed=framed)


def _two_columns(area: Region) -> dict[PanelId, Region]:
    timeline_height = max(6, area.height // 5)
    upper = area.height - timeline_height
    left = area.width * 51 // 100 + 1
    panels = _stack(Region(0, area.y, left, upper), CHAIN[:2])
    panels |= _stack(Region(left, area.y, area.width - left, upper), CHAIN[2:])
    panels[PanelId.TIMELINE] = Region(0, area.y + upper, area.width, timeline_height)
    return panels


def _three_columns(area: Region) -> tuple[dict[PanelId, Region], Region]:
    first = max(64, area.width * 33 // 100)
    second = (area.width - first) * 48 // 100
    third = area.width - first - second
    panels = _stack(Region(0, area.y, first, area.height), CHAIN[:2])
    panels |= _stack(Region(first, area.y, second, area.height), CHAIN[2:])
    above = area.height * 2 // 3
    preview = Region(first + second, area.y, third, above)
    panels[PanelId.TIMELINE] = Region(first + second, area.y + above, third, area.height - above)
    return panels, preview


def _stack(area: Region, panels: Sequence[PanelId]) -> dict[PanelId, Region]:
    """The panels one under another: each gets its natural rows, the rest is shared by weight."""
    wanted = [NATURAL_ROWS[p] + _FRAME for p in panels]
    spare = area.height - sum(wanted)
    heights = list(wanted)
    if spare > 0:
        shares = [_share(p) for p in panels]
        for i, share in enumerate(shares):
            heights[i] += spare * share // sum(shares)
        heights[_growing(panels)] += area.height - sum(heights)
    else:
        while sum(heights) > area.height and max(heights) > 3:
            heights[heights.index(max(heights))] -= 1
    regions: dict[PanelId, Region] = {}
    y = area.y
    for panel, height in zip(panels, heights, strict=True):
        regions[panel] = Region(area.x, y, area.width, height)
        y += height
    return regions


def _share(panel: PanelId) -> int:
    return {PanelId.CRDS: 0, PanelId.WORKLOADS: 4}.get(panel, 1)


def _growing(panels: Sequence[PanelId]) -> int:
    return panels.index(PanelId.WORKLOADS) if PanelId.WORKLOADS in panels else 0
