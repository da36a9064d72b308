"""The one module that imports kubernetes_asyncio and aiohttp, and decides how.

`import kubernetes_asyncio` builds about 850 model modules that certdash never uses (it works on raw JSON), at more
than twice the time and nearly twice the memory of its transport alone. So the three packages on the way to
`client.api_client` are stood in for while that is imported, and so is what it needs only for typed models and for
passwords. Where the package is not of the release this was tried
with, the plain import serves.
"""

import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

_TRIED_MAJOR = "36"
_STOOD_IN_FOR = ("kubernetes_asyncio", "kubernetes_asyncio.client", "kubernetes_asyncio.client.models")
# Times of typed models, and HTTP basic authentication, which credentials.py brings itself.
_UNUSED = {"urllib3": (), "dateutil": (), "dateutil.parser": ("parse",)}
_CA_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def _package_folder() -> Path:
    spec = importlib.util.find_spec(_STOOD_IN_FOR[0])
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("kubernetes_asyncio is not installed", name="kubernetes_asyncio")
    return Path(spec.origin).parent


def _major(folder: Path) -> str:
    # importlib.metadata would cost a tenth of the whole import.
    found = re.search(r'^__version__ = "(\d+)\.', (folder / "__init__.py").read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1) if found else ""


@contextmanager
def _stand_ins(folder: Path) -> Iterator[None]:
    for name in _STOOD_IN_FOR:
        module = ModuleType(name)
        module.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
    absent = [name for name in _UNUSED if name not in sys.modules]
    for name in absent:
        module = ModuleType(name)
        module.__dict__.update(dict.fromkeys(_UNUSED[name]))
        sys.modules[name] = module
    try:
        yield
    finally:
        for name in absent:
            sys.modules.pop(name, None)
        # Whoever imports the package later must get the real one.
        for name in _STOOD_IN_FOR:
            sys.modules.pop(name, None)


@contextmanager
def _no_system_roots() -> Iterator[None]:
    """aiohttp makes two TLS contexts with all system roots when it is imported, for callers who bring none.

    Every connector here brings its own context, so OpenSSL is shown an empty place to load them from.
    """
    before = {name: os.environ.get(name) for name in _CA_VARIABLES}
    os.environ.update(dict.fromkeys(_CA_VARIABLES, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def load_api_client(*, lean: bool = True) -> tuple[type[Any], type[Any], type[Any]]:
    """ApiClient, Configuration and RESTClientObject, imported without the models where that is safe."""
    with _no_system_roots():
        importlib.import_module("aiohttp")
    folder = _package_folder()
    if lean and "kubernetes_asyncio" not in sys.modules and _major(folder) == _TRIED_MAJOR:
        with _stand_ins(folder):
            return _import_transport()
    return _import_transport()


def _import_transport() -> tuple[type[Any], type[Any], type[Any]]:
    client = importlib.import_module("kubernetes_asyncio.client.api_client")
    configuration = importlib.import_module("kubernetes_asyncio.client.configuration")
    rest = importlib.import_module("kubernetes_asyncio.client.rest")
    return client.ApiClient, configuration.Configuration, rest.RESTClientObject


_ApiClient, _Configuration, _RestClient = load_api_client()

import aiohttp  # noqa: E402 - it must come after the import above, which decides how
from aiohttp.abc import AbstractResolver, ResolveResult  # noqa: E402
from multidict import CIMultiDict  # noqa: E402

__all__ = ["AbstractResolver", "CIMultiDict", "ResolveResult", "aiohttp", "load_api_client", "make_api_client"]


class _Pool:
    """What the client package's transport needs of a session: requests, redirects not followed.

    A redirected create would go out again without the query that keeps it a dry run.
    """

    def __init__(self, session: "aiohttp.ClientSession") -> None:
        self._session = session

    async def request(self, **arguments: Any) -> "aiohttp.ClientResponse":
        return await self._session.request(**arguments, allow_redirects=False)

    async def close(self) -> None:
        await self._session.close()


def make_api_client(
    host: str, session: "aiohttp.ClientSession", *, proxy: str, tls_server_name: str, user_agent: str
) -> Any:
    """An ApiClient whose requests go through `session`.

    Its own constructor would make a second session, with `trust_env` on: then a .netrc entry for the host breaks
    every bearer request (aiohttp refuses two kinds of authorization).
    """
    rest: Any = object.__new__(_RestClient)
    rest.pool_manager = _Pool(session)
    rest.server_hostname = tls_server_name or None
    rest.proxy = proxy or None
    rest.proxy_headers = None
    client: Any = object.__new__(_ApiClient)
    client.configuration = _Configuration(host=host)
    client.pool_threads = 1
    client.rest_client = rest
    client.default_headers = {"User-Agent": user_agent}
    client.cookie = None
    client.client_side_validation = False
    return client
