"""The real kubectl finds in the embedded cluster what it needs."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from certdash.demo.process import DemoOptions, DemoProcess

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]

ISSUED = """
apiVersion: cert-manager.io/v1
kind: Issuer
metadata: {name: own, namespace: shop}
spec: {selfSigned: {}}
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: {name: web, namespace: shop}
spec: {secretName: web-tls, dnsNames: [web.test], issuerRef: {name: own}}
"""


class Kubectl:
    """The real kubectl on one kubeconfig."""

    def __init__(self, binary: Path, kubeconfig: str) -> None:
        self._start = [str(binary), "--kubeconfig", kubeconfig]

    def run(self, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run([*self._start, *words], input=given, capture_output=True, text=True, timeout=60)

    def __call__(self, *words: str, given: str = "") -> str:
        done = self.run(*words, given=given)
        assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def kubectl(binaries: Path) -> Iterator[Kubectl]:
    demo = DemoProcess(DemoOptions(speed=5))
    try:
        yield Kubectl(binaries / "bin" / "kubectl", demo.wait_ready().kubeconfig)
    finally:
        demo.stop()


def test_it_knows_the_server(kubectl: Kubectl) -> None:
    assert "certdash-demo" in kubectl("version")
    assert "certificates" in kubectl("api-resources", "--api-group=cert-manager.io")
    assert kubectl("auth", "can-i", "delete", "pods").strip() == "yes"
    assert "demo-admin" in kubectl("auth", "whoami")


def test_it_reads_in_every_form(kubectl: Kubectl) -> None:
    pods = json.loads(kubectl("get", "pods", "-n", "cert-manager", "-o", "json"))["items"]
    assert {pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in pods} >= {"webhook", "controller"}
    assert "kind: Deployment" in kubectl("get", "deployment", "cert-manager", "-n", "cert-manager", "-o", "yaml")
    table = kubectl("get", "deployments", "-n", "cert-manager").splitlines()
    assert table[0].split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert [line.split()[1] for line in table[1:]] == ["1/1"] * 3
    selected = kubectl("get", "pods", "-A", "-l", "app.kubernetes.io/component=webhook", "-o", "name").split()
    assert len(selected) == 1
    assert "Replicas" in kubectl("describe", "deployment", "cert-manager-webhook", "-n", "cert-manager")


def test_it_creates_changes_and_deletes(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "plain")
    kubectl("create", "configmap", "box", "-n", "plain", "--from-literal=a=1")
    kubectl("patch", "configmap", "box", "-n", "plain", "-p", '{"data":{"b":"2"}}')
    kubectl("patch", "configmap", "box", "-n", "plain", "--type=merge", "-p", '{"data":{"a":null}}')
    kubectl(
        "patch", "configmap", "box", "-n", "plain", "--type=json", "-p", '[{"op":"add","path":"/data/c","value":"3"}]'
    )
    kubectl("label", "configmap", "box", "-n", "plain", "kept=no")
    box = json.loads(kubectl("get", "configmap", "box", "-n", "plain", "-o", "json"))
    assert box["data"] == {"b": "2", "c": "3"}
    assert box["metadata"]["labels"] == {"kept": "no"}
    kubectl("delete", "configmap", "-n", "plain", "-l", "kept=no", "--wait")
    assert "NotFound" in kubectl.run("get", "configmap", "box", "-n", "plain").stderr
    kubectl("delete", "namespace", "plain", "--timeout=20s")
    assert "NotFound" in kubectl.run("get", "namespace", "plain").stderr


def test_certificates_are_issued_and_mistakes_denied(kubectl: Kubectl) -> None:
    kubectl("create", "namespace", "shop")
    kubectl("apply", "-f", "-", given=ISSUED)
    kubectl("wait", "-n", "shop", "--for=condition=Ready", "certificate/web", "--timeout=20s")
    assert "kubernetes.io/tls" in kubectl("get", "secret", "web-tls", "-n", "shop", "-o", "yaml")
    events = kubectl("get", "events", "-n", "shop", "-o", "json")
    assert "The certificate has been successfully issued" in events
    wrong = ISSUED.replace("dnsNames: [web.test]", "ipAddresses: [nowhere]")
    denied = kubectl.run("apply", "-f", "-", given=wrong)
    assert 'admission webhook "webhook.cert-manager.io" denied the request' in denied.stderr
    unknown = kubectl.run("apply", "-f", "-", given=ISSUED.replace("secretName", "secretNam"))
    assert 'unknown field "spec.secretNam"' in unknown.stderr


def test_workloads_scale_roll_and_log(kubectl: Kubectl) -> None:
    kubectl("scale", "deployment/cert-manager", "-n", "cert-manager", "--replicas=2")
    kubectl("rollout", "status", "deployment/cert-manager", "-n", "cert-manager", "--timeout=30s")
    kubectl("scale", "deployment/cert-manager", "-n", "cert-manager", "--replicas=1")
    kubectl("rollout", "restart", "deployment/cert-manager-webhook", "-n", "cert-manager")
    kubectl("rollout", "status", "deployment/cert-manager-webhook", "-n", "cert-manager", "--timeout=30s")
    log = kubectl("logs", "deployment/cert-manager-webhook", "-n", "cert-manager", "--tail=50")
    assert "Updated cert-manager TLS certificate" in log
