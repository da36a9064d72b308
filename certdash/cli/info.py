"""`certdash info`: every path, what decides, where it would connect to, and versions. Nothing secret, no network."""

import sys
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import Any

from certdash import __version__
from certdash.cli.arguments import Invocation
from certdash.cli.crash_log import state_folder
from certdash.cli.flags import Flag, command_named
from certdash.cli.scope import connection_options, scope_for
from certdash.kube.access import load_cluster_access
from certdash.kube.errors import AccessError
from certdash.kube.kubeconfig import kubeconfig_paths
from certdash.present.text import sanitise

_PACKAGES = ("textual", "kubernetes-asyncio", "kubernetes", "aiohttp", "cryptography", "orjson", "pyyaml")


def info_text(invocation: Invocation, environ: Mapping[str, str]) -> str:
    """The whole text."""
    sections = (
        ("versions", _versions()),
        ("target", _target(invocation, environ)),
        ("paths", _paths(invocation, environ)),
        ("settings (flag, then environment, then default)", _settings(invocation)),
    )
    lines: list[str] = []
    for title, rows in sections:
        lines += [title, *(f"  {name:<28}{sanitise(value)}".rstrip() for name, value in rows), ""]
    return "\n".join(lines)


def _versions() -> Iterator[tuple[str, str]]:
    yield "certdash", __version__
    yield "python", sys.version.split()[0]
    for package in _PACKAGES:
        try:
            yield package, metadata.version(package)
        except metadata.PackageNotFoundError:
            yield package, "not installed"


def _target(invocation: Invocation, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    try:
        target = load_cluster_access(connection_options(invocation), environ).target
    except AccessError as error:
        yield "none", str(error)
        return
    scope = scope_for(invocation, target)
    yield "context", target.context
    yield "cluster", target.cluster
    yield "server", target.server
    yield "user", target.user
    yield "impersonates", target.impersonate or "nobody"
    yield "found in", target.source
    yield "install namespace", scope.install_namespace or "found by looking"
    yield "probe namespace", scope.probe_namespace


def _paths(invocation: Invocation, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    paths, _ = kubeconfig_paths(invocation.value("--kubeconfig"), environ)
    for path in paths:
        yield "kubeconfig", f"{path}{'' if path.exists() else ' (does not exist)'}"
    yield "logs of crashes", str(state_folder(environ))


def _settings(invocation: Invocation) -> Iterator[tuple[str, str]]:
    command = command_named(invocation.command)
    for flag in command.flags if command is not None else ():
        setting = invocation.settings[flag.name]
        yield flag.name, f"{_shown(flag, setting.value)}  ({setting.origin}; {flag.variable})"


def _shown(flag: Flag, value: Any) -> str:
    if flag.secret:
        return "(set, not shown)" if value else "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if flag.name == "--probe-issuer":
        kind, name, group = value
        return f"{kind}.{group}/{name}"
    if isinstance(value, tuple):
        return ", ".join("=".join(part) if isinstance(part, tuple) else str(part) for part in value) or "-"
    return str(value) if value not in ("", None) else "-"
