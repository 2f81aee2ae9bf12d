"""Cache-Status (RFC 9211) and Server-Timing, from a story."""

from edge.exchange import Story

TIERS = ("mem", "disk", "shared")  # a hit that needed no body, for a 304, has none


def cache_status(story: Story) -> str:
    """One member, ours. `hit` and `fwd` exclude each other."""
    parts = ["edge"]
    if story.tier:
        parts.append("hit")
    else:
        parts.append(f"fwd={story.fwd}")
        if story.origin_status:
            parts.append(f"fwd-status={story.origin_status}")
    if story.ttl is not None:
        parts.append(f"ttl={story.ttl}")
    if story.stored:
        parts.append("stored")
    if story.collapsed:
        parts.append("collapsed")
    if story.tier in TIERS:
        parts.append(f"detail={story.tier}")
    return "; ".join(parts)


def server_timing(story: Story) -> str:
    """Milliseconds per phase, in the order of the work."""
    return ", ".join(f"{phase};dur={seconds * 1000:.1f}" for phase, seconds in story.seconds.items())
