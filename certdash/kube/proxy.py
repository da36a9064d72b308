"""Which proxy a request to the API server goes through, by Go's rules (golang.org/x/net/http/httpproxy)."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from certdash.kube.errors import AccessError


def choose_proxy(server: str, proxy_url: str, environ: Mapping[str, str]) -> str:
    """The proxy's URL, "" for none. The kubeconfig's proxy-url beats the environment and ignores NO_PROXY.

    Raises AccessError for a kind of proxy that is not supported.
    """
    if proxy_url:
        return proxy_url
    parts = urlsplit(server)
    names = ("HTTPS_PROXY", "https_proxy") if parts.scheme == "https" else ("HTTP_PROXY", "http_proxy")
    proxy = next((environ[name] for name in names if environ.get(name)), "")
    if not proxy or _bypassed(parts.hostname or "", parts.port or _default_port(parts.scheme), environ):
        return ""
    full = proxy if "://" in proxy else f"http://{proxy}"
    if urlsplit(full).scheme not in ("http", "https"):
        raise AccessError(f"{names[0]} names {proxy!r}, and only http:// and https:// proxies are supported")
    return full


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _bypassed(host: str, port: int, environ: Mapping[str, str]) -> bool:
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    patterns = environ.get("NO_PROXY") or environ.get("no_proxy") or ""
    return any(
        _matches(part.strip().lower(), host.lower(), port, address) for part in patterns.split(",") if part.strip()
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _matches(pattern: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    if pattern == "*":
        return True
    if "/" in pattern:
        try:
            return address is not None and address in ipaddress.ip_network(pattern, strict=False)
        except ValueError:
            return False
    name, wanted_port = _split_port(pattern)
    if wanted_port and wanted_port != str(port):
        return False
    if address is not None:
        return _address(name) == address
    name = name.removeprefix("*") if name.startswith("*.") else name
    only_inside = name.startswith(".")
    return host.endswith("." + name.removeprefix(".")) or (host == name and not only_inside)


def _split_port(pattern: str) -> tuple[str, str]:
    if pattern.startswith("["):
        name, _, rest = pattern[1:].partition("]")
        return name, rest.removeprefix(":")
    # More than one colon is an IPv6 address without brackets.
    name, _, port = pattern.partition(":") if pattern.count(":") == 1 else (pattern, "", "")
    return name, port
