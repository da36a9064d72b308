"""Findings about an issuance that stalls: what the issuance test met on its way."""

from certdash.diagnosis.catalogue import entry as e
from certdash.diagnosis.catalogue.entry import CatalogueEntry, Rank
from certdash.model.finding import Component, Severity

_PAGE = "https://cert-manager.io/docs/troubleshooting/"
_ACME_PAGE = "https://cert-manager.io/docs/troubleshooting/acme/"
_APPROVAL_PAGE = "https://cert-manager.io/docs/usage/certificaterequest/#approval"
_ISSUANCE, _BLOCKER = Component.ISSUANCE, Severity.BLOCKER

ISSUANCE: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(
        "CD1101", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "No controller leads",
        "The API accepts resources, but nobody acts on them: the controller does not run, or none of its Pods holds "
        "the Lease. After a crash the Lease has to run out first, which takes up to 75 seconds.", e.LEASE_PAGE,
    ),
    CatalogueEntry(
        "CD1102", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "The issuer is not ready",
        "The issuer's own condition says why: a Secret that is missing, an account that can't be registered, a server "
        "that does not answer. Certificates wait for it.", _PAGE,
    ),
    CatalogueEntry(
        "CD1103", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "The issuer that is named does not exist",
        "Kind, name or group of the issuerRef is wrong, or the Issuer is in another namespace: an Issuer serves its "
        "own namespace only, a ClusterIssuer all.", _PAGE,
    ),
    CatalogueEntry(
        "CD1104", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "Nobody approves the request",
        "A CertificateRequest is signed only once it is approved. cert-manager's own approver is switched off, lacks "
        "the permission for this issuer, or an approver of somebody else does not act.", _APPROVAL_PAGE,
    ),
    CatalogueEntry(
        "CD1105", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "The request was denied",
        "An approver's policy does not allow this certificate. cert-manager tries again after an hour at the earliest, "
        "so create a new Certificate after the policy is changed.", _APPROVAL_PAGE,
    ),
    CatalogueEntry(
        "CD1106", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "The controller's requests are refused",
        "The API server refuses what the controller writes: its webhook fails, a quota is used up, or its permissions "
        "were changed.", _PAGE,
    ),
    CatalogueEntry(
        "CD1107", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "The ACME order does not go on",
        "The Order or its Challenge waits: the solver can't be reached from outside, the DNS record is not there, or "
        "the server has refused.", _ACME_PAGE,
    ),
    CatalogueEntry(
        "CD1108", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "The issuer limits the rate",
        "Too many certificates were asked for. Waiting is all that helps, and each further try may make it longer.",
        _ACME_PAGE,
    ),
    CatalogueEntry(
        "CD1109", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "The issuer does not sign",
        "The request reached the issuer, which refuses it or can't sign it: its own words say why.", _PAGE,
    ),
    CatalogueEntry(
        "CD1110", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "The Secret is not written",
        "The certificate is signed, but the controller has not stored it: a quota of Secrets, its permissions, or it "
        "stopped in between.", _PAGE,
    ),
    CatalogueEntry(
        "CD1111", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "What was issued is not what was asked for",
        "The certificate is there, but its names, key, dates or chain are not as asked. A client would refuse it.",
        _PAGE,
    ),
    CatalogueEntry(
        "CD1112", Rank.WORKLOAD, _ISSUANCE, _BLOCKER, "Issuance does not go on, and nothing says why",
        "No condition, Event or Lease explains it: look into the controller's log.", _PAGE,
    ),
)  # fmt: skip
