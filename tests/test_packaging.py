"""What is handed out besides code: the image, the Compose file, the README and the changelog keep what they promise."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from edge import __version__
from edge.cli import COMMANDS, LATER, main
from edge.dialects.riapi import parse
from edge.settings import Settings, load
from edge.settings.origins import FilesOrigin
from tests.running import ROOT, running

README = (ROOT / "README.md").read_text("utf-8")
CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
FRONT = (ROOT / "nginx" / "edge.conf").read_text("utf-8")


def read_yaml(name: str) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load((ROOT / name).read_text("utf-8"))
    return found


def fenced(language: str) -> list[str]:
    """The README's blocks of this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    """The words of each command line that the README shows, without comments; continued lines are one."""
    blocks = [block.replace("\\\n", " ") for block in fenced("sh")]
    return [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]


# The image -----------------------------------------------------------------------------------------------------------


def instructions() -> list[tuple[str, str]]:
    """Of the Dockerfile, comments gone and lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ").splitlines()
    pairs = (line.partition(" ") for line in joined if line.strip())
    return [(word, " ".join(rest.split())) for word, _, rest in pairs]


def said(word: str) -> list[str]:
    """Every argument of one instruction in the last stage."""
    last = max(at for at, (name, _) in enumerate(instructions()) if name == "FROM")
    return [rest for name, rest in instructions()[last:] if name == word]


def container() -> Settings:
    return load((ROOT / "config" / "docker.yaml").read_text("utf-8"))


def test_what_is_needed_to_build_is_not_in_the_image() -> None:
    stages = [rest for word, rest in instructions() if word == "FROM"]
    assert len(stages) == 2
    assert not any(tool in " ".join(said("RUN")) for tool in ("pip", "venv", "gcc"))


def test_libraries_are_those_of_the_lock_and_no_others() -> None:
    installs = [rest for word, rest in instructions() if word == "RUN" and "pip install" in rest]
    assert ["--require-hashes -r requirements.lock" in installs[0], "--no-deps ." in installs[1]] == [True, True]
    assert len(installs) == 2


def test_the_image_has_the_libvips_that_was_asked_for() -> None:
    arguments = [rest for word, rest in instructions() if word == "ARG"]
    assert arguments == ["LIBVIPS=wheel", "LIBVIPS", "LIBVIPS"]
    (choice,) = [rest for word, rest in instructions() if word == "RUN" and "without-wheel.sh" in rest]
    assert 'case "$LIBVIPS" in wheel) ;; system)' in choice
    assert "*) exit 2" in choice
    (packages,) = [rest for rest in said("RUN") if "apt-get" in rest]
    assert 'if [ "$LIBVIPS" = system ]; then apt-get install -y --no-install-recommends libvips42; fi' in packages


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_without_the_wheel_lacks_nothing_else(name: str) -> None:
    whole = (ROOT / name).read_text("utf-8")
    command = ["sh", "tools/without-wheel.sh", name]
    short = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    gone = [line for line in whole.splitlines() if line not in short.splitlines()]
    assert gone[0].startswith("pyvips-binary==")
    assert all(line.startswith("    --hash=") for line in gone[1:])
    pins = re.findall(r"^\S+==", whole, re.MULTILINE)
    assert [pin for pin in pins if pin != "pyvips-binary=="] == re.findall(r"^\S+==", short, re.MULTILINE)


def test_the_container_runs_as_nobody_in_particular() -> None:
    names = [name for name, _ in instructions()]
    assert said("USER") == ["10001:10001"]
    assert "RUN" not in names[len(names) - names[::-1].index("USER") :]


def test_the_container_serves_its_own_configuration() -> None:
    (entry,), (arguments,) = said("ENTRYPOINT"), said("CMD")[-1:]
    command = [*json.loads(entry), *json.loads(arguments)]
    assert command == ["edge", "serve", "--config", "/etc/edge/edge.yaml"]
    assert "config/docker.yaml /etc/edge/edge.yaml" in said("COPY")


def test_the_container_listens_for_others_and_administers_for_itself() -> None:
    settings = container()
    assert str(settings.server.listen) == "0.0.0.0:8080"
    assert said("EXPOSE") == ["8080"]
    assert settings.admin.listen is not None
    assert settings.admin.listen.loopback


def test_the_container_asks_itself_whether_it_is_ready() -> None:
    (check,) = said("HEALTHCHECK")
    assert f"http://{container().admin.listen}/readyz" in check
    json.loads(check.partition("CMD ")[2])


def test_the_build_is_sent_what_it_copies_and_nothing_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copies = [rest.split()[:-1] for word, rest in instructions() if word == "COPY" and not rest.startswith("--from")]
    assert "*" in ignored
    assert kept == {source for sources in copies for source in sources}
    assert all((ROOT / source).exists() for source in kept)


def test_hadolint_finds_nothing() -> None:
    program = Path(sys.executable).parent / "hadolint"
    if not program.exists():
        pytest.skip("hadolint is not installed; make check brings it")
    ran = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stdout) == (0, "")


# The Compose file ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found: dict[str, Any] = read_yaml("compose.yaml")["services"]
    return found


def mounts(service: dict[str, Any]) -> dict[str, str]:
    """Where inside, from where outside."""
    return {inside: outside for outside, inside in (mount.split(":")[:2] for mount in service["volumes"])}


def test_only_nginx_can_be_reached(services: dict[str, Any]) -> None:
    listen = re.search(r"^ *listen (\d+);", FRONT, re.MULTILINE)
    assert listen
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]
    assert services["nginx"]["ports"] == [f"8080:{listen[1]}"]


def test_nginx_asks_the_service_that_compose_starts(services: dict[str, Any]) -> None:
    upstream = re.search(r"^ *server (\w+):(\d+);", FRONT, re.MULTILINE)
    assert upstream
    assert upstream[1] in services
    assert int(upstream[2]) == container().server.listen.port
    assert services["nginx"]["depends_on"]["edge"]["condition"] == "service_healthy"


def test_the_edge_may_write_its_cache_and_nothing_else(services: dict[str, Any]) -> None:
    edge, settings = services["edge"], container()
    assert edge["read_only"] is True
    assert edge["cap_drop"] == ["ALL"]
    assert edge["security_opt"] == ["no-new-privileges:true"]
    writable = [mount.split(":")[1] for mount in edge["volumes"] if not mount.endswith(":ro")]
    assert settings.cache.disk is not None
    assert writable == [settings.cache.disk.path]


def test_pictures_and_files_are_mounted_where_they_are_looked_for(services: dict[str, Any]) -> None:
    (origin,) = container().origins.values()
    assert isinstance(origin, FilesOrigin)
    assert mounts(services["edge"])[origin.root] == "./photos"
    places = [place for service in services.values() for place in mounts(service).values() if place.startswith("./")]
    assert [place for place in places if place != "./photos" and not (ROOT / place).is_file()] == []


def test_compose_waits_longer_than_the_edge_needs_to_finish(services: dict[str, Any]) -> None:
    grace = int(services["edge"]["stop_grace_period"].removesuffix("s"))
    assert grace > container().server.shutdown_grace


# The README ----------------------------------------------------------------------------------------------------------


def test_each_make_target_it_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README, re.MULTILINE))
    assert {"demo", "test", "bench"} <= named
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def test_each_edge_command_it_names_exists() -> None:
    named = set(re.findall(r"(?:`|bin/)edge ([a-z]+)", README))
    assert {"serve", "check", "sign", "nginx"} <= named
    assert named - COMMANDS.keys() == set()
    assert not named & set(LATER)


def test_its_configuration_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (text,) = fenced("yaml")
    (tmp_path / "photos").mkdir()
    (tmp_path / "edge.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("EDGE_SIGNING_KEY", "0" * 64)
    monkeypatch.chdir(tmp_path)
    assert main(["check", "edge.yaml"]) == 0
    assert main(["sign", "/private/alps.jpg?w=400", "--expires", "1h"]) == 0
    assert "sig=" in capsys.readouterr().out


def queries() -> Iterator[str]:
    """The picture queries of the README's table and commands."""
    yield from re.findall(r"`\?([^`]+)`", README)
    yield from (word.partition("?")[2] for words in commands() for word in words if "/photos/" in word and "?" in word)


