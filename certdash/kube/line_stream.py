"""A response body that is read line by line while it comes."""

from collections.abc import AsyncIterator, Callable

from certdash.kube.client_package import aiohttp
from certdash.kube.errors import TransportError
from certdash.kube.line_splitter import LineSplitter, LineTooLongError
from certdash.kube.response import Headers

_LARGEST_REFUSAL = 1024 * 1024


class LineStream:
    """Status and headers of a response, and its body as it comes in."""

    def __init__(
        self,
        status: int,
        headers: Headers,
        chunks: AsyncIterator[bytes],
        heard: Callable[[], None],
        failure: Callable[[BaseException], TransportError],
    ) -> None:
        self.status = status
        self.headers = headers
        self._chunks = chunks
        self._heard = heard
        self._failure = failure

    async def batches(self) -> AsyncIterator[list[bytes]]:
        """For each piece of the body that comes in, the lines that it completes: several, or none.

        Ends when the server ends the body; an unterminated last line is dropped, since it is a truncated one.
        Raises TransportError.
        """
        splitter = LineSplitter()
        try:
            async for chunk in self._chunks:
                self._heard()
                yield splitter.feed(chunk)
        except LineTooLongError as error:
            raise TransportError(f"the server sent {error}, which is no watch") from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._failure(error) from None

    async def read(self) -> bytes:
        """The whole body of a refusal, up to 1 MiB. Raises TransportError."""
        parts: list[bytes] = []
        size = 0
        try:
            async for chunk in self._chunks:
                self._heard()
                parts.append(chunk)
                size += len(chunk)
                if size >= _LARGEST_REFUSAL:
                    break
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._failure(error) from None
        return b"".join(parts)
