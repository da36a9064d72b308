"""Findings about cert-manager's own objects: configurations, Service, workloads, caBundle."""

from certdash.diagnosis.catalogue import entry as e
from certdash.diagnosis.catalogue.entry import CatalogueEntry, Rank
from certdash.model.finding import Component, Severity

_BLOCKER, _WARNING = Severity.BLOCKER, Severity.WARNING

INSTALL: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(
        "CD0501", Rank.CONFIGURATIONS, Component.WEBHOOKS, _BLOCKER, "cert-manager is not installed",
        "The CRDs are there, cert-manager is not: no webhook is registered and nothing runs. The API server stores "
        "whatever it is given, valid or not, so an admitted object says nothing.", e.INSTALL_PAGE,
    ),
    CatalogueEntry(
        "CD0502", Rank.CONFIGURATIONS, Component.WEBHOOKS, _BLOCKER, "Both webhook configurations are missing",
        "The API server does not ask cert-manager at all: everything is admitted, nothing is checked, and requests "
        "carry no identity.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0503", Rank.CONFIGURATIONS, Component.WEBHOOKS, _BLOCKER, "The validating webhook configuration is missing",
        "Invalid resources are admitted.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0504", Rank.CONFIGURATIONS, Component.WEBHOOKS, _BLOCKER, "The mutating webhook configuration is missing",
        "Requests are not stamped with their author, so the validating webhook denies each CertificateRequest.",
        e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0505", Rank.CONFIGURATIONS, Component.WEBHOOKS, _BLOCKER, "The webhook's rules do not cover the resource",
        "The rules of the webhook configuration were narrowed: the API server does not ask cert-manager about it.",
        e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0506", Rank.CONFIGURATIONS, Component.WEBHOOKS, _BLOCKER, "The namespace is excluded from validation",
        "The namespaceSelector of the webhook configuration does not select the probe's namespace, for a label that "
        "it has or lacks. Resources there are not checked.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0507", Rank.CONFIGURATIONS, Component.WEBHOOKS, _BLOCKER, "The objectSelector excludes the probe",
        "The webhook configuration selects objects by label, which cert-manager's never does by itself.",
        e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0508", Rank.UNEXPLAINED, Component.WEBHOOKS, _BLOCKER, "cert-manager's webhook is not asked",
        "Invalid objects are admitted, or requests not stamped, although the configuration looks right: an admission "
        "plugin switched off, matchConditions, another server behind the Service, or another API server.",
        e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0509", Rank.CONFIGURATIONS, Component.WEBHOOKS, _WARNING, "The webhook's failures are ignored",
        "With failurePolicy Ignore the API server admits everything unchecked whenever the webhook fails.",
        e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0510", Rank.CONFIGURATIONS, Component.WEBHOOKS, _BLOCKER, "A leftover webhook configuration blocks creates",
        "A second configuration of cert-manager's leads to a Service that does not exist, from a release that went. "
        "The API server asks both.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0511", Rank.CONFIGURATIONS, Component.WEBHOOKS, _WARNING, "A second set of webhook configurations",
        "Several webhook configurations of cert-manager's exist and lead to different places. Two installs in one "
        "cluster disturb each other.", e.INSTALL_PAGE,
    ),
    CatalogueEntry(
        "CD0601", Rank.SERVICE, Component.SERVICE, _BLOCKER, "The webhook's Service is missing",
        "The webhook configuration leads to a Service that does not exist.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0602", Rank.SERVICE, Component.SERVICE, _BLOCKER, "The webhook's Service lacks the port",
        "The webhook configuration asks for a port that the Service does not have.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0603", Rank.SERVICE, Component.SERVICE, _BLOCKER, "The webhook's Service can't be called",
        "A headless Service, or one of type ExternalName, can't carry calls of the API server.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0604", Rank.SERVICE, Component.SERVICE, _BLOCKER, "The webhook's Service selects no Pod of the webhook",
        "The Service's selector does not match the labels of the webhook's Pods.", e.SERVICE_PAGE,
    ),
    CatalogueEntry(
        "CD0605", Rank.ENDPOINTS, Component.SERVICE, _BLOCKER, "The webhook's Service has no ready endpoint",
        "No ready Pod stands behind the Service, so the API server's calls lead nowhere.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0606", Rank.SERVICE, Component.SERVICE, _BLOCKER, "The Service's target port is wrong",
        "The Service leads to a port that the webhook does not listen on.", e.SERVICE_PAGE,
    ),
    CatalogueEntry(
        "CD0701", Rank.WORKLOAD, Component.WORKLOADS, _BLOCKER, "The webhook's Deployment is missing",
        "The webhook is registered, but nothing runs it.", e.INSTALL_PAGE,
    ),
    CatalogueEntry(
        "CD0702", Rank.WORKLOAD, Component.WORKLOADS, _BLOCKER, "The webhook is scaled to 0",
        "The webhook's Deployment asks for no Pod.", e.ROLLOUT_PAGE,
    ),
    CatalogueEntry(
        "CD0703", Rank.WORKLOAD, Component.WORKLOADS, _BLOCKER, "The webhook's image can't be pulled",
        "The node can't get the image: a wrong name or tag, no credentials, or no way to the registry.", e.PODS_PAGE,
    ),
    CatalogueEntry(
        "CD0704", Rank.WORKLOAD, Component.WORKLOADS, _BLOCKER, "The webhook crashes",
        "The webhook's container ends again and again. Its previous log tells why.", e.PODS_PAGE,
    ),
    CatalogueEntry(
        "CD0705", Rank.WORKLOAD, Component.WORKLOADS, _BLOCKER, "The webhook's Pod can't be scheduled",
        "No node takes the Pod.", e.PODS_PAGE,
    ),
    CatalogueEntry(
        "CD0706", Rank.WORKLOAD, Component.WORKLOADS, _BLOCKER, "The webhook is not ready",
        "Its Pod runs, but the readiness check fails: the webhook has no serving certificate yet, for want of "
        "permission on its Secret, or of a way to the API server.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0707", Rank.WORKLOAD, Component.WORKLOADS, _BLOCKER, "The webhook is starting",
        "Its Pods are on their way, within the Deployment's own deadline.", e.ROLLOUT_PAGE,
    ),
    CatalogueEntry(
        "CD0708", Rank.WORKLOAD, Component.WORKLOADS, _BLOCKER, "The webhook's container can't be created",
        "The node can't create the container: a missing ConfigMap or Secret, a wrong mount, or a bad setting.",
        e.PODS_PAGE,
    ),
    CatalogueEntry(
        "CD0709", Rank.WORKLOAD, Component.WORKLOADS, _BLOCKER, "The webhook's Pods can't be made",
        "The ReplicaSet may not create Pods: a quota, Pod security, a missing ServiceAccount, or another webhook.",
        e.ROLLOUT_PAGE,
    ),
    CatalogueEntry(
        "CD0710", Rank.INSTALL, Component.WORKLOADS, _BLOCKER, "The install's namespace is missing",
        "The webhook configurations lead to a namespace that does not exist: cert-manager was removed by deleting "
        "its namespace, which leaves the cluster-wide objects behind.", e.INSTALL_PAGE,
    ),
    CatalogueEntry(
        "CD0721", Rank.WORKLOAD, Component.WORKLOADS, _WARNING, "The rollout is stuck",
        "A Deployment does not get its new Pods up. What served before goes on serving.", e.ROLLOUT_PAGE,
    ),
    CatalogueEntry(
        "CD0722", Rank.WORKLOAD, Component.WORKLOADS, _WARNING, "The controller is not running",
        "The API accepts resources, but nothing signs them: certificates are neither issued nor renewed.",
        e.INSTALL_PAGE,
    ),
    CatalogueEntry(
        "CD0723", Rank.WORKLOAD, Component.WORKLOADS, _WARNING, "No controller leads",
        "The controller's lease is missing, old, or held by a Pod that is gone, so nothing is signed until one leads.",
        e.LEASE_PAGE,
    ),
    CatalogueEntry(
        "CD0724", Rank.CA_BUNDLE, Component.WORKLOADS, _WARNING, "The cainjector is not running",
        "Nothing follows the webhook's authority: with its next rotation, or a re-created configuration, the API "
        "will stop accepting resources.", e.CAINJECTOR_PAGE,
    ),
    CatalogueEntry(
        "CD0725", Rank.CA_BUNDLE, Component.WORKLOADS, _WARNING, "No cainjector leads",
        "The cainjector's lease is missing, old, or held by a Pod that is gone: the caBundle is not kept up to date.",
        e.CAINJECTOR_PAGE,
    ),
    CatalogueEntry(
        "CD0726", Rank.WORKLOAD, Component.WORKLOADS, _WARNING, "Versions differ",
        "Components or CRDs are of different releases. That is meant to last for the length of an upgrade only.",
        e.UPGRADE_PAGE,
    ),
    CatalogueEntry(
        "CD0801", Rank.CA_BUNDLE, Component.CA_BUNDLE, _BLOCKER, "The caBundle is empty",
        "The API server is told no authority for the webhook and trusts the system's, which did not sign its "
        "certificate. The cainjector fills it in.", e.CAINJECTOR_PAGE,
    ),
    CatalogueEntry(
        "CD0802", Rank.CA_BUNDLE, Component.CA_BUNDLE, _BLOCKER, "The caBundle is not a certificate",
        "The API server can't read the caBundle and calls nobody.", e.CAINJECTOR_PAGE,
    ),
    CatalogueEntry(
        "CD0803", Rank.CA_BUNDLE, Component.CA_BUNDLE, _BLOCKER, "The caBundle is of another authority",
        "The API server does not trust the certificate that the webhook shows: the caBundle is of another install or "
        "was edited, or something else answers.", e.WEBHOOK_PAGE,
    ),
    CatalogueEntry(
        "CD0804", Rank.CA_BUNDLE, Component.CA_BUNDLE, _BLOCKER, "The caBundle is out of date",
        "The webhook made itself a new authority and the caBundle still holds the one before.", e.CAINJECTOR_PAGE,
    ),
    CatalogueEntry(
        "CD0805", Rank.CA_BUNDLE, Component.CA_BUNDLE, _BLOCKER, "The caBundle has expired",
        "Every authority in the caBundle is past its end.", e.CAINJECTOR_PAGE,
    ),
    CatalogueEntry(
        "CD0806", Rank.CA_BUNDLE, Component.CA_BUNDLE, _BLOCKER, "The caBundle holds no authority",
        "What stands in the caBundle may not sign certificates: a serving certificate was put there.",
        e.CAINJECTOR_PAGE,
    ),
    CatalogueEntry(
        "CD0807", Rank.CA_BUNDLE, Component.CA_BUNDLE, _WARNING, "The webhook's authority ends soon",
        "The newest authority in the caBundle ends within two weeks and was not renewed.", e.CAINJECTOR_PAGE,
    ),
)  # fmt: skip
