"""`${NAME}` and `${NAME:-default}` in a scalar, read from the environment. `$${` is a literal `${`.

As in a shell, `:-` counts an empty variable as unset. What comes out is never read as YAML again.
"""

import re
from collections.abc import Mapping

_MARK = re.compile(r"(?P<escaped>\$\$\{)|\$\{(?P<inside>[^{}]*)\}|(?P<open>\$\{)")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL)


def interpolate(text: str, environ: Mapping[str, str]) -> str:
    """The text with every mark replaced. Raises ValueError with the rest of a sentence."""

    def replaced(mark: re.Match[str]) -> str:
        if mark["escaped"]:
            return "${"
        inside = _INSIDE.fullmatch(mark["inside"] or "")
        if mark["open"] or not inside:
            raise ValueError("holds a ${ that is neither ${NAME} nor ${NAME:-default}; write $${ for a literal one")
        return _value(inside["name"], inside["default"], environ)

    return _MARK.sub(replaced, text)


def _value(name: str, default: str | None, environ: Mapping[str, str]) -> str:
    value = environ.get(name)
    if value or (value is not None and default is None):
        return value
    if default is None:
        raise ValueError(f"wants the environment variable {name}, which is not set and has no default (${{{name}:-…}})")
    return default
