"""How the client package is loaded: in processes of their own, since an import can't be undone."""

import json
import subprocess
import sys

SHOW = """
import json, sys, os
before = dict(os.environ)
{load}
async def main():
    import aiohttp
    async with aiohttp.ClientSession() as session:
        client = client_package.make_api_client(
            "http://127.0.0.1:1", session, proxy="", tls_server_name="", user_agent="x"
        )
        try:
            await client.call_api("/version", "GET", _preload_content=False)
        except aiohttp.ClientConnectorError:
            return "sent"
import asyncio
outcome = asyncio.run(main())
mine = [name for name in sys.modules if name.startswith("kubernetes_asyncio")]
print(json.dumps({{"outcome": outcome, "modules": mine, "environ": dict(os.environ) == before}}))
"""
LEAN = "from certdash.kube import client_package"
PLAIN = "import kubernetes_asyncio; from certdash.kube import client_package"
OTHER_RELEASE = """
import certdash.kube, importlib.util, pathlib
source = pathlib.Path(certdash.kube.__path__[0], "client_package.py").read_text()
assert source.count('_TRIED_MAJOR = "36"') == 1
from types import ModuleType
client_package = ModuleType("client_package")
exec(source.replace('_TRIED_MAJOR = "36"', '_TRIED_MAJOR = "35"'), client_package.__dict__)
"""
THEN_WHOLE = LEAN + "; import kubernetes_asyncio.client; kubernetes_asyncio.client.V1Pod"


def show(load: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", SHOW.format(load=load)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, object] = json.loads(done.stdout)
    return seen


def models(seen: dict[str, object]) -> int:
    names = seen["modules"]
    assert isinstance(names, list)
    return sum(str(name).startswith("kubernetes_asyncio.client.models.") for name in names)


def test_lean_it_works_without_the_models() -> None:
    seen = show(LEAN)
    assert seen["outcome"] == "sent"
    assert models(seen) == 0
    assert seen["environ"]


def test_of_another_release_it_is_imported_whole_and_works() -> None:
    seen = show(OTHER_RELEASE)
    assert seen["outcome"] == "sent"
    assert models(seen) > 500


def test_somebody_elses_whole_import_is_used() -> None:
    seen = show(PLAIN)
    assert seen["outcome"] == "sent"
    assert models(seen) > 500


def test_the_whole_package_can_be_imported_afterwards() -> None:
    assert models(show(THEN_WHOLE)) > 500


def test_what_was_stood_in_for_is_itself_when_asked_for_later() -> None:
    load = LEAN + "; import urllib3, dateutil.parser; assert urllib3.util and dateutil.parser.parse('2026-01-02')"
    assert show(load)["outcome"] == "sent"
