"""Go's rules for proxies, by their documentation (golang.org/x/net/http/httpproxy, Config.NoProxy)."""

import pytest

from certdash.kube.errors import AccessError
from certdash.kube.proxy import choose_proxy

PROXY = "http://proxy.test:3128"


@pytest.mark.parametrize(
    ("server", "no_proxy", "used"),
    [
        ("https://api.example.com:6443", "", True),
        ("https://api.example.com:6443", "*", False),
        ("https://api.example.com:6443", "example.com", False),
        ("https://api.example.com:6443", ".example.com", False),
        ("https://example.com", ".example.com", True),
        ("https://example.com", "example.com", False),
        ("https://notexample.com", "example.com", True),
        ("https://API.Example.com", "other, EXAMPLE.com ", False),
        ("https://api.example.com:6443", "example.com:6443", False),
        ("https://api.example.com:6443", "example.com:443", True),
        ("https://example.com", "example.com:443", False),
        ("https://10.1.2.3:6443", "10.0.0.0/8", False),
        ("https://10.1.2.3:6443", "10.1.2.3", False),
        ("https://10.1.2.3:6443", "10.1.2.3:6443", False),
        ("https://10.1.2.3:6443", "10.1.2.3:443", True),
        ("https://10.1.2.3:6443", "10.1.2.4", True),
        ("https://10.1.2.3:6443", "nonsense/99", True),
        ("https://[fd00::1]:6443", "fd00::/8", False),
        ("https://[fd00::1]:6443", "[fd00::1]", False),
        ("https://[fd00::1]:6443", "[fd00::1]:6443", False),
        ("https://[fd00::1]:6443", "[fd00::1]:443", True),
        ("https://localhost:6443", "", False),
        ("https://127.0.0.1:6443", "", False),
        ("https://[::1]:6443", "", False),
    ],
)
def test_who_goes_without(server: str, no_proxy: str, used: bool) -> None:
    chosen = choose_proxy(server, "", {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy})
    assert chosen == (PROXY if used else "")


def test_the_kubeconfigs_own_proxy_comes_first() -> None:
    environ = {"HTTPS_PROXY": PROXY, "NO_PROXY": "*"}
    assert choose_proxy("https://127.0.0.1", "http://mine.test", environ) == "http://mine.test"


def test_the_variable_goes_by_the_servers_scheme() -> None:
    assert choose_proxy("http://api.test", "", {"HTTPS_PROXY": PROXY}) == ""
    assert choose_proxy("http://api.test", "", {"http_proxy": "proxy.test:3128"}) == PROXY


def test_a_socks_proxy_is_refused() -> None:
    with pytest.raises(AccessError, match="only http"):
        choose_proxy("https://api.test", "", {"HTTPS_PROXY": "socks5://proxy.test"})
