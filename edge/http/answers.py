"""Replies that the listeners make themselves: problems, JSON, text."""

import json
from collections.abc import Mapping

from edge.errors import EdgeError, GatewayError
from edge.exchange import NO_STORY, Fields, Reply, Story
from edge.http.sending import SERVER, send

__all__ = ["SERVER", "json_reply", "problem", "send", "text_reply"]


def problem(error: EdgeError, story: Story = NO_STORY) -> Reply:
    """RFC 9457, one sentence in `detail`; not to be stored unless the error itself says so. What went wrong with an
    origin is told in Proxy-Status (RFC 9209)."""
    body = {"type": "about:blank", "title": error.title, "status": error.status, "detail": error.sentence}
    fields = {
        "cache-control": "no-store",
        **{name.lower(): value for name, value in error.headers.items()},
        "content-type": "application/problem+json",
        "x-content-type-options": "nosniff",
    }
    if isinstance(error, GatewayError) and (error.error or error.received):
        fields["proxy-status"] = proxy_status(error)
    return Reply(error.status, Fields(fields.items()), json.dumps(body, ensure_ascii=False).encode(), story)


def proxy_status(error: GatewayError) -> str:
    parts = [SERVER]
    if error.error:
        parts.append(f"error={error.error}")
    if error.received:
        parts.append(f"received-status={error.received}")
    return "; ".join(parts)


def json_reply(content: Mapping[str, object], status: int = 200) -> Reply:
    fields = [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
    ]
    return Reply(status, Fields(fields), json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n")


def text_reply(content: str | bytes, media_type: str, fields: Mapping[str, str] | None = None) -> Reply:
    body = content.encode() if isinstance(content, str) else content
    lines = {"content-type": media_type, "x-content-type-options": "nosniff", **(fields or {})}
    return Reply(200, Fields(lines.items()), body)
