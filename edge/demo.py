"""`make demo`: a folder, an HTTP origin, one YAML file, and a page to look at."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from edge.console.demo import Original, demo_page
from edge.exchange import Fields, Reply
from edge.http.answers import send, text_reply
from edge.http.listen import Handler, Listener
from edge.origins.base import Ask
from edge.origins.files import Files
from edge.serving import run, serve_until_stopped
from edge.settings.load import load
from edge.settings.section import Surroundings

HOST = "127.0.0.1"
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif", ".svg")
_LAST = (".gif", ".svg")  # the page shows what the first picture looks like in every format, which suits photographs
_SHOWN = 6
_LOOKED_AT = 20_000  # names in a folder that is no folder of pictures, such as somebody's home
_YAML = """\
# What `make demo` serves; edit a copy of it to begin your own. The origin `web` lives as long as the demo does.
server: {{listen: "{host}:{port}"}}
admin: {{listen: "{host}:{admin_port}"}}
cache:
  memory: 128MiB
  disk: {{path: {cache}, size: 1GiB}}
origins:
  photos: {{type: files, root: {root}}}
  web: {{type: http, url: "{web}/", allow_private: true}}
routes:
  - {{prefix: /photos/, origin: photos}}
  - {{prefix: /web/, origin: web}}
  - {{prefix: /jobs/, dialect: jobs}}
log: {{format: text, level: warning}}
"""


class DemoError(Exception):
    """One sentence why there is no demo, and the exit code to say it with."""

    def __init__(self, sentence: str, code: int = 1) -> None:
        self.code = code
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the demo lives: its two ports, the folder of pictures, and the folder for what it keeps."""

    port: int
    admin_port: int
    photos: Path
    home: Path

    @property
    def cache(self) -> Path:
        """Each folder of pictures has its own, because two folders may hold other pictures of one name."""
        return self.home / "cache" / blake2b(os.fsencode(self.photos), digest_size=6).hexdigest()


def main(port: int, admin_port: int, folder: str, home: Path = Path(".demo")) -> int:
    """Serve `folder`, or painted samples when it is empty, until stopped. Port 0 is any. Returns the exit code."""
    try:
        photos = Path(folder) if folder else home / "photos"
        originals = pictures(photos) if folder else []
        if folder and not originals:
            kinds = ", ".join(_PICTURES)
            raise DemoError(f"Expected pictures ({kinds}) in DIR but found none in {folder}", 2)
        port, admin_port = free_ports(port, admin_port)
        home.mkdir(exist_ok=True)
        if not folder:
            originals = _painted(photos)
        place = Place(port, admin_port, photos.resolve(), home.resolve())
        return run(_serve(place, originals))
    except DemoError as error:
        print(f"edge: {_printable(str(error))}", file=sys.stderr)
        return error.code
    except OSError as error:
        print(f"edge: cannot use {error.filename or home}: {(error.strerror or str(error)).lower()}", file=sys.stderr)
        return 1


def free_ports(port: int, admin_port: int) -> tuple[int, int]:
    """Both, each replaced by a free one where it is 0. Raises DemoError when one cannot be had."""
    with ExitStack() as held:
        found = []
        for name, number in (("PORT", port), ("ADMIN_PORT", admin_port)):
            listening = held.enter_context(socket.socket())
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listening.bind((HOST, number))
                listening.listen()  # else a second bind to the same port would pass
            except OSError as error:
                why = (error.strerror or str(error)).lower()
                raise DemoError(f"cannot listen on {HOST}:{number}: {why}; choose another {name}") from None
            found.append(int(listening.getsockname()[1]))
    return found[0], found[1]


def _painted(folder: Path) -> list[Original]:
    """The samples, painted by a process of their own: libvips stays out of this one."""
    painter = [sys.executable, "-P", "-m", "edge.imaging.samples", str(folder)]
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        subprocess.run(painter, check=True)  # noqa: S603 - our own module
    except subprocess.CalledProcessError as error:
        raise DemoError(f"The sample pictures could not be painted in {folder}") from error
    finally:
        signal.signal(signal.SIGTERM, before)
    return pictures(folder)


