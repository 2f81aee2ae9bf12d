"""What raw routes may say. They hand on what their origin answers, so whatever shapes pictures means nothing there:
who writes it expects something that would not happen, and is told so."""

from edge.settings.document import Tree
from edge.settings.report import Place, Report, dotted

# What each key is about, for the sentence. A key that asks for nothing (null, off, false, "", []) may stand there.
_OF_PICTURES: dict[str, str] = {
    "compat": "speaks of RIAPI",
    "queryless": "speaks of pictures",
    "presets_only": "speaks of presets",
    "defaults": "speaks of a picture's query",
    "overrides": "speaks of a picture's query",
    "formats": "chooses formats of pictures",
    "animated_formats": "chooses formats of pictures",
    "auto_format": "chooses formats of pictures",
    "quality": "encodes pictures",
    "light": "mixes pixels",
    "metadata": "encodes pictures",
    "gamut": "encodes pictures",
    "hints": "chooses widths of pictures",
    "ignore_no_transform": "transforms pictures",
    "downstream": "speaks of negotiated pictures",
}
_NOTHING: tuple[Tree, ...] = ("", "off", "false", None, [], {})
_MODES = "off, optional or required"


def check_raw(place: Place, route: dict[str, Tree], report: Report) -> None:
    """Sentences about one route, raw or not."""
    if route.get("dialect") != "raw":
        _only_raw(place, route, report)
        return
    for key, about in _OF_PICTURES.items():
        if route.get(key) not in _NOTHING:
            asked = (*place, key)
            words = f"{about}, and dialect: raw hands on what the origin sends; take the key away"
            report.say(asked, f"{dotted(asked)} {words}")
    signature = route.get("signature")
    if isinstance(signature, dict) and signature.get("mode") == "processed":
        asked = (*place, "signature", "mode")
        words = "a raw route never processes, so nothing would ever need a signature"
        report.say(asked, f"Expected {_MODES} for {dotted(asked)} but received 'processed': {words}")


def _only_raw(place: Place, route: dict[str, Tree], report: Report) -> None:
    cookies = route.get("set_cookie")
    if cookies in ("store", "bypass"):
        asked = (*place, "set_cookie")
        words = "a picture never carries its origin's cookies, so only raw routes may have it"
        report.say(asked, f"{dotted(asked)} is {cookies}, but {words}")
