"""The demo page: one original in many shapes, with what was sent beside each."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template
from urllib.parse import quote

from edge.exchange import Reply
from edge.http.answers import text_reply

_HINTS = "Sec-CH-DPR, Sec-CH-Width, Sec-CH-Viewport-Width"
_SIZES = "(max-width: 34rem) 92vw, 17rem"
_WIDTHS = (160, 320, 480, 640, 960)
_SHAPES = (
    ("crop, 4:3", "w=480&h=360&mode=crop"),
    ("pad", "w=480&h=360&mode=pad&bgcolor=224466"),
    ("stretch", "w=480&h=360&mode=stretch"),
    ("a detail", "c=30,30,60,60&w=480"),
    ("turned and mirrored", "w=480&rotate=90&flip=h"),
    ("data saver's quality", "w=480&quality=30"),
)


def demo_page(names: Sequence[str], prefix: str, remote_prefix: str) -> Reply:
    """The page, opting in to Client Hints. `names` are pictures below both prefixes, the first is shown most."""
    addresses = [prefix + quote(name) for name in names]
    page = Template(files("edge.console").joinpath("demo.html").read_text("utf-8"))
    html = page.safe_substitute(
        first=escape(addresses[0], quote=True),
        figures="".join(_responsive(address) for address in addresses),
        hinted="".join(_figure(f"{address}?w=auto:480", f"{address}?w=auto:480", True) for address in addresses[:3]),
        shapes="".join(_figure(f"{addresses[0]}?{query}", f"{told}: ?{query}") for told, query in _SHAPES),
        remote="".join(
            _figure(f"{remote_prefix}{quote(name)}?w=480", f"{remote_prefix}{name}?w=480") for name in names[:3]
        ),
    )
    return text_reply(html, "text/html; charset=utf-8", {"accept-ch": _HINTS, "cache-control": "no-cache"})


def _responsive(address: str) -> str:
    candidates = ", ".join(f"{address}?w={width} {width}w" for width in _WIDTHS)
    return (
        f'<figure><img loading="lazy" alt="" src="{escape(address)}?w=480"'
        f' srcset="{escape(candidates)}" sizes="{_SIZES}">'
        f'<figcaption><b>{escape(address)}</b><span class="told"></span></figcaption></figure>'
    )


def _figure(address: str, told: str, sized: bool = False) -> str:
    sizes = f' sizes="{_SIZES}" srcset="{escape(address)} 480w"' if sized else ""
    return (
        f'<figure><img loading="lazy" alt="" src="{escape(address)}"{sizes}>'
        f'<figcaption><b>{escape(told)}</b><span class="told"></span></figcaption></figure>'
    )
