"""`make demo`: a folder, an HTTP origin, one YAML file, and a page to look at."""

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from edge.app import run, serve_until_stopped
from edge.console.demo import demo_page
from edge.exchange import Fields, Reply
from edge.http.answers import send, text_reply
from edge.http.listen import Handler, Listener
from edge.origins.base import Ask
from edge.origins.files import Files
from edge.settings.load import load
from edge.settings.section import Surroundings

_PICTURES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif", ".tif", ".tiff", ".svg"}
_SHOWN = 8
_YAML = """\
# What `make demo` serves; edit a copy of it to begin your own.
server: {{listen: "127.0.0.1:{port}"}}
admin: {{listen: "127.0.0.1:{admin_port}"}}
cache:
  memory: 128MiB
  disk: {{path: {cache}, size: 1GiB}}
origins:
  photos: {{type: files, root: {root}}}
  web: {{type: http, url: "{web}/", allow_private: true}}
routes:
  - {{prefix: /photos/, origin: photos}}
  - {{prefix: /web/, origin: web}}
log: {{format: text, level: warning}}
"""


def main(port: int, admin_port: int, folder: str, home: Path = Path(".demo")) -> int:
    """Serve `folder`, or painted samples when it is empty, until stopped. Returns the exit code."""
    photos = Path(folder) if folder else home / "photos"
    if not folder:
        print("Painting sample pictures …", flush=True)
        painter = [sys.executable, "-P", "-m", "edge.imaging.samples", str(photos)]
        subprocess.run(painter, check=True)  # noqa: S603 - our own module; libvips stays out of this process
    names = pictures(photos)
    if not names:
        print(f"edge: no pictures in {photos}", file=sys.stderr)
        return 2
    home.mkdir(exist_ok=True)
    return run(_serve(port, admin_port, photos.resolve(), names, home.resolve()))


def pictures(folder: Path) -> list[str]:
    """Names of the first pictures below the folder."""
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _PICTURES and path.is_file())
    return [path.relative_to(folder).as_posix() for path in found[:_SHOWN]]


async def _serve(port: int, admin_port: int, photos: Path, names: list[str], home: Path) -> int:
    origin = Listener(_static(photos), "127.0.0.1", 0, None, 1.0)
    await origin.start()
    try:
        text = _YAML.format(
            port=port, admin_port=admin_port, cache=_quoted(home / "cache"), root=_quoted(photos), web=origin.address
        )
        (home / "edge.yaml").write_text(text, encoding="utf-8")
        page = demo_page(names, "/photos/", "/web/")
        base = f"http://127.0.0.1:{port}"
        lines = [f"  {base}{url}" for url in _urls(names[0])]
        hint = ["Five URLs to try:", *lines, "", f"Demo page: {base}/demo", f"Settings:  {home / 'edge.yaml'}", ""]
        settings = load(text, "edge.yaml", {}, Surroundings())
        return await serve_until_stopped(settings, {"/demo": page, "/": page}, hint)
    finally:
        await origin.drain()


def _quoted(path: Path) -> str:
    """As YAML, whatever the folder is called."""
    return json.dumps(str(path)).replace("${", "$${")


def _urls(name: str) -> list[str]:
    picture = f"/photos/{quote(name)}"
    return [
        f"{picture}?w=400",
        f"{picture}?w=400&format=webp",
        f"{picture}?w=300&h=300&mode=crop&format=avif",
        f"{picture}?w=auto&format=auto",
        f"/web/{quote(name)}?w=640",
    ]


def _static(folder: Path) -> Handler:
    """The other server: plain files over HTTP, cacheable for a minute."""
    files = Files("files", folder, 1 << 30)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        asked = Fields(request.headers.items())
        reply = await files.fetch(Ask(request.path.lstrip("/"), headers=asked))
        body = b"".join([chunk async for chunk in reply.body()])
        await reply.close()
        answer = text_reply(body, reply.headers.get("content-type") or "application/octet-stream")
        told = Fields((*answer.headers, *reply.headers.without("content-type"), ("cache-control", "max-age=60")))
        return await send(request, Reply(reply.status, told, body), asked)

    return handle
