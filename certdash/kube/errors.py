"""What can go wrong before and under a request, in words for people."""


class AccessError(Exception):
    """The kubeconfig or the credentials do not lead to a cluster; the text is one line that says what to do."""


class TransportError(Exception):
    """No HTTP answer came. The text is one line; `timed_out` when our own deadline passed."""

    def __init__(self, message: str, *, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out
