"""Everything that certdash and kubectl ask of an API server, by subject."""

from tests.contract.scripts import identities, reading, validation, watching, writing

BY_SUBJECT = {
    "reading": reading.SCRIPTS,
    "watching": watching.SCRIPTS,
    "writing": writing.SCRIPTS,
    "identities": identities.SCRIPTS,
    "validation": validation.SCRIPTS,
}
