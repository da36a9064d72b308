"""`python -m certdash` is the `certdash` command."""

from certdash.cli.main import run

run()
