"""Cuts a byte stream into lines, however long they are."""

LARGEST_LINE = 32 * 1024 * 1024


class LineTooLongError(Exception):
    """A line passed the limit: whatever sends it is no watch."""


class LineSplitter:
    """Collects chunks and gives back complete lines.

    aiohttp's own readline() gives up at twice its buffer (4 MiB), and a watch event may hold an object of several
    megabytes. An unterminated rest is a truncated event and is never given out.
    """

    def __init__(self, largest: int = LARGEST_LINE) -> None:
        self._largest = largest
        self._rest: list[bytes] = []
        self._held = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes, without their line ends, blank ones left out.

        Raises LineTooLongError when a line grows past the limit.
        """
        end = chunk.rfind(b"\n")
        if end < 0:
            self._hold(chunk)
            return []
        complete = b"".join((*self._rest, chunk[:end]))
        self._rest.clear()
        self._held = 0
        self._hold(chunk[end + 1 :])
        return [line for raw in complete.split(b"\n") if (line := raw.strip())]

    def _hold(self, part: bytes) -> None:
        if not part:
            return
        self._held += len(part)
        if self._held > self._largest:
            raise LineTooLongError(f"a line of more than {self._largest} bytes")
        self._rest.append(part)
