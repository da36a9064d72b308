"""Findings about the way to the API server, the API server itself, CRDs, permissions and what others put in the way."""

from certdash.diagnosis.catalogue import entry as e
from certdash.diagnosis.catalogue.entry import CatalogueEntry, Rank
from certdash.model.finding import Component, Severity

_BLOCKER = Severity.BLOCKER

CLUSTER: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(
        "CD0101", Rank.CONNECTION, Component.CONNECTION, _BLOCKER, "No connection to the API server",
        "No request was answered for ten seconds. Nothing can be said about cert-manager until the server answers.",
        e.ACCESS_PAGE,
    ),
    CatalogueEntry(
        "CD0102", Rank.CONNECTION, Component.CONNECTION, _BLOCKER, "Connecting",
        "The first answer of the API server is awaited.", e.ACCESS_PAGE,
    ),
    CatalogueEntry(
        "CD0103", Rank.AUTHENTICATION, Component.CONNECTION, _BLOCKER, "Not authenticated",
        "The API server does not accept the credentials (401). They may have expired.", e.ACCESS_PAGE,
    ),
    CatalogueEntry(
        "CD0104", Rank.AUTHENTICATION, Component.CONNECTION, _BLOCKER, "No permission to read anything",
        "The API server knows the user and permits none of the reads that certdash needs.", e.RBAC_PAGE,
    ),
    CatalogueEntry(
        "CD0105", Rank.API_SERVER, Component.API_SERVER, _BLOCKER, "The probe got no answer",
        "A dry-run create ended without an HTTP answer, although other requests are answered.", e.ACCESS_PAGE,
    ),
    CatalogueEntry(
        "CD0106", Rank.API_SERVER, Component.API_SERVER, _BLOCKER, "The API server is starting",
        "Its handlers or informers are not ready yet. That says nothing about cert-manager.", e.ADMISSION_PAGE,
    ),
    CatalogueEntry(
        "CD0107", Rank.API_SERVER, Component.API_SERVER, _BLOCKER, "The API server is shutting down",
        "It refuses new work while it ends. Another one, or its successor, has to take over.", e.ADMISSION_PAGE,
    ),
    CatalogueEntry(
        "CD0108", Rank.API_SERVER, Component.API_SERVER, _BLOCKER, "The API server throttles us",
        "Priority and fairness, or the limit of requests in flight, turned the probe away (429).",
        "https://kubernetes.io/docs/concepts/cluster-administration/flow-control/",
    ),
    CatalogueEntry(
        "CD0109", Rank.API_SERVER, Component.API_SERVER, _BLOCKER, "The API server's storage has trouble",
        "etcd is slow, without a leader or gone, so nothing can be created whatever cert-manager does.",
        "https://kubernetes.io/docs/tasks/administer-cluster/configure-upgrade-etcd/",
    ),
    CatalogueEntry(
        "CD0110", Rank.API_SERVER, Component.API_SERVER, _BLOCKER, "The API server gave up on the probe",
        "The whole request ran into the server's own limit (504). Slow storage does that, and webhooks that are slow "
        "one after the other.", e.ADMISSION_PAGE,
    ),
    CatalogueEntry(
        "CD0111", Rank.API_SERVER, Component.API_SERVER, _BLOCKER, "The API server's authorizer has trouble",
        "The authorization webhook of the control plane failed, so no request can be decided.", e.RBAC_PAGE,
    ),
    CatalogueEntry(
        "CD0112", Rank.API_SERVER, Component.API_SERVER, _BLOCKER, "The server's answer is not understood",
        "What answered is perhaps not a Kubernetes API server, or something stands in between.", e.ACCESS_PAGE,
    ),
    CatalogueEntry(
        "CD0201", Rank.TESTING, Component.PROBE, _BLOCKER, "No permission to try a create",
        "A dry-run create needs the same permission as a real one. Without it readiness can't be proven; nothing is "
        "said against cert-manager by it.", e.RBAC_PAGE,
    ),
    CatalogueEntry(
        "CD0202", Rank.TESTING, Component.PROBE_NAMESPACE, _BLOCKER, "The probe's namespace does not exist",
        "Probe objects need a namespace that exists. Choose another one with --probe-namespace.", e.INSTALL_PAGE,
    ),
    CatalogueEntry(
        "CD0203", Rank.TESTING, Component.PROBE_NAMESPACE, _BLOCKER, "The probe's namespace is being deleted",
        "Nothing can be created in a namespace that terminates. Choose another one with --probe-namespace.",
        "https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/",
    ),
    CatalogueEntry(
        "CD0204", Rank.TESTING, Component.PROBE_NAMESPACE, _BLOCKER, "A quota stops the probe",
        "A ResourceQuota of the probe's namespace refuses the create. Quota is checked last: the webhooks had "
        "agreed.", e.QUOTA_PAGE,
    ),
    CatalogueEntry(
        "CD0301", Rank.CRDS, Component.CRDS, _BLOCKER, "The CRDs are not installed",
        "None of cert-manager's six CustomResourceDefinitions is there, so the API does not know its resources. The "
        "chart installs them only with crds.enabled=true.", e.INSTALL_PAGE,
    ),
    CatalogueEntry(
        "CD0302", Rank.CRDS, Component.CRDS, _BLOCKER, "A CRD is missing",
        "Some of the six CustomResourceDefinitions are not there. cert-manager needs them all.", e.INSTALL_PAGE,
    ),
    CatalogueEntry(
        "CD0303", Rank.CRDS, Component.CRDS, _BLOCKER, "A CRD is not established",
        "The API server has not accepted the definition (yet), so the resource is not served.", e.CRD_PAGE,
    ),
    CatalogueEntry(
        "CD0304", Rank.CRDS, Component.CRDS, _BLOCKER, "A CRD's names are taken",
        "Another CustomResourceDefinition owns the name or a short name, so this one is not served.", e.CRD_PAGE,
    ),
    CatalogueEntry(
        "CD0305", Rank.CRDS, Component.CRDS, _BLOCKER, "A CRD is being deleted",
        "Creates are refused while the definition goes, and with it go all objects of its kind.", e.CRD_PAGE,
    ),
    CatalogueEntry(
        "CD0306", Rank.CRDS, Component.CRDS, _BLOCKER, "A CRD does not serve v1",
        "The definition is of a release before 1.0, or was edited: version v1 is not served.", e.UPGRADE_PAGE,
    ),
    CatalogueEntry(
        "CD0307", Rank.CRDS, Component.CRDS, _BLOCKER, "Conversion of stored objects fails",
        "A CRD still asks a conversion webhook. cert-manager's CRDs have had none since 1.7, and its webhook has "
        "answered no conversions since 1.15.", e.UPGRADE_PAGE,
    ),
    CatalogueEntry(
        "CD0308", Rank.CRDS, Component.CRDS, _BLOCKER, "The resource is not served",
        "The API server answers 404 for the resource itself. Right after a CRD came, its servers take a few seconds "
        "to serve it.", e.CRD_PAGE,
    ),
    CatalogueEntry(
        "CD0309", Rank.WAITING, Component.CRDS, _BLOCKER, "It is not known whether all CRDs are served",
        "The CRDs can't be read, and discovery has not told either.", e.RBAC_PAGE,
    ),
    CatalogueEntry(
        "CD0310", Rank.CRDS, Component.CRDS, _BLOCKER, "The CRD's schema refuses a valid object",
        "CRDs and cert-manager are of different releases, or the schema was edited.", e.UPGRADE_PAGE,
    ),
    CatalogueEntry(
        "CD0311", Rank.CRDS, Component.CRDS, Severity.WARNING, "Old versions are still stored",
        "status.storedVersions lists versions that newer CRDs don't have. The next upgrade of the CRDs will be "
        "refused.", e.UPGRADE_PAGE,
    ),
    CatalogueEntry(
        "CD0401", Rank.OTHERS, Component.WEBHOOKS, _BLOCKER, "Somebody else's webhook is broken",
        "A webhook that is not cert-manager's is asked about the probe and can't be reached. It blocks cert-manager's "
        "resources; cert-manager itself is untested.", e.ADMISSION_PAGE,
    ),
    CatalogueEntry(
        "CD0402", Rank.OTHERS, Component.WEBHOOKS, _BLOCKER, "Somebody else's webhook denies the probe",
        "A policy engine refuses the probe object. cert-manager itself is untested. Labels, annotations, DNS name "
        "and issuer of the probe object can be set to satisfy it.", e.ADMISSION_PAGE,
    ),
    CatalogueEntry(
        "CD0403", Rank.OTHERS, Component.WEBHOOKS, _BLOCKER, "An admission policy denies the probe",
        "A ValidatingAdmissionPolicy refuses the probe object. cert-manager itself is untested.", e.POLICY_PAGE,
    ),
    CatalogueEntry(
        "CD0404", Rank.OTHERS, Component.WEBHOOKS, _BLOCKER, "A webhook does not support dry run",
        "A webhook that declares side effects makes the API server refuse every dry run. Real creates may work.",
        e.ADMISSION_PAGE,
    ),
    CatalogueEntry(
        "CD0405", Rank.OTHERS, Component.WEBHOOKS, _BLOCKER, "Something forbids the probe without a name",
        "Admission refused the probe and named neither a webhook nor a user: an admission plugin, or a "
        "matchCondition that can't be evaluated.", e.ADMISSION_PAGE,
    ),
)  # fmt: skip
