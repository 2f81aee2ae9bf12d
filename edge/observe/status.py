"""Cache-Status (RFC 9211) and Server-Timing, from a story."""

import re

from edge.exchange import Story

TIERS = ("mem", "disk", "shared")  # a hit that needed no body, for a 304, has none
_TOKEN = re.compile(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*")
_UNSAID = re.compile(r"[^\x20-\x7e]")


def cache_status(story: Story) -> str:
    """One member, ours. `hit` and `fwd` exclude each other, and what only a forwarded request has goes with `fwd`."""
    parts = ["edge", *(("hit",) if story.tier else _forwarded(story))]
    if story.ttl is not None:
        parts.append(f"ttl={story.ttl}")
    if story.stored and not story.tier:
        parts.append("stored")
    if story.collapsed and not story.tier:
        parts.append("collapsed")
    detail = story.detail or (story.tier if story.tier in TIERS else "")
    if detail:
        parts.append(f"detail={bare_item(detail)}")
    return "; ".join(parts)


def _forwarded(story: Story) -> tuple[str, ...]:
    told = f"fwd={bare_item(story.fwd)}"
    return (told, f"fwd-status={story.origin_status}") if story.origin_status else (told,)


def bare_item(text: str) -> str:
    """A token where it can be one, else a string (RFC 9651 §3.3.3, §3.3.4)."""
    if _TOKEN.fullmatch(text):
        return text
    said = _UNSAID.sub("?", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{said}"'


def server_timing(story: Story) -> str:
    """Milliseconds per phase, in the order of the work, and beside them what a worker's were predicted to be."""
    told = [f"{phase};dur={seconds * 1000:.1f}" for phase, seconds in story.seconds.items()]
    if story.predicted:
        told.append(f"predicted;dur={story.predicted * 1000:.1f}")
    return ", ".join(told)