@pytest.mark.parametrize("query", sorted(set(queries())))
def test_each_query_it_shows_means_something(query: str) -> None:
    query = query.partition('"')[0]
    assert parse(query).processing
    assert parse(query).notices == ()


def test_each_metric_it_names_is_there(tmp_path: Path) -> None:
    named = set(re.findall(r"`(edge_[a-z_]+)`", README))
    with running(
        f"cache: {{disk: {{path: {tmp_path}/cache, size: 1MiB}}}}\nimaging: {{workers: 1}}\n", tmp_path
    ) as edge:
        told = set(re.findall(r"^# TYPE (\S+)", edge.admin("/metrics").body.decode(), re.MULTILINE))
    assert len(named) > 5
    assert named - told == set()


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "nginx/README.md"])
def test_its_links_lead_somewhere(name: str) -> None:
    place = ROOT / name
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", place.read_text("utf-8"))
    assert [link for link in links if not (place.parent / link).exists()] == []


def test_it_has_room_for_the_benchmarks_and_stays_short() -> None:
    assert re.search(r"^<!-- bench -->$.*^<!-- /bench -->$", README, re.DOTALL | re.MULTILINE)
    measured = README.partition("<!-- bench -->")[2].partition("<!-- /bench -->")[0]
    assert len(README.splitlines()) - len(measured.splitlines()) <= 290


# The changelog -------------------------------------------------------------------------------------------------------


def test_the_changelog_keeps_its_form() -> None:
    headings = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    kinds = re.findall(r"^### (.+)$", CHANGELOG, re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert all(re.fullmatch(r"\[?\d+\.\d+\.\d+\]? - \d{4}-\d\d-\d\d", heading) for heading in headings[1:])
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_there_is_one_version_and_one_licence() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == __version__
    assert project["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License")
