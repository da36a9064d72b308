"""A small synchronous client of the Kubernetes API, for the harness itself.

It is independent of certdash on purpose: what certdash says is compared with what this client and kubectl see.
"""

import contextlib
import http.client
import json
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

JSON = "application/json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"

Object = dict[str, Any]


class ApiError(Exception):
    """An answer that is no success: `code` is the HTTP status, `body` the parsed Status (or text under "message")."""

    def __init__(self, code: int, body: Object) -> None:
        super().__init__(f"HTTP {code}: {body.get('message', '')}")
        self.code = code
        self.body = body
        self.message: str = body.get("message", "")


@dataclass(frozen=True, slots=True)
class Api:
    """An API server at `url`, spoken to with the client certificate of `context`. Safe to share between threads."""

    url: str
    context: ssl.SSLContext
    user_agent: str = "certdash-test-harness"
    timeout: float = 40.0

    def connect(self, timeout: float | None = None) -> http.client.HTTPSConnection:
        """A connection of its own, not yet opened."""
        parts = urlsplit(self.url)
        return http.client.HTTPSConnection(
            parts.hostname or "", parts.port, context=self.context, timeout=timeout or self.timeout
        )

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = JSON,
        timeout: float | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Object:
        """Send one request and return the parsed answer. Raises ApiError, or OSError when there is no answer."""
        connection = self.connect(timeout)
        try:
            target = f"{path}?{urlencode(query)}" if query else path
            data = None if body is None else json.dumps(body).encode()
            headers = {"User-Agent": self.user_agent, "Content-Type": content_type, "Accept": JSON}
            connection.request(method, target, data, headers)
            answer = connection.getresponse()
            parsed = _parse(answer.read())
            if answer.status >= 400:
                raise ApiError(answer.status, parsed)
            return parsed
        finally:
            connection.close()

    def get(self, path: str, **query: str) -> Object:
        """GET one object or list."""
        return self.request("GET", path, query=query)

    def exists(self, path: str) -> bool:
        """True when a GET of `path` succeeds, False on 404."""
        try:
            self.get(path)
        except ApiError as error:
            if error.code == 404:
                return False
            raise
        return True

    def create(self, path: str, body: Object, **query: str) -> Object:
        """POST an object to its collection."""
        return self.request("POST", path, body, query=query)

    def patch(self, path: str, body: Any, content_type: str = MERGE, **query: str) -> Object:
        """PATCH an object, by a JSON merge patch unless told otherwise."""
        return self.request("PATCH", path, body, content_type=content_type, query=query)

    def apply(self, path: str, body: Object, manager: str = "helm") -> Object:
        """Server-side apply of the whole object at `path`, taking over every field it names."""
        return self.request("PATCH", path, body, content_type=APPLY, query={"fieldManager": manager, "force": "true"})

    def delete(self, path: str, **query: str) -> None:
        """DELETE; an object that is already gone is no error."""
        try:
            self.request("DELETE", path, query=query)
        except ApiError as error:
            if error.code != 404:
                raise


def _parse(raw: bytes) -> Object:
    try:
        parsed = json.loads(raw)
    except ValueError:
        return {"message": raw.decode(errors="replace").strip()}
    return parsed if isinstance(parsed, dict) else {"message": str(parsed)}


@dataclass(slots=True)
class Follower:
    """Keeps a collection's objects by name and calls `changed` after every change, on a thread of its own."""

    api: Api
    path: str
    changed: Callable[[dict[str, Object]], None]
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _connection: http.client.HTTPSConnection | None = None

    def start(self) -> None:
        """Begin to list and watch."""
        self._thread = threading.Thread(target=self._run, daemon=True, name=f"follow {self.path}")
        self._thread.start()

    def stop(self) -> None:
        """End the thread, cutting the watch."""
        self._stopped.set()
        if (connection := self._connection) is not None and connection.sock is not None:
            with contextlib.suppress(OSError):
                connection.sock.shutdown(2)

    def join(self) -> None:
        """Wait for the thread, two seconds at most."""
        if self._thread is not None:
            self._thread.join(2)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._follow()
            except (OSError, http.client.HTTPException, ApiError, ValueError):
                self._stopped.wait(0.2)

    def _follow(self) -> None:
        listed = self.api.request("GET", self.path, timeout=5)
        known = {item["metadata"]["name"]: item for item in listed["items"]}
        self.changed(dict(known))
        for event in self._events(listed["metadata"]["resourceVersion"]):
            item = event["object"]
            if event["type"] == "ERROR":
                return
            if event["type"] == "DELETED":
                known.pop(item["metadata"]["name"], None)
            else:
                known[item["metadata"]["name"]] = item
            self.changed(dict(known))

    def _events(self, version: str) -> Iterator[Object]:
        connection = self.api.connect(timeout=40)
        self._connection = connection
        try:
            query = urlencode({"watch": "1", "resourceVersion": version, "timeoutSeconds": "30"})
            connection.request("GET", f"{self.path}?{query}", headers={"User-Agent": self.api.user_agent})
            answer = connection.getresponse()
            while not self._stopped.is_set() and (line := answer.readline()):
                yield json.loads(line)
        finally:
            connection.close()
