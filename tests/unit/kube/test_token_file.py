"""Tokens in files are read again every minute and when they are refused."""

from pathlib import Path

import pytest

from certdash.kube.credentials import TokenFileCredentials
from certdash.kube.errors import AccessError
from certdash.model.instant import Instant


async def test_a_rotated_token_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one\n")
    seconds = 0.0
    made = TokenFileCredentials(str(path), "", (b"", b""), lambda: Instant(seconds, seconds))
    await made.prime()
    assert await made.authorization() == "Bearer one"
    path.write_text("two")
    assert await made.authorization() == "Bearer one"
    seconds = 61.0
    assert await made.authorization() == "Bearer two"
    assert not await made.renew("Bearer two")
    path.write_text("three")
    assert await made.renew("Bearer two")
    assert await made.authorization() == "Bearer three"
    path.unlink()
    seconds = 122.0
    assert await made.authorization() == "Bearer three"


async def test_no_token_at_all(tmp_path: Path) -> None:
    path = tmp_path / "token"
    made = TokenFileCredentials(str(path), "", (b"", b""), lambda: Instant(0.0, 0.0))
    with pytest.raises(AccessError, match="No such file"):
        await made.prime()
    path.write_text(" ")
    with pytest.raises(AccessError, match="it is empty"):
        await made.prime()
