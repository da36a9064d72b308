"""`certdash rbac` prints what Kubernetes reads, and the README prints the same."""

from pathlib import Path
from typing import Any

import yaml

from certdash.certmanager.streams import desired_streams
from certdash.cli.arguments import read_arguments
from certdash.cli.rbac import rbac_text
from tests.unit.scenarios import healthy

README = Path(__file__).parents[3] / "README.md"


def printed(*argv: str) -> str:
    return rbac_text(read_arguments("certdash", ["rbac", *argv], {}))


def rules(*argv: str) -> list[dict[str, Any]]:
    role = yaml.safe_load(printed(*argv))
    assert (role["apiVersion"], role["kind"]) == ("rbac.authorization.k8s.io/v1", "ClusterRole")
    found: list[dict[str, Any]] = role["rules"]
    return found


def test_every_stream_may_be_read() -> None:
    for spec in desired_streams(healthy().snapshot()):
        resource = spec.kind.resource
        fitting = [r for r in rules() if resource.group in r["apiGroups"] and resource.plural in r["resources"]]
        assert any({"get", "list", "watch"} <= set(rule["verbs"]) for rule in fitting), spec.label


def test_only_the_probes_may_create_and_only_with_them() -> None:
    creating = [rule for rule in rules() if "create" in rule["verbs"]]
    assert [rule["resources"] for rule in creating] == [["certificates", "certificaterequests"]]
    assert rules("--without-probes") == [rule for rule in rules() if "create" not in rule["verbs"]]
    assert "RBAC can't limit create to dry runs" in printed()
    assert "never READY" in printed("--without-probes").replace("\n# ", " ")


def test_the_issuance_test_adds_to_the_role_and_takes_nothing_away() -> None:
    more = rules("--with-issuance-test")
    assert more[: len(rules())] == rules()
    deleted = {name for rule in more if "delete" in rule["verbs"] for name in rule["resources"]}
    assert deleted == {"namespaces", "issuers", "certificates", "certificaterequests", "secrets"}


def test_secrets_are_limited_to_one_name() -> None:
    (secrets,) = [rule for rule in rules() if "secrets" in rule["resources"]]
    assert secrets["resourceNames"] == ["cert-manager-webhook-ca"]


def test_the_readme_prints_the_same_rules() -> None:
    block = next(b for b in README.read_text(encoding="utf-8").split("```yaml\n")[1:] if "kind: ClusterRole" in b)
    assert yaml.safe_load(block.split("```")[0]) == yaml.safe_load(printed())
