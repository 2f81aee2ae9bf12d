"""The demo page: originals in many shapes, with what was really sent told beside each.

It opts in to Client Hints by Accept-CH, loads nothing from anywhere else, and its Content-Security-Policy names its own
style and script by their digests.
"""

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import quote

from edge.exchange import Reply
from edge.http.answers import text_reply

HINTS = "Sec-CH-DPR, Sec-CH-Width, Sec-CH-Viewport-Width"
FALLBACK = 480  # pixels
_WIDTHS = (320, 480, 640, 960, 1280)
_HERO_WIDTHS = (640, 960, 1280, 1920, 2560)
_SIZES = "(max-width: 39rem) 92vw, (max-width: 61rem) 46vw, 22rem"
_SHAPES = (
    ("cut to a square", "w=480&h=480&mode=crop"),
    ("padded", "w=480&h=480&mode=pad&bgcolor=0b6487"),
    ("stretched", "w=240&h=480&mode=stretch"),
    ("a detail", "c=35,35,65,65&w=480"),
    ("turned and mirrored", "w=480&rotate=90&flip=h"),
    ("quality 10", "w=480&quality=10&format=jpeg"),
)
_CHIPS = (
    "?w=400",
    "?w=300&h=300&mode=crop",
    "?w=400&format=png",
    "?w=auto:800",
    "?w=400&rotate=180",
    "/no/such",
)


@dataclass(frozen=True, slots=True)
class Original:
    """A picture to show: its name below both prefixes, and its length in bytes."""

    name: str
    length: int

    @property
    def alt(self) -> str:
        return self.name.rpartition("/")[2].rpartition(".")[0] or self.name


def demo_page(originals: Sequence[Original], prefix: str, remote_prefix: str, ladder: Sequence[int]) -> Reply:
    """The page. The first original is shown most; `ladder` is the route's, which the page explains."""
    first, address = originals[0], prefix + quote(originals[0].name)
    page = Template(files("edge.console").joinpath("demo.html").read_text("utf-8"))
    html = page.safe_substitute(
        first=escape(address),
        ladder=" ".join(map(str, ladder)),
        fallback=FALLBACK,
        hints=HINTS,
        hero=_hero(address, first),
        gallery="".join(_responsive(prefix + quote(original.name), original) for original in originals),
        hinted="".join(_hinted(prefix + quote(original.name), original) for original in originals[:3]),
        shapes="".join(_fixed(f"{address}?{query}", told, first) for told, query in _SHAPES),
        remote="".join(
            _fixed(f"{remote_prefix}{quote(original.name)}?w=480&h=360&mode=crop", original.name, original)
            for original in originals[:3]
        ),
        chips="".join(
            f'<button type="button" data-query="{escape(query)}">{escape(query)}</button>' for query in _CHIPS
        ),
    )
    fields = {"accept-ch": HINTS, "cache-control": "no-cache", "content-security-policy": _policy(html)}
    return text_reply(html, "text/html; charset=utf-8", fields)


def _policy(html: str) -> str:
    """Nothing but this edge, and of inline text only what stands in the page."""
    style, script = (
        b64encode(sha256(re.findall(rf"<{tag}>(.*?)</{tag}>", html, re.DOTALL)[0].encode()).digest()).decode()
        for tag in ("style", "script")
    )
    return (
        f"default-src 'none'; img-src 'self' data: blob:; connect-src 'self'; style-src 'sha256-{style}'; "
        f"script-src 'sha256-{script}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


def _srcset(address: str, widths: Sequence[int], across: int, down: int) -> str:
    """Candidates of one shape, `across` to `down`."""
    return ", ".join(
        f"{address}?w={width}&amp;h={round(width * down / across)}&amp;mode=crop {width}w" for width in widths
    )


def _hero(address: str, original: Original) -> str:
    return (
        f'<img alt="{escape(original.alt)}" src="{escape(address)}?w=960&amp;h=420&amp;mode=crop"'
        f' srcset="{_srcset(escape(address), _HERO_WIDTHS, 16, 7)}" sizes="(max-width: 72rem) 92vw, 68rem">'
        f"{_caption(original.name)}"
    )


def _responsive(address: str, original: Original) -> str:
    return (
        f'<figure><img loading="lazy" alt="{escape(original.alt)}" data-original="{original.length}"'
        f' src="{escape(address)}?w=480&amp;h=360&amp;mode=crop" srcset="{_srcset(escape(address), _WIDTHS, 4, 3)}"'
        f' sizes="{_SIZES}">{_caption(original.name, f"original {_size(original.length)}")}</figure>'
    )


def _hinted(address: str, original: Original) -> str:
    """`sizes=auto` on a lazy picture makes Sec-CH-Width the layout's own width."""
    query = f"w=auto:{FALLBACK}"
    return (
        f'<figure><img loading="lazy" data-hinted alt="{escape(original.alt)}" sizes="auto, 50vw"'
        f' src="{escape(address)}?{query}">{_caption(original.name, f"?{query}")}</figure>'
    )


def _fixed(address: str, told: str, original: Original) -> str:
    query = address.partition("?")[2]
    return (
        f'<figure><img loading="lazy" alt="{escape(original.alt)}, {escape(told)}" src="{escape(address)}">'
        f"{_caption(told, f'?{query}')}</figure>"
    )


def _caption(title: str, note: str = "") -> str:
    code = f"<code>{escape(note)}</code>" if note else ""
    return f'<figcaption><b>{escape(title)}</b>{code}<span class="told"></span></figcaption>'


def _size(length: int) -> str:
    """As the page's script writes sizes."""
    if length < 1000:
        return f"{length} B"
    return f"{length / 1e3:.0f} kB" if length < 1e6 else f"{length / 1e6:.1f} MB"
