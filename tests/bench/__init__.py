"""Speed and size of certdash, each figure beside a reference measured in the same run. Never collected by pytest.

    python -m tests.bench            # everything, and the README's table
    python -m tests.bench.one_shot   # one of them

Nothing here fails because of a clock: the figures are printed, people judge them. All times come from
CLOCK_MONOTONIC, which is the same in every process of the machine.
"""
