"""What can be wrong with an expression."""


class CelSyntaxError(ValueError):
    """Not an expression, or one with parts that are not understood here."""


class CelError(ValueError):
    """The expression can't be evaluated on these values."""
