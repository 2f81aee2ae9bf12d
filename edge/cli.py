"""The command line. Exit codes: 0 fine, 1 failed while running, 2 wrong usage or configuration.

Everything heavy is imported by the command that needs it, so that --help and --version answer at once.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from edge import __version__
from edge.commands import ACCEPT, ADMIN, EDGE, FAILED, FINE, MOST_AT_ONCE, WRONG, Ended, Failed, Wrong, counted

if TYPE_CHECKING:
    from edge.settings import Settings

DEFAULT_FILE = "edge.yaml"

# Commands that come later. They are known, so that nobody looks for a spelling mistake.
LATER = ("imaginary", "migrate", "bench")


def main(argv: Sequence[str] | None = None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in LATER:
        return _complain(WRONG, f"edge {words[0]} is not supported yet")
    try:
        args = parser().parse_args(words, argparse.Namespace(words=words))
        run: Callable[[argparse.Namespace], int] = args.run
        return run(args)
    except Ended as ended:
        return _complain(ended.code, *ended.sentences)
    except SystemExit as end:  # argparse's way to answer --help and wrong usage
        return end.code if isinstance(end.code, int) else WRONG
    except KeyboardInterrupt:
        return FAILED


def _complain(code: int, *sentences: str) -> int:
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return code


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="edge",
        description="A caching image CDN edge: the right size and format for each device, from one YAML file.",
        epilog=f"Not supported yet: {', '.join(LATER)}.",
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"edge {__version__}")
    commands = whole.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (purpose, fill, run) in COMMANDS.items():
        command = commands.add_parser(name, help=purpose, description=purpose, allow_abbrev=False)
        fill(command)
        command.set_defaults(run=run)
    return whole


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
    from edge.serving import serve

    return serve(settings)


def serve_settings(config: str | None, folder: str | None, listen: str | None, admin: str | None) -> "Settings":
    """What `edge serve` with these options serves."""
    from edge.commands.reading import folder_settings, listener, read_settings

    settings = read_settings(config or DEFAULT_FILE) if folder is None else folder_settings(folder)
    public = listener(listen, "--listen") if listen is not None else settings.server.listen
    private = settings.admin.listen
    if admin is not None:
        private = None if admin == "none" else listener(admin, "--admin")
    settings = settings.listening(public, private)
    from edge.settings import admin_problem

    problem = admin_problem(settings.admin)
    if problem:
        raise Wrong(f"admin.token {problem}")
    return settings


def _demo_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", metavar="PORT", type=_port, default=8080, help="default: 8080")
    parser.add_argument("--admin-port", metavar="PORT", type=_port, default=8081, help="default: 8081")
    parser.add_argument("--dir", metavar="FOLDER", default="", help="your pictures instead of samples")


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"Expected a port from 0 to 65535 but received {text!r}")
    return int(text)


def _demo(args: argparse.Namespace) -> int:
    from edge.commands.reading import refuse_folder

    if args.dir:
        refuse_folder(args.dir)
    from edge.demo import main as demo

    return int(demo(args.port, args.admin_port, args.dir))


def _check_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", nargs="?", default=DEFAULT_FILE, help=f"default: {DEFAULT_FILE}")
    parser.add_argument("--live", action="store_true", help="also ask each origin")


def _check(args: argparse.Namespace) -> int:
    from edge.commands.reading import read_settings

    settings = read_settings(args.file)
    if args.live:
        from edge.doctor import silent_origins

        silent = silent_origins(settings)
        if silent:
            raise Wrong(*(f"{args.file}: {sentence}" for sentence in silent))
    print(f"{args.file}: fine, {counted(len(settings.routes), 'route')}, {counted(len(settings.origins), 'origin')}")
    return FINE


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
    parser.add_argument(
        "--calibrate", action="store_true", help="measure this machine, so that work is predicted well; takes a minute"
    )


def _calibrate() -> int:
    from edge.calibration.calibrating import calibrate, summary
    from edge.calibration.kept import place

    try:
        made = calibrate(lambda what: print(what, file=sys.stderr, flush=True))
    except OSError as error:
        raise Failed(f"The machine could not be calibrated: {error}") from None
    print(summary(made))
    print(f"written to {place()}")
    return FINE


def _doctor(args: argparse.Namespace) -> int:
    if args.calibrate:
        return _calibrate()
    from edge.commands.reading import read_settings
    from edge.doctor import examine

    file = args.config or (DEFAULT_FILE if Path(DEFAULT_FILE).exists() else None)
    findings = examine(read_settings(file) if file else None)
    for finding in findings:
        print(finding)
    return FAILED if any(finding.level == "fail" for finding in findings) else FINE


def _nginx(args: argparse.Namespace) -> int:
    from edge.commands.reading import read_settings
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
    from edge.commands.sign import run

    return run(args)


def _admin_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--admin", metavar="URL", help=f"the admin listener, also unix:/path (default: {ADMIN})")
    parser.add_argument("--token", metavar="TOKEN", help="its token (default: EDGE_ADMIN_TOKEN, EDGE_ADMIN_TOKEN_FILE)")
    parser.add_argument("--config", metavar="FILE", help="take both from this configuration")


def _purge_options(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--url", metavar="URL", action="append", help="a path or a URL; may be given more than once")
    what.add_argument("--prefix", metavar="PREFIX", action="append", help="all whose path begins with it")
    what.add_argument("--tag", metavar="TAG", action="append", help="all that their origin gave this tag")
    what.add_argument("--all", action="store_true", help="everything")
    parser.add_argument("--soft", action="store_true", help="expire them: still there for stale serving")
    _admin_address(parser)


def _purge(args: argparse.Namespace) -> int:
    from edge.commands.purge import run

    return run(args)


def _warm_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="URLs or paths, one a line; - reads standard input")
    parser.add_argument("--widths", metavar="W,W…", help="ask for each of these widths: ?w=320, ?w=640 …")
    parser.add_argument("--accept", metavar="TYPES", action="append", help=f"an Accept header, repeatable ({ACCEPT})")
    parser.add_argument("--edge", metavar="URL", default=EDGE, help=f"the edge, also unix:/path (default: {EDGE})")
    parser.add_argument("--concurrency", metavar="N", type=_concurrency, default=2, help="at once (default: 2)")


def _concurrency(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MOST_AT_ONCE:
        raise argparse.ArgumentTypeError(f"Expected a number from 1 to {MOST_AT_ONCE} but received {text!r}")
    return int(text)


def _warm(args: argparse.Namespace) -> int:
    from edge.commands.warm import run

    return run(args)


def _tool_options(parser: argparse.ArgumentParser) -> None:
    from edge.commands.tool.words import fill

    fill(parser)


def _tool(args: argparse.Namespace) -> int:
    from edge.commands.tool import run

    return run(args)


COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace], int]]] = {
    "serve": ("serve pictures", _serve_options, _serve),
    "demo": ("serve sample pictures, and print URLs to try", _demo_options, _demo),
    "check": ("validate a configuration", _check_options, _check),
    "init": ("print the annotated default configuration", _no_options, _init),
    "schema": ("print the JSON Schema of the configuration", _no_options, _schema),
    "sign": ("print the signed URL", _sign_options, _sign),
    "purge": ("forget originals and all that was made of them", _purge_options, _purge),
    "warm": ("fetch URLs through a running edge, so that visitors find them made", _warm_options, _warm),
    "tool": ("change pictures here, with imageflow_tool's command line or many at once", _tool_options, _tool),
    "nginx": ("print the nginx configuration that fronts this one", _config_option, _nginx),
    "doctor": ("say what this machine can do", _doctor_options, _doctor),
}
