"""Who asks: by client certificate, by bearer token, or nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from certdash.demo.api.rbac import Action, Authorizer
from certdash.demo.api.request import ANONYMOUS, User
from certdash.demo.api.status import ApiError, refusal

_AUTHENTICATED = "system:authenticated"
# What the API server adds to who comes with a certificate since 1.32.
_CREDENTIAL = "authentication.kubernetes.io/credential-id"


@dataclass(frozen=True, slots=True)
class Peer:
    """A client certificate: whom it names, and its SHA-256 in hex."""

    name: str
    organizations: tuple[str, ...]
    fingerprint: str


class Identities:
    """Knows the tokens, and who may act as somebody else."""

    def __init__(self, authorizer: Authorizer) -> None:
        self._authorizer = authorizer
        self._tokens: dict[str, User] = {}

    def add_token(self, token: str, user: User) -> None:
        """Let `token` mean `user`."""
        self._tokens[token] = user

    def user(self, headers: Mapping[str, str], peer: Peer | None, groups: Sequence[str]) -> User:
        """The user of a request. `headers` have lower-case names, `groups` are the Impersonate-Group headers. Raises
        ApiError 401, or 403 for an impersonation that is not allowed."""
        real = self._authenticated(headers, peer)
        wanted = headers.get("impersonate-user", "")
        if not wanted:
            return real
        self._authorizer.check(real, Action("impersonate", plural="users", name=wanted))
        for group in groups:
            self._authorizer.check(real, Action("impersonate", plural="groups", name=group))
        return User(wanted, (*groups, _AUTHENTICATED), headers.get("impersonate-uid", ""))

    def _authenticated(self, headers: Mapping[str, str], peer: Peer | None) -> User:
        if peer is not None:
            extra = {_CREDENTIAL: (f"X509SHA256={peer.fingerprint}",)}
            return User(peer.name, (*peer.organizations, _AUTHENTICATED), extra=extra)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            known = self._tokens.get(token.strip())
            if known is None:
                raise unauthorized()
            return known
        return ANONYMOUS


def unauthorized() -> ApiError:
    """401: the credentials are nobody's."""
    return refusal(401, "Unauthorized", "Unauthorized")
