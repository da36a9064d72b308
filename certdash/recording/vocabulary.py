"""Words that belong to Kubernetes, cert-manager and the network, and so betray nobody: they are never replaced.

They are also what the diagnosis reads: a message in which one of them were replaced would mean something else.
"""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Final

from certdash.certmanager import constants
from certdash.model.connection import ConnectionPhase
from certdash.model.inputs import ChangeType
from certdash.model.probe import ProbeName
from certdash.model.resource import Kind
from certdash.model.stream import StreamPhase

WORD: Final = re.compile(r"[A-Za-z0-9]+")

# Of addresses and of the keys of labels and annotations.
_KUBERNETES: Final = """
    kubernetes kube k8s io sh svc cluster local default system public node lease service serviceaccount
    serviceaccounts group groups apis api app component instance name namespace version part of managed by
    helm chart release meta kubectl edit apply patch client server proxy apiserver scheduler manager controllers
    argocd argoproj tracking id toolkit fluxcd kustomize helmrelease kustomization olm owner operator openshift
    clusterctl core admissions enforcer disabled disable enforce pod template hash deployment revision restarted
    restartedat restarted at gateway networking rbac authorization authentication certificates token review
    endpointslice endpoints secret configmap true false yes enabled in not notin exists key value path port ports
    metrics healthz healthcheck http https tcp udp dns tls ssl url timeout validate mutate validation mutation
    metadata spec status labels annotations selector username uid ca inject injection from direct allow issue
    temporary certificate certificaterequest issuer clusterissuer order challenge acme solver startupapicheck
    webhook webhooks cainjector controller cert sentinel certdash probe invalid example com org net www
    quay docker ghcr gcr registry jetstack image images sha256 latest stable alpha beta rc amd64 arm64
    serving dynamic leader election external admin masters anonymous unauthenticated authenticated
"""
# Of what the API server, Go and we ourselves say.
_ENGLISH: Final = """
    a about accept access accepted address addresses after again agent all allow allowed an and any application are
    argument as asked at authority authorized available back bad be because been before between body broken but by
    call called calling can candidate cannot cause certificate change channel character check client close closed
    code conditions connect connecting connection container context conversion could couldn created credentials
    current custom data deadline decode definition delay delete deleted denied deny dial did discovery does done dry
    each else empty end eof error etcdserver evaluation evaluator event exceeded exec exist exists expected expired
    fail failed failure fault field find first for forbidden format found from gave get gone got had handle handling
    handshake has have header healthy here host idle identity if ignore impersonate initializing input installed
    insufficient internal into invalid is it its keep kind kinds known last legacy length like limit list local look
    lookup lost match message method missing more must name names network new nil no none not nothing null object
    objects occurred old on one only open operation or other our out own parse pass path paths peer permission
    permitted pipe please point policy post proof proto protocol proxyconnect put query quota rate reached read ready
    received record refused rejected remote request requested requests required reset resource resources response
    retry review root round route router rpc rule rules run same schema secure see seem send sent server servers
    service set shutting side sign signed size some sockets spec start started starting state status stop stopped
    storage stream string such support supported sure system take taken terminated terminating test text than that
    the their them then there they this through throttled time timed timeout times to token too tries trust try tunnel
    type types unable unauthorized unavailable undecodable unexpected unknown unmarshal unreachable unrecognized
    unreadable unsupported until up use used user usage valid validating value verb verify version versions wait was
    watch way we were what when where which while who will with without word words write wrong x509 yet you your
    clusterip validatingadmissionpolicy admission allotted canceled contain currently doesn load many provide reading
    return yet sans san common kind kinds ip ips username service effects sideeffects webhook admissionreview accounts
"""


def _words(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        yield from WORD.findall(text.lower())


def _enums() -> Iterable[type[Enum]]:
    return (StreamPhase, ConnectionPhase, ChangeType, ProbeName)


def _constants() -> Iterable[str]:
    for name, value in vars(constants).items():
        if name.isupper():
            yield from (value,) if isinstance(value, str) else value


VOCABULARY: Final = frozenset(
    {
        *_words((_KUBERNETES, _ENGLISH)),
        *_words(_constants()),
        *_words(f"{kind.name} {kind.resource.plural} {kind.resource.kind} {kind.resource.group}" for kind in Kind),
        *_words(str(member.value) for enum in _enums() for member in enum),
    }
)


def is_common(word: str) -> bool:
    """Whether the word says nothing about whose cluster it is: of the vocabulary, a number or a version."""
    return len(word) < 2 or not word[0].isalpha() or word.lower() in VOCABULARY or word[1:].isdigit()
