"""Findings that only the API server's words tell: the network, TLS, the webhook's answers, and the probe itself."""

from certdash.diagnosis.catalogue import entry as e
from certdash.diagnosis.catalogue.entry import CatalogueEntry, Rank
from certdash.model.finding import Component, Severity

_BLOCKER = Severity.BLOCKER

CALLS: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(
        "CD0901", Rank.CERTIFICATE, Component.NETWORK, _BLOCKER, "The webhook's certificate has expired",
        "The webhook shows a certificate that is past its end and did not renew it, as before 1.21 after the node had "
        "slept.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0902", Rank.CERTIFICATE, Component.NETWORK, _BLOCKER, "The webhook's certificate is not valid yet",
        "The clocks of the webhook's node and of the API server differ.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0903", Rank.CERTIFICATE, Component.NETWORK, _BLOCKER, "The certificate is for another name",
        "Something else answers on the webhook's port (a kubelet on 10250), or the webhook serves other names than "
        "its Service's.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0904", Rank.CERTIFICATE, Component.NETWORK, _BLOCKER, "The webhook's certificate is not accepted",
        "The API server refuses the certificate that the webhook shows.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0905", Rank.CERTIFICATE, Component.NETWORK, _BLOCKER, "The webhook has no certificate yet",
        "The webhook listens but can't serve TLS: it could not read or create its Secret.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0906", Rank.CERTIFICATE, Component.NETWORK, _BLOCKER, "The webhook wants a client certificate",
        "Client verification is on (chart 1.20 and later), and the API server shows no certificate that fits.",
        e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0907", Rank.CERTIFICATE, Component.NETWORK, _BLOCKER, "No common TLS parameters",
        "The cipher suites or the TLS version set for the webhook don't fit the API server's.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0911", Rank.NETWORK, Component.NETWORK, _BLOCKER, "The connection to the webhook is refused",
        "Nothing listens where the API server's call arrives, or a firewall rejects it.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0912", Rank.NETWORK, Component.NETWORK, _BLOCKER, "The call of the webhook times out",
        "Packets between control plane and Pod are dropped (firewall, security group, NetworkPolicy, overlay), or the "
        "webhook does not answer.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0913", Rank.NETWORK, Component.NETWORK, _BLOCKER, "The connection to the webhook is reset",
        "Something on the way cuts the connection: a restarting Pod, a mesh sidecar, a middlebox.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0914", Rank.NETWORK, Component.NETWORK, _BLOCKER, "The connection to the webhook is closed at once",
        "The listener closes before an answer: a sidecar that demands mutual TLS, a tunnel, a Pod that goes.",
        e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0915", Rank.NETWORK, Component.NETWORK, _BLOCKER, "No TLS on the webhook's port",
        "What answers speaks no TLS: a wrong target port, or a proxy.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0916", Rank.NETWORK, Component.NETWORK, _BLOCKER, "No route to the webhook",
        "The control plane's node has no way to the address, or a firewall rejects it.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0917", Rank.NETWORK, Component.NETWORK, _BLOCKER, "The webhook's name can't be resolved",
        "The API server looks the name up in DNS and does not find it.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0918", Rank.NETWORK, Component.NETWORK, _BLOCKER, "The control plane may not dial the Pod",
        "On EKS the control plane dials no address outside the VPC: with another CNI the webhook needs the host "
        "network.", e.COMPATIBILITY_PAGE,
    ),
    CatalogueEntry(
        "CD0919", Rank.NETWORK, Component.NETWORK, _BLOCKER, "A proxy answers the API server's call",
        "kube-apiserver runs with HTTPS_PROXY, and NO_PROXY lacks .svc or the Service and Pod networks.",
        e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0920", Rank.NETWORK, Component.NETWORK, _BLOCKER, "The way from control plane to nodes is broken",
        "konnectivity or the egress proxy has no agent, or its agent can't reach the Pod.",
        "https://kubernetes.io/docs/tasks/extend-kubernetes/setup-konnectivity/",
    ),
    CatalogueEntry(
        "CD0921", Rank.NETWORK, Component.NETWORK, _BLOCKER, "The TLS handshake with the webhook times out",
        "The connection opens, but no TLS comes back: an MTU black hole, a proxy, a starved Pod.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD1001", Rank.PROTOCOL, Component.PROBE, _BLOCKER, "The webhook answers with an error",
        "The call arrives, and an HTTP error comes back: from a proxy or mesh in between, another server, or the "
        "webhook itself.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD1002", Rank.PROTOCOL, Component.PROBE, _BLOCKER, "What answers is not cert-manager's webhook",
        "The answer is no AdmissionReview that fits the call, or the path does not exist there.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD1003", Rank.PROTOCOL, Component.PROBE, _BLOCKER, "Requests are not stamped with their author",
        "cert-manager's validating webhook denies the CertificateRequest for its identity: the mutating webhook did "
        "not run, or somebody else's webhook changed the request afterwards.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD1004", Rank.PROTOCOL, Component.PROBE, _BLOCKER, "cert-manager denies a valid resource",
        "cert-manager's webhook refuses what its release should accept: CRDs and webhook of different releases, or a "
        "conflict with the settings of the probe object.", e.UPGRADE_PAGE,
    ),
    CatalogueEntry(
        "CD1005", Rank.PROTOCOL, Component.PROBE, _BLOCKER, "Answers contradict each other",
        "Some creates of one round passed through the webhook and others did not: API servers or Pods disagree.",
        e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD1006", Rank.WAITING, Component.PROBE, _BLOCKER, "Not proven yet",
        "The first full round of probes has not come back.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD1007", Rank.WAITING, Component.PROBE, _BLOCKER, "The proof is too old",
        "The last good round is older than two intervals, or counts no more.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD1008", Rank.UNEXPLAINED, Component.PROBE, _BLOCKER, "The probe failed for an unknown reason",
        "The API server's words are not in the catalogue. They are shown as they came.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD1009", Rank.WAITING, Component.PROBE, Severity.WARNING, "The probe is slow",
        "Admission takes more than a second; at the webhook's timeout creates begin to fail.", e.WEBHOOK_PAGE,
    ),
)  # fmt: skip
