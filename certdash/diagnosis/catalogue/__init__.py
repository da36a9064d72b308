"""The catalogue of findings: what each code means. Codes are stable; a code that goes is not used again."""

from collections.abc import Mapping
from types import MappingProxyType

from certdash.diagnosis.catalogue.calls import CALLS
from certdash.diagnosis.catalogue.cluster import CLUSTER
from certdash.diagnosis.catalogue.entry import CatalogueEntry, Rank
from certdash.diagnosis.catalogue.install import INSTALL
from certdash.diagnosis.catalogue.issuance import ISSUANCE

CATALOGUE: Mapping[str, CatalogueEntry] = MappingProxyType({e.code: e for e in (*CLUSTER, *INSTALL, *CALLS, *ISSUANCE)})

__all__ = ["CATALOGUE", "CatalogueEntry", "Rank"]