def _leave(*_: object) -> None:
    """Ends the painter too, as `subprocess.run` does on its way out."""
    raise SystemExit(1)


def pictures(folder: Path) -> list[Original]:
    """The first pictures below the folder, photographs first. Hidden folders are not looked into."""
    found = sorted(islice(_walk(folder), _SHOWN * 4), key=lambda original: original.name.lower().endswith(_LAST))
    return found[:_SHOWN]


def _walk(folder: Path) -> Iterator[Original]:
    """Every picture that has a URL, in order. The edge follows no links, so neither does this."""
    seen = 0
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(here, name)
            shown = path.relative_to(folder).as_posix()
            if name.lower().endswith(_PICTURES) and _has_url(shown) and path.is_file() and not path.is_symlink():
                yield Original(shown, path.stat().st_size)
        seen += len(names)
        if seen > _LOOKED_AT:
            return


def _has_url(name: str) -> bool:
    """Neither a backslash nor a control character, and UTF-8."""
    return re.search(r"[\\\x00-\x1f\x7f\udc80-\udcff]", name) is None


async def _serve(place: Place, originals: list[Original]) -> int:
    origin = Listener(_static(place.photos), HOST, 0, None, 1.0)
    await origin.start()
    try:
        file, text = place.home / "edge.yaml", _settings_text(place, origin.address)
        file.write_text(text, encoding="utf-8")
        settings = load(text, str(file), {}, Surroundings())
        hints = settings.routes[0].hints
        assert hints is not None, "the demo's routes leave hints on"
        page = demo_page(originals, "/photos/", "/web/", hints.ladder)
        base = f"http://{HOST}:{place.port}"
        lines = ["", "Five URLs to try:", *(f"  {base}{url}" for url in urls(originals[0].name))]
        lines += ["", "And a job, which can do what no URL says:", f"  {job(base, originals[0].name)}"]
        lines += ["", f"Demo page: {base}/demo", f"Settings:  {file}", "", "Ctrl-C ends it."]
        return await serve_until_stopped(settings, {"/demo": page, "/": page}, [_printable(line) for line in lines])
    finally:
        await origin.drain()


def _settings_text(place: Place, web_address: str) -> str:
    text = _YAML.format(
        host=HOST,
        port=place.port,
        admin_port=place.admin_port,
        cache=_quoted(place.cache),
        root=_quoted(place.photos),
        web=web_address,
    )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise DemoError(f"Expected a folder whose name is UTF-8 but received {place.photos}", 2) from None
    return text


def _quoted(path: Path) -> str:
    """As YAML, whatever the folder is called. YAML takes no surrogate pairs, and these few characters only escaped."""
    text = json.dumps(str(path), ensure_ascii=False).replace("${", "$${")
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _printable(text: str) -> str:
    """With a mark for each byte of a name that is no text."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def urls(name: str) -> list[str]:
    """What to try with this picture: a width, a format, a shape, the edge's choice, and the other origin."""
    picture = f"/photos/{quote(name)}"
    return [
        f"{picture}?w=400",
        f"{picture}?w=400&format=webp",
        f"{picture}?w=300&h=300&mode=crop&format=avif",
        f"{picture}?w=auto&format=auto",
        f"/web/{quote(name)}?w=640",
    ]


def job(base: str, name: str) -> str:
    """A command that has a picture mirrored and framed, for a shell."""
    inputs = {"io_id": 0, "direction": "in", "io": {"url": f"/photos/{quote(name)}"}}
    outputs = {"io_id": 1, "direction": "out", "io": "output_buffer"}
    steps = [
        {"command_string": {"kind": "ir4", "value": "w=400&flip=h", "decode": 0}},
        {"expand_canvas": {"left": 9, "top": 9, "right": 9, "bottom": 9, "color": {"srgb": {"hex": "0b6487"}}}},
        {"encode": {"io_id": 1, "preset": {"webplossy": {"quality": 80}}}},
    ]
    text = json.dumps({"io": [inputs, outputs], "framewise": {"steps": steps}}, separators=(",", ":"))
    return f"curl -s -d {shlex.quote(text)} -H 'Accept: image/webp' -o framed.webp {base}/jobs/v1/build"


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
