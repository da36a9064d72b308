"""Faults as named verbs. A scenario is data over these verbs; a person types them at `certdash demo --headless`."""

import base64
import datetime
import inspect
from collections.abc import Callable, Sequence
from pathlib import Path

from certdash.demo import kubeconfig
from certdash.demo.chart import rbac
from certdash.demo.chart.components import NAMESPACE, WEBHOOK
from certdash.demo.chart.objects import VALIDATING
from certdash.demo.faults.api import ApiError
from certdash.demo.faults.impostor import Impostor
from certdash.demo.faults.workloads import WorkloadFaults
from certdash.demo.forwarder import Mode
from certdash.demo.pki import Authority, Leaf

Rule = rbac.Rule

# Three people with too few permissions, by what they may do.
READER = (rbac.rule(["*"], "*", "get list watch"),)
PROBER = (rbac.rule(["cert-manager.io"], "certificates certificaterequests issuers", "create"),)
NOBODY: tuple[Rule, ...] = ()

# Gives the user of the kubeconfig its permissions, where these come from RBAC.
USER_BINDING = "certdash-demo-user"

_POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
_BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
_RBAC = "/apis/rbac.authorization.k8s.io/v1"


class Faults(WorkloadFaults):
    """All verbs for one cluster."""

    def clusterip(self, mode: str) -> None:
        """Treat connections to the webhook's ClusterIP: pass, refuse, timeout, hang, reset, close, plain_http."""
        if mode not in tuple(Mode):
            raise ValueError(f"{mode!r} is none of {', '.join(Mode)}")
        self._broke("clusterip", lambda: self.clusterip("pass"))
        self.cluster.network.set_mode(Mode(mode))
        if mode == "pass":
            self._healed("clusterip")

    def serve_wrong_certificate(self) -> None:
        """Serve a certificate of the right authority for another name."""
        self._serve(self._sign(["webhook.example.test"]))

    def serve_expired_certificate(self) -> None:
        """Serve a certificate of the right authority that ran out yesterday."""
        now = datetime.datetime.now(datetime.UTC)
        day = datetime.timedelta(days=1)
        self._serve(self._sign(self._webhook_names, now - 8 * day, now - day))

    def http_status(self, code: str | int, body: str = "") -> None:
        """Answer the API server over good TLS with an HTTP status of something in between."""
        self._serve(self._sign(self._webhook_names), int(code), body.encode())

    def serve_webhook(self) -> None:
        """Let the real webhook answer again."""
        self.cluster.network.divert(None)
        self._healed("impostor")

    @property
    def _webhook_names(self) -> list[str]:
        return [f"{WEBHOOK.deployment}{suffix}" for suffix in ("", f".{NAMESPACE}", f".{NAMESPACE}.svc")]

    def _sign(
        self,
        names: Sequence[str],
        begins: datetime.datetime | None = None,
        ends: datetime.datetime | None = None,
    ) -> Leaf:
        secret = self.api.get(self._namespaced("/api/v1", "secrets", f"{WEBHOOK.deployment}-ca"))["data"]
        authority = Authority(base64.b64decode(secret["tls.crt"]), base64.b64decode(secret["tls.key"]))
        return authority.issue(names[0], alternative_names=names, begins=begins, ends=ends)

    def _serve(self, leaf: Leaf, code: int = 503, body: bytes = b"") -> None:
        impostor = Impostor.start("127.0.0.1", leaf, self.cluster.folder / "pki", code, body)

        def undo() -> None:
            self.serve_webhook()
            impostor.stop()

        if earlier := self.repairs.take("impostor"):
            earlier()
        self._broke("impostor", undo)
        self.cluster.network.divert(impostor.address)

    def third_party_webhook(self) -> None:
        """Add somebody else's validating webhook for all of cert-manager.io, whose Service does not exist."""
        name = "policy.example.test"
        made = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": name},
            "webhooks": [
                {
                    "name": "validate.policy.example.test",
                    "rules": [
                        {
                            "apiGroups": ["cert-manager.io"],
                            "apiVersions": ["*"],
                            "operations": ["CREATE"],
                            "resources": ["*"],
                        }
                    ],
                    "admissionReviewVersions": ["v1"],
                    "sideEffects": "None",
                    "failurePolicy": "Fail",
                    "timeoutSeconds": 5,
                    "clientConfig": {"service": {"name": "policy-webhook", "namespace": "policy-system"}},
                }
            ],
        }
        self._broke("third party", lambda: self.api.delete(f"{VALIDATING}/{name}"))
        self.api.create(VALIDATING, made)

    def leftover_configuration(self) -> None:
        """Leave behind what an earlier install had: a validating configuration whose Service is gone."""
        live = self.api.get(f"{VALIDATING}/{WEBHOOK.deployment}")
        name = f"old-{WEBHOOK.deployment}"
        webhooks = live["webhooks"]
        webhooks[0]["clientConfig"]["service"]["namespace"] = "old-cert-manager"
        labels = live["metadata"].get("labels", {})
        self._broke("leftover", lambda: self.api.delete(f"{VALIDATING}/{name}"))
        self.api.create(
            VALIDATING,
            {
                "apiVersion": live["apiVersion"],
                "kind": live["kind"],
                "metadata": {"name": name, "labels": labels},
                "webhooks": webhooks,
            },
        )

    def deny_policy(self, namespace: str = "default") -> None:
        """Add a ValidatingAdmissionPolicy that denies every Certificate and CertificateRequest in a namespace."""
        name = "no-certificates.example.test"
        meta = {"metadata": {"name": name}}
        selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
        rules = [
            {
                "apiGroups": ["cert-manager.io"],
                "apiVersions": ["*"],
                "operations": ["CREATE"],
                "resources": ["certificates", "certificaterequests"],
            }
        ]
        policy = {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": rules, "namespaceSelector": selector},
            "validations": [{"expression": "false", "message": "certificates are issued by the platform team only"}],
        }

        def undo() -> None:
            self.api.delete(f"{_BINDINGS}/{name}")
            self.api.delete(f"{_POLICIES}/{name}")

        self._broke("policy", undo)
        self.api.create(_POLICIES, {**meta, "spec": policy})
        self.api.create(_BINDINGS, {**meta, "spec": {"policyName": name, "validationActions": ["Deny"]}})

    def forbid(self) -> None:
        """Take every permission from the user of the kubeconfig."""
        path = f"{_RBAC}/clusterrolebindings/{USER_BINDING}"
        try:
            bound = self.api.get(path)
        except ApiError as error:
            if error.code != 404:
                raise
            raise ValueError("nothing that could be taken away gives this user its permissions") from None
        kept = {**bound, "metadata": {"name": USER_BINDING}}
        self._broke("permissions", lambda: self.api.create(f"{_RBAC}/clusterrolebindings", kept))
        self.api.delete(path)

    def user_kubeconfig(self, name: str, rules: Sequence[Rule]) -> Path:
        """Make a user with exactly these cluster-wide permissions, and return the path of a kubeconfig for it."""
        leaf = self.cluster.authority.issue(name)
        user = kubeconfig.client_certificate(leaf)
        if rules:
            bound = rbac.binding("ClusterRole", name, name, {})
            bound["subjects"] = [{"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}]
            self.api.apply(f"{_RBAC}/clusterroles/{name}", rbac.role("ClusterRole", name, list(rules), {}))
            self.api.apply(f"{_RBAC}/clusterrolebindings/{name}", bound)
        return self._kubeconfig(name, user)

    def limited_user(self, kind: str) -> Path:
        """A kubeconfig for a `reader` (no create), a `prober` (create only) or a `nobody` (neither)."""
        rules = {"reader": READER, "prober": PROBER, "nobody": NOBODY}
        if kind not in rules:
            raise ValueError(f"{kind!r} is none of {', '.join(rules)}")
        return self.user_kubeconfig(f"test-{kind}", rules[kind])

    def wrong_credentials(self) -> Path:
        """A kubeconfig whose token nobody knows: every answer is 401."""
        return self._kubeconfig("stranger", {"token": "not-a-token"})

    def _kubeconfig(self, name: str, user: dict[str, str]) -> Path:
        cluster = self.cluster
        path = cluster.folder / "kubeconfigs" / f"{name}.kubeconfig"
        return kubeconfig.write(
            path, cluster.context_name, cluster.server, cluster.authority.certificate, user, name=name
        )


def verbs() -> dict[str, Callable[..., object]]:
    """Every public verb by name."""
    members = inspect.getmembers(Faults, inspect.isfunction)
    return {name: function for name, function in members if not name.startswith("_")}


def perform(faults: Faults, name: str, arguments: Sequence[str]) -> object:
    """Do what a person typed. Raises ValueError in one line when it can't be meant."""
    check_call(name, arguments)
    function = verbs()[name]
    try:
        return function(faults, *arguments)
    except ApiError as error:
        raise ValueError(str(error)) from error


def check_call(name: str, arguments: Sequence[str]) -> None:
    """Raises ValueError where there is no such verb, or it takes other arguments."""
    if name not in _typed():
        raise ValueError(f"no verb {name!r}; help lists them")
    try:
        inspect.signature(verbs()[name]).bind(None, *arguments)
    except TypeError:
        raise ValueError(f"usage: {usage(name)}") from None


def usage(name: str) -> str:
    """The verb with the names of its arguments, those with a default in brackets."""
    parameters = list(inspect.signature(verbs()[name]).parameters.values())[1:]
    shown = [p.name.upper() if p.default is p.empty else f"[{p.name.upper()}={p.default}]" for p in parameters]
    return " ".join([name, *shown])


def help_text() -> str:
    """Every verb that can be typed, with what it does."""
    shown = ((usage(name), function.__doc__ or "") for name, function in verbs().items() if name in _typed())
    return "\n".join(f"  {use:58} {about.splitlines()[0]}" for use, about in shown)


def _typed() -> set[str]:
    """The verbs whose arguments are words."""
    return set(verbs()) - {"user_kubeconfig"}
