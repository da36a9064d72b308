"""Codes are stable and complete: each that a check speaks is explained, and each that is explained is spoken."""

import re
from pathlib import Path

from certdash import actions, diagnosis
from certdash.certmanager import issuance
from certdash.diagnosis.catalogue import CATALOGUE


def test_every_code_is_explained_and_spoken() -> None:
    roots = [Path(str(package.__file__)).parent for package in (diagnosis, issuance, actions)]
    sources = [p for root in roots for p in root.rglob("*.py") if "catalogue" not in p.parts]
    spoken = {code for path in sources for code in re.findall(r'"(CD\d{4})"', path.read_text())}
    assert spoken == set(CATALOGUE)


def test_codes_are_unique_and_in_order() -> None:
    root = Path(diagnosis.__file__).parent / "catalogue"
    told = [code for path in root.glob("*.py") for code in re.findall(r'"(CD\d{4})", Rank', path.read_text())]
    assert len(told) == len(set(told)) == len(CATALOGUE)
