"""When Python looks for garbage: not while it starts. What is imported stays, and to go through it again and again
costs a tenth of the start."""

import gc


def hold() -> None:
    """Look for none until `resume`. A command that soon ends needs no `resume`."""
    gc.disable()


def resume() -> None:
    """Look for garbage from now on, among what is new."""
    gc.freeze()
    gc.enable()
