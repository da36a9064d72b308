"""What the command line may override of a kubeconfig."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """kubectl's connection flags, "" where not given. `request_timeout` in seconds, None for no limit of ours."""

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    namespace: str = ""
    server: str = ""
    token: str = ""
    certificate_authority: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    as_user: str = ""
    as_groups: tuple[str, ...] = ()
    as_uid: str = ""
    request_timeout: float | None = None
