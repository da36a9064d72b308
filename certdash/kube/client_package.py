"""The one module that imports kubernetes_asyncio and aiohttp, and decides how.

`import kubernetes_asyncio` builds about 850 model modules that certdash never uses (it works on raw JSON): 0.9 s and
73 MiB on two cores against 0.3 s and 40 MiB for the transport alone. So the three packages on the way to
`client.api_client` are stood in for while it is imported. Where the package is not of the release this was tried
with, the plain import serves.
"""

import importlib
import importlib.metadata
import importlib.util
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Any

_TRIED_MAJOR = "36."
_SKIPPED = ("kubernetes_asyncio", "kubernetes_asyncio.client", "kubernetes_asyncio.client.models")


@contextmanager
def _stand_ins() -> Iterator[None]:
    spec = importlib.util.find_spec(_SKIPPED[0])
    root = list(spec.submodule_search_locations or ()) if spec else []
    for name in _SKIPPED:
        module = ModuleType(name)
        inside = name.split(".")[1:]
        module.__path__ = ["/".join([folder, *inside]) for folder in root]
        sys.modules[name] = module
    try:
        yield
    finally:
        # Whoever imports the package later must get the real one.
        for name in _SKIPPED:
            sys.modules.pop(name, None)


def _import_connector() -> None:
    """Import aiohttp without the two TLS contexts full of system CAs that it makes for callers who bring none."""
    real = ssl.create_default_context
    ssl.create_default_context = lambda *_args, **_keywords: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        importlib.import_module("aiohttp.connector")
    finally:
        ssl.create_default_context = real


def load_api_client(*, lean: bool = True) -> tuple[type[Any], type[Any], type[Any]]:
    """ApiClient, Configuration and RESTClientObject, imported without the models where that is safe."""
    if "aiohttp.connector" not in sys.modules:
        _import_connector()
    ready = "kubernetes_asyncio.client.api_client" in sys.modules or "kubernetes_asyncio" in sys.modules
    if lean and not ready and importlib.metadata.version("kubernetes_asyncio").startswith(_TRIED_MAJOR):
        with _stand_ins():
            return _import_transport()
    return _import_transport()


def _import_transport() -> tuple[type[Any], type[Any], type[Any]]:
    client = importlib.import_module("kubernetes_asyncio.client.api_client")
    configuration = importlib.import_module("kubernetes_asyncio.client.configuration")
    rest = importlib.import_module("kubernetes_asyncio.client.rest")
    return client.ApiClient, configuration.Configuration, rest.RESTClientObject


_ApiClient, _Configuration, _RestClient = load_api_client()

if TYPE_CHECKING:
    import aiohttp
    from aiohttp.abc import AbstractResolver, ResolveResult
    from multidict import CIMultiDict
else:
    import aiohttp
    from aiohttp.abc import AbstractResolver, ResolveResult
    from multidict import CIMultiDict

__all__ = ["AbstractResolver", "CIMultiDict", "ResolveResult", "aiohttp", "make_api_client"]


def make_api_client(host: str, session: "aiohttp.ClientSession", proxy: str, tls_server_name: str) -> Any:
    """An ApiClient whose requests go through `session`.

    Its own constructor would make a second session, with `trust_env` on: then a .netrc entry for the host breaks
    every bearer request (aiohttp refuses two kinds of authorization).
    """
    rest = object.__new__(_RestClient)
    rest.pool_manager = session
    rest.server_hostname = tls_server_name or None
    rest.proxy = proxy or None
    rest.proxy_headers = None
    client = object.__new__(_ApiClient)
    client.configuration = _Configuration(host=host)
    client.pool_threads = 1
    client.rest_client = rest
    client.default_headers = {}
    client.cookie = None
    client.client_side_validation = False
    return client
