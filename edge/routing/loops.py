"""The traces a message leaves on its way: Via (RFC 9110 §7.6.3), CDN-Loop (RFC 8586), Max-Forwards (§7.6.2).

An edge may stand behind an edge: a shield is no loop. So each installation has a pseudonym of its own, which its
serving processes share, and a loop is a request that bears it. What only looks like a long chain of edges is refused
at a length that no installation has.
"""

import re
import secrets
from hashlib import blake2b

from edge.exchange import Fields

FAMILY = "image-edge"
PSEUDONYM = f"{FAMILY}-{secrets.token_hex(4)}"  # of this process, until the composition root says better
_OURS = re.compile(rf"\b{FAMILY}-[0-9a-f]{{8}}\b", re.ASCII)
_LONGEST = 8  # edges of ours in a row
_VIA = f"1.1 {FAMILY}"
_COUNTED = ("OPTIONS", "TRACE")


def pseudonym_of(whose: str) -> str:
    """The same for all that name the same installation."""
    return f"{FAMILY}-{blake2b(whose.encode(), digest_size=4).hexdigest()}"


def is_loop(fields: Fields, pseudonym: str = PSEUDONYM) -> bool:
    """Has this request passed here before? A comma within a quoted parameter counts as a boundary too: a stranger
    could otherwise open a quotation that swallows our own mark."""
    said = fields.get("cdn-loop")
    if said is None:
        return False
    marks = [member.partition(";")[0].strip(' \t"').lower() for member in said.split(",")]
    return pseudonym.lower() in marks or sum(mark.startswith(f"{FAMILY}-") for mark in marks) > _LONGEST


def marks_of_ours(fields: Fields) -> tuple[str, ...]:
    """The last edges like this one that a request has passed, four at most. Nothing else of the field is fit to travel
    in a question whose answer many share: whoever made another cache believe in a loop would deny it to all."""
    said = fields.get("cdn-loop")
    return () if said is None else tuple(_OURS.findall(said))[-4:]


def onward(fields: Fields, pseudonym: str = PSEUDONYM, method: str = "GET") -> Fields:
    """What a request that is passed on says in place of its own fields of these names."""
    lines = [("via", _appended(fields.get("via"), _VIA)), ("cdn-loop", _appended(fields.get("cdn-loop"), pseudonym))]
    left = forwards_left(fields)
    if left and method in _COUNTED:
        lines.append(("max-forwards", str(left - 1)))
    return Fields(lines)


def backward(fields: Fields) -> Fields:
    """What an answer that is passed back says in place of its own Via."""
    return Fields([("via", _appended(fields.get("via"), _VIA))])


def forwards_left(fields: Fields) -> int | None:
    """Max-Forwards, None when it is absent or no number. 0 = to be answered here."""
    said = (fields.get("max-forwards") or "").strip(" \t")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 9 else None


def _appended(said: str | None, mark: str) -> str:
    return f"{said}, {mark}" if said else mark
