"""The command line. Exit codes: 0 fine, 1 failed while running, 2 wrong usage or configuration.

Everything heavy is imported by the command that needs it, so that --help and --version answer at once.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge import __version__

if TYPE_CHECKING:
    from edge.routing.signing import Key
    from edge.settings import Listen, Settings

DEFAULT_FILE = "edge.yaml"
FINE, FAILED, WRONG = 0, 1, 2

# Commands that come later. They are known, so that nobody looks for a spelling mistake.
LATER = ("purge", "warm", "tool", "imaginary", "migrate", "bench")


class Wrong(Exception):
    """Wrong usage or configuration: the sentences to print before exit code 2."""

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        super().__init__("\n".join(sentences))


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in LATER:
        return _complain(f"edge {words[0]} is not supported yet")
    try:
        args = _parser().parse_args(words)
        run: Callable[[argparse.Namespace], int] = args.run
        return run(args)
    except Wrong as wrong:
        return _complain(*wrong.sentences)
    except SystemExit as end:  # argparse's way to answer --help and wrong usage
        return end.code if isinstance(end.code, int) else WRONG
    except KeyboardInterrupt:
        return FAILED


def _complain(*sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return WRONG


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="edge",
        description="A caching image CDN edge: the right size and format for each device, from one YAML file.",
        epilog=f"Not supported yet: {', '.join(LATER)}.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"edge {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (purpose, fill, run) in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose, allow_abbrev=False)
        fill(command)
        command.set_defaults(run=run)
    return parser


# Reading -------------------------------------------------------------------------------------------------------------


def read_settings(file: str, folders: bool = True) -> "Settings":
    """Settings of a configuration file, its folders looked at unless another machine is meant. Raises Wrong."""
    from edge.settings import BadSettings, Surroundings, load

    path = Path(file)
    try:
        with path.open("rb") as stream:
            text = stream.read(2 << 20)  # load refuses what is longer than 1 MiB
        base = str(path.absolute().parent)
    except OSError as error:
        hint = "; `edge init` prints one to start from" if isinstance(error, FileNotFoundError) else ""
        raise Wrong(f"{file}: cannot be read: {error.strerror}{hint}") from None
    around = Surroundings(base, _secret_text, folder_problem if folders else None, sizes_problem)
    try:
        return load(text, file, os.environ, around)
    except BadSettings as bad:
        raise Wrong(*bad.sentences) from None


def sizes_problem(text: str) -> str | None:
    """Why hints.sizes cannot be read, or None."""
    from edge.negotiate.delivery import parse_sizes

    try:
        parse_sizes(text)
    except ValueError as error:
        return str(error)
    return None


def _secret_text(path: str) -> str:
    with Path(path).open("rb") as stream:
        return stream.read(64 << 10).decode("utf-8")


def folder_problem(path: str) -> str | None:
    """What keeps this from being a folder of pictures."""
    folder = Path(path)
    if not folder.exists():
        return "does not exist"
    if not folder.is_dir():
        return "is not a folder"
    return None if os.access(folder, os.R_OK | os.X_OK) else "cannot be read"


def _address(text: str, option: str) -> "Listen":
    from edge.settings import Listen

    try:
        return Listen.parse(text)
    except ValueError as error:
        raise Wrong(f"Expected {error} for {option} but received {text!r}") from None


# Commands ------------------------------------------------------------------------------------------------------------


def _serve_options(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--config", metavar="FILE", help=f"the configuration (default: {DEFAULT_FILE})")
    what.add_argument("--dir", metavar="FOLDER", help="serve this folder's pictures at /, no configuration needed")
    parser.add_argument("--listen", metavar="HOST:PORT", help="listen here instead")
    parser.add_argument("--admin", metavar="HOST:PORT", help="admin listener here instead; none turns it off")
    parser.add_argument("--mount", metavar="MOUNT", action="append", help=argparse.SUPPRESS)


def _serve(args: argparse.Namespace) -> int:
    if args.mount:
        raise Wrong("edge serve --mount is not supported yet")
    settings = serve_settings(args.config, args.dir, args.listen, args.admin)
    from edge.app import serve

    return serve(settings)


def serve_settings(config: str | None, folder: str | None, listen: str | None, admin: str | None) -> "Settings":
    """What `edge serve` with these options serves."""
    settings = read_settings(config or DEFAULT_FILE) if folder is None else _folder_settings(folder)
    public = _address(listen, "--listen") if listen is not None else settings.server.listen
    private = settings.admin.listen
    if admin is not None:
        private = None if admin == "none" else _address(admin, "--admin")
    settings = settings.listening(public, private)
    from edge.settings import admin_problem

    problem = admin_problem(settings.admin)
    if problem:
        raise Wrong(f"admin.token {problem}")
    return settings


def _folder_settings(folder: str) -> "Settings":
    from edge.settings import Settings

    problem = folder_problem(folder)
    if problem:
        raise Wrong(f"--dir: the folder {folder} {problem}")
    return Settings.for_folder(str(Path(folder).absolute()))


def _demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", metavar="PORT", type=_port, default=8080, help="default: 8080")
    parser.add_argument("--admin-port", metavar="PORT", type=_port, default=8081, help="default: 8081")
    parser.add_argument("--dir", metavar="FOLDER", default="", help="your pictures instead of samples")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"Expected a port from 0 to 65535 but received {text!r}")
    return int(text)


def _demo(args: argparse.Namespace) -> int:
    problem = folder_problem(args.dir) if args.dir else None
    if problem:
        raise Wrong(f"--dir: the folder {args.dir} {problem}")
    from edge.demo import main as demo

    return int(demo(args.port, args.admin_port, args.dir))


def _check_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", default=DEFAULT_FILE, help=f"default: {DEFAULT_FILE}")
    parser.add_argument("--live", action="store_true", help="also ask each origin")


def _check(args: argparse.Namespace) -> int:
    settings = read_settings(args.file)
    if args.live:
        from edge.doctor import silent_origins

        silent = silent_origins(settings)
        if silent:
            raise Wrong(*(f"{args.file}: {sentence}" for sentence in silent))
    print(f"{args.file}: fine, {_counted(len(settings.routes), 'route')}, {_counted(len(settings.origins), 'origin')}")
    return FINE


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def _no_options(parser: argparse.ArgumentParser) -> None:
    """Nothing to say."""


def _config_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", default=DEFAULT_FILE, help=f"default: {DEFAULT_FILE}")


def _init(args: argparse.Namespace) -> int:
    from importlib import resources

    sys.stdout.write(resources.files("edge.settings").joinpath("default.yaml").read_text(encoding="utf-8"))
    return FINE


def _schema(args: argparse.Namespace) -> int:
    from edge.settings.schema import schema_text

    sys.stdout.write(schema_text())
    return FINE


def _doctor_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help=f"look at its cache too (default: {DEFAULT_FILE}, if there)")


def _doctor(args: argparse.Namespace) -> int:
    from edge.doctor import examine

    file = args.config or (DEFAULT_FILE if Path(DEFAULT_FILE).exists() else None)
    findings = examine(read_settings(file) if file else None)
    for finding in findings:
        print(finding)
    return FAILED if any(finding.level == "fail" for finding in findings) else FINE


def _nginx(args: argparse.Namespace) -> int:
    from edge.front import nginx

    sys.stdout.write(nginx(read_settings(args.config, folders=False)))
    return FINE


def _sign_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="a path with its query, or an absolute URL")
    parser.add_argument("--key", metavar="NAME", help="sign with this key, and name it in the URL")
    parser.add_argument("--expires", metavar="TIME", help="how long the URL holds: 30m, 1h, 7d (default: for ever)")
    parser.add_argument("--scheme", choices=("edge", "imageflow", "imaginary"), default="edge")
    _config_option(parser)


def _sign(args: argparse.Namespace) -> int:
    if args.scheme != "edge":
        raise Wrong(f"edge sign --scheme {args.scheme} is not supported yet")
    from edge.errors import EdgeError
    from edge.routing.signing import sign

    settings = read_settings(args.config, folders=False)
    key = _signing_key(settings, args.url, args.key)
    try:
        print(sign(args.url, key, _expiry(args.expires), kid=args.key is not None))
    except EdgeError as error:
        raise Wrong(error.sentence) from None
    except ValueError as error:
        raise Wrong(str(error)) from None
    return FINE


def _expiry(text: str | None) -> float | None:
    import time

    from edge.settings.units import parse_duration

    try:
        return None if text is None else time.time() + parse_duration(text)
    except ValueError as error:
        raise Wrong(f"Expected {error} for --expires but received {text!r}") from None


def _signing_key(settings: "Settings", url: str, name: str | None) -> "Key":
    """The named key; else the first of the URL's route; else main; else the only one there is."""
    from edge.routing.signing import Key
    from edge.settings.report import listed, nearest

    keys = settings.signing.keys
    if not keys:
        raise Wrong("signing.keys defines no key to sign with")
    name = name or next((known for known in _route_keys(settings, url) if known in keys), None)
    name = name or ("main" if "main" in keys else next(iter(keys)) if len(keys) == 1 else None)
    if name is None:
        raise Wrong(f"Expected --key to name {listed(keys)}")
    if name not in keys:
        raise Wrong(f"--key names {name!r}, which signing.keys does not define{nearest(name, keys)}")
    secret, public, private = keys[name].material
    return Key(name, secret, None if private else public, private, keys[name].not_after)


def _route_keys(settings: "Settings", url: str) -> tuple[str, ...]:
    """Names of the keys that the route of this URL tries; none where no route asks for a signature."""
    from urllib.parse import unquote, urlsplit

    from edge.errors import NotFound
    from edge.routing.prefixes import RouteMap

    try:
        parts = urlsplit(url)
        route, _ = RouteMap(settings.routes).match(unquote(parts.path), parts.hostname or "")
    except (NotFound, ValueError):
        return ()
    return route.signature.keys if route.signature.mode != "off" else ()


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]] = {
    "serve": ("serve pictures", _serve_options, _serve),
    "demo": ("serve sample pictures, and print URLs to try", _demo_options, _demo),
    "check": ("validate a configuration", _check_options, _check),
    "init": ("print the annotated default configuration", _no_options, _init),
    "schema": ("print the JSON Schema of the configuration", _no_options, _schema),
    "sign": ("print the signed URL", _sign_options, _sign),
    "nginx": ("print the nginx configuration that fronts this one", _config_option, _nginx),
    "doctor": ("say what this machine can do", _doctor_options, _doctor),
}
