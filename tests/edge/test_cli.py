"""The command line: what it prints, where, and its exit codes."""

import base64
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from edge import __version__
from edge.cli import LATER, main, serve_settings
from edge.routing.signing import Key, verify
from edge.settings import Settings

SECRET = "0123456789abcdef0123456789abcdef"

Captured = pytest.CaptureFixture[str]
Write = Callable[[str], str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with pictures in ./photos."""
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder: Path) -> Write:
    def written(text: str) -> str:
        (folder / "edge.yaml").write_text(text, encoding="utf-8")
        return "edge.yaml"

    return written


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """Settings that `edge serve` would have served, had there been an edge."""
    found: list[Settings] = []

    def serve(settings: Settings) -> int:
        found.append(settings)
        return 0

    app = ModuleType("edge.serving")
    monkeypatch.setattr(app, "serve", serve, raising=False)
    monkeypatch.setitem(sys.modules, "edge.serving", app)
    return found


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-P", "-m", "edge", *words], capture_output=True, text=True, check=False)


def test_help_and_version_exit_with_0() -> None:
    assert run("--version").stdout == f"edge {__version__}\n"
    told = run("--help")
    assert told.returncode == 0
    assert "serve pictures" in told.stdout


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from edge.cli import main; main(['--help']); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    loaded = ran.stdout.splitlines()[-1].split()
    assert not {"pydantic", "ruamel.yaml", "aiohttp", "pyvips", "asyncio", "cryptography"} & set(loaded)


@pytest.mark.parametrize(
    "words", [[], ["sevre"], ["serve", "--conf", "x"], ["check", "a", "b"], ["demo", "--port", "x"]]
)
def test_wrong_usage_exits_with_2(words: list[str], capsys: Captured) -> None:
    assert main(words) == 2
    assert "usage: edge" in capsys.readouterr().err


@pytest.mark.parametrize("command", LATER)
def test_a_command_that_comes_later_says_so(command: str, capsys: Captured) -> None:
    assert main([command, "-p", "9000", "--all"]) == 2
    assert capsys.readouterr().err == f"edge {command} is not supported yet\n"


def test_init_prints_a_configuration_that_checks_fine(write: Write, capsys: Captured) -> None:
    assert main(["init"]) == 0
    write(capsys.readouterr().out)
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "edge.yaml: fine, 1 route, 1 origin\n"


def test_schema_prints_the_schema(capsys: Captured) -> None:
    assert main(["schema"]) == 0
    assert '"$schema"' in capsys.readouterr().out


def test_check_prints_every_sentence_and_exits_with_2(write: Write, capsys: Captured) -> None:
    file = write("origins:\n  a: {type: files, root: gone}\nrotues: []\n")
    assert main(["check", file]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        f"edge.yaml:2: origins.a.root: the folder {Path.cwd() / 'gone'} does not exist",
        "edge.yaml:3: rotues is not a key; did you mean routes?",
    ]


def test_a_root_that_is_a_file_is_no_folder(write: Write, capsys: Captured) -> None:
    file = write("origins: {a: {type: files, root: edge.yaml}}")
    assert main(["check", file]) == 2
    assert capsys.readouterr().err.endswith("edge.yaml is not a folder\n")


def test_a_file_that_is_not_there_is_a_sentence(folder: Path, capsys: Captured) -> None:
    assert main(["check"]) == 2
    assert capsys.readouterr().err == (
        "edge.yaml: cannot be read: No such file or directory; `edge init` prints one to start from\n"
    )


def test_the_environment_and_secret_files_are_read(
    write: Write, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setenv("EDGE_TEST_PORT", "9090")
    (folder / "key").write_text(SECRET + "\n", encoding="utf-8")
    file = write("server: {listen: '127.0.0.1:${EDGE_TEST_PORT}'}\nsigning: {keys: {main: {secret_file: key}}}")
    settings = serve_settings(file, None, None, None)
    assert settings.server.listen.port == 9090
    assert settings.signing.keys["main"].material == (SECRET.encode(), None, None)


def test_serve_takes_the_file_of_the_working_folder(write: Write, served: list[Settings]) -> None:
    write("server: {listen: 127.0.0.1:7}")
    assert main(["serve"]) == 0
    assert [str(settings.server.listen) for settings in served] == ["127.0.0.1:7"]


def test_serve_dir_needs_no_file(folder: Path, served: list[Settings]) -> None:
    assert main(["serve", "--dir", "photos", "--listen", "[::1]:0", "--admin", "none"]) == 0
    (settings,) = served
    assert settings.admin.listen is None
    assert str(settings.server.listen) == "[::1]:0"
    assert [getattr(origin, "root", "") for origin in settings.origins.values()] == [str(folder / "photos")]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--dir", "gone"], "--dir: the folder gone does not exist"),
        (["--dir", "photos", "--listen", "8080"], "Expected an address such as"),
        (["--dir", "photos", "--admin", "0.0.0.0:1"], "admin.token is required, because 0.0.0.0:1 can be reached"),
        (["--dir", "photos", "--mount", "/a:http:x"], "edge serve --mount is not supported yet"),
        (["--dir", "photos", "--config", "edge.yaml"], "not allowed with argument"),
        (["--config", "gone.yaml"], "gone.yaml: cannot be read: No such file or directory"),
    ],
)
def test_serve_refuses_with_a_sentence(
    words: list[str], sentence: str, folder: Path, served: list[Settings], capsys: Captured
) -> None:
    assert main(["serve", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert served == []


def test_demo_refuses_a_folder_that_is_not_there(folder: Path, capsys: Captured) -> None:
    assert main(["demo", "--dir", "gone"]) == 2
    assert capsys.readouterr().err == "--dir: the folder gone does not exist\n"


SIGNED = f"""signing:
  keys:
    main: {{secret: {SECRET}}}
    other: {{secret: {SECRET[::-1]}}}
    partner: {{private: {base64.b64encode(b"p" * 32).decode()}}}
    public: {{public: {base64.b64encode(b"p" * 32).decode()}}}
origins: {{a: {{type: files, root: gone}}}}
routes:
  - {{prefix: /o/, origin: a, signature: {{mode: required, keys: [other]}}}}
  - {{prefix: /, origin: a}}
"""
KEYS = {
    "main": Key("main", secret=SECRET.encode()),
    "other": Key("other", secret=SECRET[::-1].encode()),
    "partner": Key("partner", private=b"p" * 32),
}


@pytest.mark.parametrize(
    ("url", "options", "key"),
    [
        ("/a/b.jpg?w=4", [], "main"),
        ("https://img.example.com/a/b%20c.jpg?w=4&h=2", [], "main"),
        ("/o/b.jpg", [], "other"),
        ("/o/b.jpg", ["--key", "partner"], "partner"),
        ("/a.jpg", ["--expires", "1h"], "main"),
    ],
)
def test_a_signed_url_verifies(url: str, options: list[str], key: str, write: Write, capsys: Captured) -> None:
    write(SIGNED)
    assert main(["sign", url, *options]) == 0
    signed = capsys.readouterr().out.strip()
    assert signed.startswith(url)
    path, _, query = signed.removeprefix("https://img.example.com").partition("?")
    verified = verify(path, query, [KEYS[key]], 0)
    assert (verified.exp is not None) is ("--expires" in options)
    assert ("kid=" in query) is ("--key" in options)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["/a", "--key", "mian"], "--key names 'mian', which signing.keys does not define; did you mean main?"),
        (["/a", "--key", "public"], "Expected a key that can sign but 'public' is a public key"),
        (
            ["/a", "--expires", "soon"],
            "Expected a duration such as 500ms, 30s, 5m, 1h or 7d for --expires but received 'soon'",
        ),
        (["/a", "--scheme", "imaginary"], "edge sign --scheme imaginary is not supported yet"),
        (["/a?w=1&w=2"], "A signed URL must not repeat a parameter"),
    ],
)
def test_sign_refuses_with_a_sentence(words: list[str], sentence: str, write: Write, capsys: Captured) -> None:
    write(SIGNED)
    assert main(["sign", *words]) == 2
    assert capsys.readouterr().err == f"{sentence}\n"


@pytest.mark.parametrize(
    ("names", "sentence"),
    [((), "signing.keys defines no key to sign with"), (("a", "b"), "Expected --key to name a or b"), (("a",), None)],
)
def test_sign_without_main_takes_the_only_key(
    names: tuple[str, ...], sentence: str | None, write: Write, capsys: Captured
) -> None:
    keys = ", ".join(f"{name}: {{secret: {SECRET}}}" for name in names)
    write(f"signing: {{keys: {{{keys}}}}}")
    assert main(["sign", "/a.jpg"]) == (2 if sentence else 0)
    assert capsys.readouterr().err == (f"{sentence}\n" if sentence else "")


def test_nginx_prints_a_server(write: Write, capsys: Captured) -> None:
    write("server: {listen: 127.0.0.1:7070}")
    assert main(["nginx"]) == 0
    assert "server 127.0.0.1:7070;" in capsys.readouterr().out


def test_a_sizes_list_that_cannot_be_read_is_told_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "edge.yaml"
    place.write_text(
        f"origins: {{p: {{type: files, root: {tmp_path}}}}}\n"
        "routes:\n  - prefix: /\n    origin: p\n    hints:\n      sizes: half the page\n"
    )
    assert main(["check", str(place)]) == 2
    assert "edge.yaml:6: routes[0].hints.sizes: Expected" in capsys.readouterr().err
