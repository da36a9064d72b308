"""The part of the Common Expression Language that admission conditions are written in.

Literals, lists and maps, field and index access, has(), comparison, arithmetic on numbers and texts, `in`, the
logical operators with CEL's tolerance of errors in the other operand, `?:`, size(), the functions on texts, and the
macros all, exists, exists_one, filter and map. Optional syntax (`?.`, orValue) is not understood.
Source: the language definition of cel-spec, and "Common Expression Language in Kubernetes" of the documentation.
"""

from certdash.certmanager.cel.errors import CelError, CelSyntaxError
from certdash.certmanager.cel.parser import Expression, parse

__all__ = ["CelError", "CelSyntaxError", "Expression", "parse"]
