"""What is said of a made-up cluster."""

from certdash.diagnosis.diagnose import diagnose
from certdash.model.diagnosis import Diagnosis
from tests.unit.scenario_cluster import NOW, Cluster


def said_of(cluster: Cluster) -> Diagnosis:
    """What is said of a made-up cluster at NOW."""
    return diagnose(cluster.snapshot(), NOW)
