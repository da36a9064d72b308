"""Reads kubeconfig files as kubectl does.

The rules are client-go's (tools/clientcmd/loader.go and overrides.go): of several files in KUBECONFIG, missing and
empty ones are skipped, the first that names an entry or a current-context wins, and a relative path inside a file is
relative to that file. Both Python client packages differ (they take the last current-context), so files are read
here.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from certdash.kube.errors import AccessError

# Fields that hold a path, by section; client-go resolves exactly these.
_PATH_FIELDS = {"clusters": ("certificate-authority",), "users": ("client-certificate", "client-key", "tokenFile")}
_ENTRY_FIELDS = {"clusters": "cluster", "users": "user", "contexts": "context"}


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """Merged kubeconfig files: entries by name, `sources` the files that were read, in order."""

    current_context: str = ""
    contexts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    clusters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    users: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    origins: Mapping[str, Path] = field(default_factory=dict)
    sources: tuple[Path, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether no file held anything."""
        return not (self.contexts or self.clusters or self.users)


def kubeconfig_paths(explicit: str, environ: Mapping[str, str]) -> tuple[tuple[Path, ...], bool]:
    """The files to read, and whether a missing one is an error (only when --kubeconfig names it)."""
    if explicit:
        return (Path(explicit).expanduser(),), True
    listed = [part for part in environ.get("KUBECONFIG", "").split(os.pathsep) if part]
    if listed:
        # client-go reads a file once, however often it is listed.
        return tuple(Path(part) for part in dict.fromkeys(listed)), False
    home = environ.get("HOME") or str(Path.home())
    return (Path(home) / ".kube" / "config",), False


def read_kubeconfig(paths: tuple[Path, ...], *, must_exist: bool) -> Kubeconfig:
    """Read and merge the files. Raises AccessError for a file that can't be read or understood."""
    current = ""
    sections: dict[str, dict[str, Mapping[str, Any]]] = {name: {} for name in _ENTRY_FIELDS}
    origins: dict[str, Path] = {}
    sources: list[Path] = []
    for path in paths:
        document = _read_document(path, must_exist=must_exist)
        if document is None:
            continue
        sources.append(path)
        current = current or _text(document.get("current-context"), path, "current-context")
        for section, entries in sections.items():
            for name, entry in _entries(document, section, path).items():
                if name not in entries:
                    entries[name] = entry
                    origins[f"{section}/{name}"] = path
    return Kubeconfig(
        current_context=current,
        contexts=sections["contexts"],
        clusters=sections["clusters"],
        users=sections["users"],
        origins=origins,
        sources=tuple(sources),
    )


def _read_document(path: Path, *, must_exist: bool) -> Mapping[str, Any] | None:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if must_exist:
            raise AccessError(f"kubeconfig {path} does not exist: check --kubeconfig") from None
        return None
    except IsADirectoryError:
        raise AccessError(f"kubeconfig {path} is a directory: name a file") from None
    except UnicodeDecodeError:
        raise AccessError(f"kubeconfig {path} is not a text file: check the path") from None
    except OSError as error:
        raise AccessError(f"kubeconfig {path} can't be read: {error.strerror or error}") from None
    document = _parse_yaml(text, path)
    if document is None:
        if must_exist:
            raise AccessError(f"kubeconfig {path} is empty: name another file with --kubeconfig")
        return None
    if not isinstance(document, dict) or not _says_config(document):
        raise AccessError(f"kubeconfig {path} is not a kubeconfig: it holds no clusters, users and contexts")
    return document


def _says_config(document: Mapping[str, Any]) -> bool:
    return document.get("kind") in (None, "", "Config") and document.get("apiVersion") in (None, "", "v1")


def _parse_yaml(text: str, path: Path) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise AccessError(f"kubeconfig {path} is not valid YAML{where}: mend the file or name another") from None


def _entries(document: Mapping[str, Any], section: str, path: Path) -> dict[str, Mapping[str, Any]]:
    listed = document.get(section) or []
    if not isinstance(listed, list):
        raise AccessError(f"kubeconfig {path}: `{section}` is not a list: the file is damaged")
    found: dict[str, Mapping[str, Any]] = {}
    for item in listed:
        body = (item.get(_ENTRY_FIELDS[section]) or {}) if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(body, dict):
            raise AccessError(f"kubeconfig {path}: an entry of `{section}` is not what it should be: mend the file")
        name = str(item.get("name") or "")
        if name in found:
            raise AccessError(f"kubeconfig {path}: `{section}` has {name!r} twice: remove one")
        found[name] = _with_absolute_paths(body, section, path)
    return found


def _with_absolute_paths(body: Mapping[str, Any], section: str, path: Path) -> Mapping[str, Any]:
    resolved = dict(body)
    for name in _PATH_FIELDS.get(section, ()):
        if value := body.get(name):
            resolved[name] = str(path.absolute().parent / str(value))
    plugin = body.get("exec")
    if isinstance(plugin, dict) and "/" in str(plugin.get("command", "")):
        resolved["exec"] = {**plugin, "command": str(path.absolute().parent / str(plugin["command"]))}
    return resolved


def _text(value: Any, path: Path, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise AccessError(f"kubeconfig {path}: `{name}` is not a name: the file is damaged")
    return value
