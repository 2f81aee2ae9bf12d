"""The words of `edge tool`: imageflow_tool's flags, and `--out-dir` besides. Nothing heavy is imported here, because
`edge --help` reads it too."""

from argparse import SUPPRESS, ArgumentParser, _MutuallyExclusiveGroup

from edge import __version__

BUILD, QUERYSTRING, EXAMPLES, DIAGNOSE = "build", "querystring", "examples", "diagnose"


def fill(parser: ArgumentParser) -> None:
    """Give `edge tool` its sub-commands; `args.verb` is one of the names above."""
    parser.add_argument("-V", "--version", action="version", version=f"edge {__version__}")
    _capture(parser)
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for verb, name, aliases, purpose, options in (
        (BUILD, "v1/build", ["v0.1/build"], "run a job that is described in JSON", _build),
        (QUERYSTRING, "v1/querystring", ["v0.1/ir4", "v1/ir4"], "change pictures as a query string says", _querystring),
        (EXAMPLES, "examples", [], "make a folder of jobs to try", _examples),
        (DIAGNOSE, "diagnose", [], "say what was built in, and whether it works", _diagnose),
    ):
        command = verbs.add_parser(name, aliases=aliases, help=purpose, description=purpose, allow_abbrev=False)
        options(command)
        _capture(command)
        command.set_defaults(verb=verb)


def _capture(parser: ArgumentParser) -> None:
    about = "run the rest in another process and keep what it says in BASE_stdout.txt, BASE_stderr.txt …"
    parser.add_argument("--capture-to", metavar="BASE", default=SUPPRESS, help=about)


def _build(parser: ArgumentParser) -> None:
    parser.add_argument("--json", metavar="FILE", required=True, help="the job")
    _inputs(parser, required=False)
    _outputs(parser)
    _ends(parser)


def _querystring(parser: ArgumentParser) -> None:
    parser.add_argument("--command", metavar="QUERY", required=True, help="such as w=400&format=webp")
    _inputs(parser, required=True)
    where = parser.add_mutually_exclusive_group(required=True)
    _outputs(where)
    where.add_argument("--out-dir", metavar="FOLDER", help="one output for each input, named after it")
    _ends(parser)


def _inputs(parser: ArgumentParser, required: bool) -> None:
    about = "inputs, or pairs of io_id and input"
    if required:
        about += "; with --out-dir also folders and patterns such as 'photos/**/*.jpg'"
    parser.add_argument("--in", dest="inputs", metavar="IN", nargs="+", action="extend", required=required, help=about)


def _outputs(parser: ArgumentParser | _MutuallyExclusiveGroup) -> None:
    about = "outputs, or pairs of io_id and output; base64: means inside the response"
    parser.add_argument("--out", dest="outputs", metavar="OUT", nargs="+", action="extend", help=about)


def _ends(parser: ArgumentParser) -> None:
    parser.add_argument("--response", metavar="FILE", help="write the JSON response there")
    parser.add_argument("--quiet", action="store_true", help="write no response to standard output")
    parser.add_argument("--bundle-to", metavar="FOLDER", help="gather the job and its inputs there, and run nothing")
    parser.add_argument(
        "--debug-package", metavar="FOLDER", help="gather, run with its words kept, and make FOLDER.zip"
    )
    about = "100mp, 8000w, 8000h, 8000px (both sides) or disabled: refuse to make larger frames"
    parser.add_argument("--exit-if-larger-than", metavar="SIZE", nargs="+", action="extend", help=about)


def _examples(parser: ArgumentParser) -> None:
    parser.add_argument("--generate", action="store_true", required=True, help="make the folder examples")


def _diagnose(parser: ArgumentParser) -> None:
    parser.add_argument("--show-compilation-info", action="store_true", help="versions, and formats read and written")
    parser.add_argument("--self-test", action="store_true", help="run a handful of jobs in the folder self_tests")
    parser.add_argument("--wait", action="store_true", help="wait for a line on standard input")
    parser.add_argument("--call-panic", action="store_true", help="end as a defect would, with 101")
