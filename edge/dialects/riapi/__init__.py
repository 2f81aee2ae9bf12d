"""RIAPI: the query string of ImageResizer and Imageflow (`w=400&h=300&mode=crop&format=webp`).

Nothing in a query is an error: what is unknown, doubled, invalid or without effect becomes a notice and counts as
absent. Ours besides: `w=auto`, `w=auto:640`, `dpr=auto`, `format=auto`, `quality=auto` ask the edge to choose,
`c.gravity=smart`, `crop=smart` and `c.focus` say where a crop lies, `format=json` asks what is known of the picture,
and the keys of `EXTENSIONS`.
"""

from edge.dialects.riapi.keys import EXTENSIONS, KEYS
from edge.dialects.riapi.wish import parse

__all__ = ["EXTENSIONS", "KEYS", "parse"]
