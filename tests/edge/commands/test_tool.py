"""`edge tool v1/build` and `v1/querystring`: one job, its files, its response, its exit code."""

import base64
import io
import json
import os
import subprocess
import sys
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from edge import __version__
from edge.cli import main
from edge.commands.tool.capture import without_capture
from edge.commands.tool.sink import Sink
from edge.dialects.imageflow.errors import JobError
from edge.jobs import info
from tests.pictures import photo

Captured = pytest.CaptureFixture[str]
STEPS: dict[str, Any] = {
    "io": [{"io_id": 0, "direction": "in", "io": "placeholder"}, {"io_id": 1, "direction": "out", "io": "placeholder"}],
    "framewise": {
        "steps": [
            {"decode": {"io_id": 0}},
            {"constrain": {"mode": "within", "w": 30}},
            {"encode": {"io_id": 1, "preset": {"lodepng": {}}}},
        ]
    },
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("a.jpg").write_bytes(photo(60, 40))
    Path("job.json").write_text(json.dumps(STEPS))
    return tmp_path


def tool(*words: str) -> int:
    return main(["tool", *words])


def size(path: str) -> tuple[int, int, str]:
    told = info(Path(path))
    return told.width, told.height, told.format


def answer(captured: Captured) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(captured.readouterr().out)
    return found


# One job -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["v1/build", "v0.1/build"])
def test_a_job_makes_its_file_and_tells_about_it(name: str, capsys: Captured) -> None:
    assert tool(name, "--json", "job.json", "--in", "a.jpg", "--out", "b.png") == 0
    assert size("b.png") == (30, 20, "png")
    told = answer(capsys)
    assert (told["code"], told["success"], told["message"]) == (200, True, "OK")
    (encode,) = told["data"]["build_result"]["encodes"]
    assert encode["bytes"] == {"physical_file": "b.png"}
    assert (encode["w"], encode["h"], encode["io_id"], encode["preferred_mime_type"]) == (30, 20, 1, "image/png")
    (decode,) = told["data"]["build_result"]["decodes"]
    assert (decode["w"], decode["h"], decode["preferred_extension"]) == (60, 40, "jpg")


@pytest.mark.parametrize("name", ["v1/querystring", "v0.1/ir4", "v1/ir4"])
def test_a_query_is_a_job_of_one_node(name: str) -> None:
    assert tool(name, "--command", "w=20&format=webp", "--in", "a.jpg", "--out", "b.webp", "--quiet") == 0
    assert size("b.webp") == (20, 13, "webp")


def test_options_may_be_written_with_an_equals_sign() -> None:
    assert tool("v1/querystring", "--command=w=20&h=20&mode=crop", "--in=a.jpg", "--out=b.jpg", "--quiet") == 0
    assert size("b.jpg") == (20, 20, "jpeg")


def test_a_result_may_come_inside_the_response(capsys: Captured) -> None:
    assert tool("v1/querystring", "--command", "w=20", "--in", "a.jpg", "--out", "base64:") == 0
    (encode,) = answer(capsys)["data"]["build_result"]["encodes"]
    assert info(base64.b64decode(encode["bytes"]["base_64"])).width == 20


def test_paths_of_the_job_count_where_the_command_line_is_silent(capsys: Captured) -> None:
    own = {**STEPS, "io": [{**STEPS["io"][0], "io": {"file": "a.jpg"}}, {**STEPS["io"][1], "io": {"file": "c.png"}}]}
    Path("job.json").write_text(json.dumps(own))
    assert tool("v1/build", "--json", "job.json") == 0
    assert tool("v1/build", "--json", "job.json", "--out", "1", "d.png") == 0
    assert size("c.png") == size("d.png") == (30, 20, "png")


def test_a_name_need_not_be_text(here: Path) -> None:
    odd = os.fsdecode(b"\xff.jpg")
    Path(odd).write_bytes(photo(60, 40))
    assert tool("v1/querystring", "--command", "w=20", "--in", odd, "--out", f"small{odd}") == 0
    assert size(f"small{odd}")[0] == 20


def test_a_picture_may_be_replaced_by_itself() -> None:
    assert tool("v1/querystring", "--command", "w=20", "--in", "a.jpg", "--out", "a.jpg", "--quiet") == 0
    assert size("a.jpg")[0] == 20


# Where the response goes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [[], ["--quiet"]])
def test_a_response_in_a_file_is_not_printed(more: list[str], capsys: Captured) -> None:
    assert tool("v1/build", "--json", "job.json", "--in", "a.jpg", "--out", "b.png", "--response", "r.json", *more) == 0
    assert json.loads(Path("r.json").read_text())["success"] is True
    assert capsys.readouterr() == ("", "")


def test_what_of_a_query_is_not_taken_as_written_is_told(capsys: Captured) -> None:
    words = ("v1/querystring", "--command", "widht=400&w=abc&h=20", "--in", "a.jpg", "--out", "b.jpg")
    assert tool(*words) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["success"] is True
    assert told.err.splitlines() == [
        "--command: widht is not a known parameter",
        "--command: Expected a whole number or auto for w but received 'abc'",
    ]
    assert tool(*words, "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_quiet_prints_nothing(capsys: Captured) -> None:
    assert tool("v1/build", "--json", "job.json", "--in", "a.jpg", "--out", "b.png", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_an_error_is_a_response_and_a_sentence(capsys: Captured) -> None:
    Path("bad.jpg").write_bytes(b"no picture")
    assert tool("v1/build", "--json", "job.json", "--in", "bad.jpg", "--out", "b.png") == 65
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert (told["code"], told["success"], told["data"]) == (400, False, "none")
    assert told["message"] == said.err.strip()
    assert told["message"].startswith("ImageMalformed: NoEnabledDecoderFound: ")
    assert not Path("b.png").exists()


def test_an_error_goes_to_the_file_too(capsys: Captured) -> None:
    assert tool("v1/build", "--json", "none.json", "--response", "r.json") == 74
    assert json.loads(Path("r.json").read_text())["code"] == 500
    assert capsys.readouterr().out == ""


def test_a_response_that_cannot_be_written_is_an_error(capsys: Captured) -> None:
    words = ["--in", "a.jpg", "--out", "b.png", "--response", "none/r.json"]
    assert tool("v1/build", "--json", "job.json", *words) == 74
    assert capsys.readouterr().err.count("none/r.json: cannot be written") == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_standard_output_that_is_full_is_no_defect(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr("sys.stdout", full)
        assert tool("v1/querystring", "--command", "w=9", "--in", "a.jpg", "--out", "b.jpg") == 74
        with suppress(OSError):
            full.close()
    assert capsys.readouterr().err.count("Standard output cannot be written: No space left on device") == 1


@pytest.mark.parametrize(("closed", "code"), [(">&-", 0), ("2>&-", 66), (">&- 2>&-", 66)])
def test_what_is_closed_takes_nothing(closed: str, code: int) -> None:
    picture = "none.jpg" if code else "a.jpg"
    words = f"tool v1/querystring --command w=9 --in {picture} --out b.jpg"
    command = f'"{sys.executable}" -P -m edge {words} {closed}'
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (ran.returncode, "Traceback" in ran.stderr, Path("b.jpg").exists()) == (code, False, not code)


def test_a_name_that_standard_output_cannot_hold_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", ascii_only)
    assert tool("v1/querystring", "--command", "w=9", "--in", "a.jpg", "--out", "ü.jpg") == 0
    ascii_only.seek(0)
    (encode,) = json.loads(ascii_only.read())["data"]["build_result"]["encodes"]
    assert encode["bytes"] == {"physical_file": "ü.jpg"}


def test_a_reader_that_has_enough_is_no_defect(here: Path) -> None:
    command = f'"{sys.executable}" -P -m edge tool diagnose --show-compilation-info --wait | true'
    ran = subprocess.run(["sh", "-c", command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ran.stderr == ""


# Exit codes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("job", "code", "kind"),
    [
        ("{", 65, "InvalidJson"),
        ('{"io": []}', 65, "InvalidJson"),
        ('{"io": [], "framewise": {"steps": ["no_such_node"]}}', 65, "InvalidJson"),
        (json.dumps({**STEPS, "io": [*STEPS["io"], STEPS["io"][0]]}), 64, "DuplicateIoId"),
        (json.dumps({**STEPS, "io": STEPS["io"][:1]}), 64, "IoIdNotFound"),
    ],
)
def test_a_job_that_is_wrong_ends_as_its_category_says(job: str, code: int, kind: str, capsys: Captured) -> None:
    Path("job.json").write_text(job)
    words = ["--in", "a.jpg", *(["--out", "b.png"] if '"out"' in job else [])] if "decode" in job else []
    assert tool("v1/build", "--json", "job.json", *words) == code
    assert f": {kind}: " in answer(capsys)["message"]


def test_a_placeholder_that_is_left_is_a_fault_of_the_graph(capsys: Captured) -> None:
    assert tool("v1/build", "--json", "job.json", "--in", "a.jpg") == 64
    assert "GraphInvalid: GraphInvalid: " in answer(capsys)["message"]


@pytest.mark.parametrize(
    "words",
    [
        ["--in", "0", "a.jpg", "1"],
        ["--in", "9", "a.jpg"],
        ["--in", "a.jpg", "a.jpg"],
        ["--in", "https://example.com/a.jpg"],
        ["--exit-if-larger-than", "huge"],
    ],
)
def test_arguments_that_do_not_fit_the_job_end_with_64(words: list[str], capsys: Captured) -> None:
    assert tool("v1/build", "--json", "job.json", *words) == 64
    assert "ArgumentInvalid: InvalidArgument: " in answer(capsys)["message"]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["v2/build"],
        ["v1/build"],
        ["v1/build", "--json"],
        ["v1/build", "--json", "job.json", "--dry-run"],
        ["v1/querystring", "--command", "w=1", "--in", "a.jpg"],
        ["v1/querystring", "--command", "w=1", "--out", "a.jpg"],
        ["v1/querystring", "--in", "a.jpg", "--out", "b.jpg"],
        ["v1/querystring", "--command", "w=1", "--in", "a.jpg", "--out", "b.jpg", "--out-dir", "c"],
        ["examples"],
    ],
)
def test_wrong_usage_ends_with_2(words: list[str], capsys: Captured) -> None:
    assert tool(*words) == 2
    assert capsys.readouterr().err.startswith("usage: edge ")


@pytest.mark.parametrize(("kind", "code"), [("AuthorizationRequired", 145), ("LicenseError", 146), ("IoError", 74)])
def test_codes_are_what_a_shell_sees(kind: str, code: int, capsys: Captured) -> None:
    assert Sink(None, False).refuse(JobError(kind, "No")) == code


def test_a_defect_ends_with_101(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(job: object) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr("edge.commands.tool.build.answered", broken)
    assert tool("v1/build", "--json", "job.json") == 101
    assert "ZeroDivisionError" in capsys.readouterr().err


# Limits --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("limit", "code"), [("20w", 64), ("60px", 0), ("0.001MP", 64), ("disabled", 0)])
def test_larger_frames_are_refused(limit: str, code: int) -> None:
    words = ["--in", "a.jpg", "--out", "b.png", "--quiet", "--exit-if-larger-than", limit]
    assert tool("v1/build", "--json", "job.json", *words) == code


def test_what_is_allowed_may_be_larger_than_usual(capsys: Captured) -> None:
    canvas = {"create_canvas": {"format": "bgr_32", "w": 10_100, "h": 10, "color": "black"}}
    steps = [canvas, {"encode": {"io_id": 1, "preset": {"lodepng": {}}}}]
    Path("job.json").write_text(json.dumps({"io": STEPS["io"][1:], "framewise": {"steps": steps}}))
    assert tool("v1/build", "--json", "job.json", "--out", "b.png") == 64
    assert "Frame width 10100 exceeds max_frame_size.w 10000" in answer(capsys)["message"]
    assert tool("v1/build", "--json", "job.json", "--out", "b.png", "--exit-if-larger-than", "10100w") == 0
    assert size("b.png")[:2] == (10_100, 10)


# Bundles and captures ------------------------------------------------------------------------------------------------


def test_a_bundle_holds_the_job_and_what_it_reads(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("sub").mkdir()
    words = ["--in", f"{Path.cwd()}/a.jpg", "--out", "sub/b.png", "--bundle-to", "bundle"]
    assert tool("v1/build", "--json", "job.json", *words) == 0
    assert "edge tool v1/build --json recipe.json" in capsys.readouterr().out
    assert sorted(path.name for path in Path("bundle").iterdir()) == ["input_0_a.jpg", "recipe.json"]
    monkeypatch.chdir("bundle")
    assert tool("v1/build", "--json", "recipe.json", "--quiet") == 0
    assert size("output_1_b.png") == (30, 20, "png")


def test_a_bundle_replaces_no_folder(capsys: Captured) -> None:
    Path("bundle").mkdir()
    assert tool("v1/build", "--json", "job.json", "--in", "a.jpg", "--bundle-to", "bundle") == 1
    assert capsys.readouterr() == ("", "bundle: cannot be made: File exists\n")


def test_a_bundle_that_fails_leaves_nothing_behind(capsys: Captured) -> None:
    assert tool("v1/build", "--json", "job.json", "--in", "none.jpg", "--bundle-to", "bundle") == 66
    assert "'none.jpg': No such file" in answer(capsys)["message"]
    assert not Path("bundle").exists()


def test_a_bundle_takes_names_that_are_no_text_and_pipes(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = os.fsdecode(b"\xff.jpg")
    Path(odd).write_bytes(photo(60, 40))
    words = ["--command", "w=9", "--out", odd, "--bundle-to"]
    assert tool("v1/querystring", "--in", odd, *words, "bundle") == 0
    monkeypatch.chdir("bundle")
    assert tool("v1/build", "--json", "recipe.json", "--quiet") == 0
    read, write = os.pipe()
    os.write(write, b"picture")
    os.close(write)
    assert tool("v1/querystring", "--in", f"/dev/fd/{read}", *words, "piped") == 0
    os.close(read)
    assert Path(f"piped/input_0_{read}").read_bytes() == b"picture"


def test_a_debug_package_holds_what_became_of_the_job(capsys: Captured) -> None:
    Path("bad.jpg").write_bytes(b"no picture")
    words = ["--command", "w=9", "--in", "bad.jpg", "--out", "b.jpg", "--debug-package", "package"]
    assert tool("v1/querystring", *words) == 0
    with zipfile.ZipFile("package.zip") as packed:
        names = set(packed.namelist())
        assert {entry.compress_type for entry in packed.infolist()} == {zipfile.ZIP_STORED}
        assert "NoEnabledDecoderFound" in packed.read("captured_stderr.txt").decode()
        assert json.loads(packed.read("captured_stdout.txt"))["code"] == 400
    assert names == {
        "recipe.json",
        "input_0_bad.jpg",
        "captured_run.txt",
        "captured_stdout.txt",
        "captured_stderr.txt",
        "captured_exitcode_65.txt",
        "captured_version.txt",
        "captured_compilation_info.txt",
    }


def test_a_capture_keeps_what_a_command_says(capsys: Captured) -> None:
    assert tool("--capture-to", "kept", "v1/build", "--json", "none.json") == 0
    assert Path("kept_exitcode_74.txt").read_text() == "74\n"
    assert json.loads(Path("kept_stdout.txt").read_text())["success"] is False
    assert Path("kept_stderr.txt").read_text().startswith("IoError: ")
    assert Path("kept_version.txt").read_text() == f"edge {__version__}\n"
    assert Path("kept_run.txt").read_text().splitlines()[1].endswith("-m edge tool v1/build --json none.json")


@pytest.mark.parametrize(
    "words",
    [
        ["tool", "--capture-to", "x", "diagnose", "--wait"],
        ["tool", "--capture-to=x", "diagnose", "--wait"],
        ["tool", "diagnose", "--wait", "--capture-to", "x"],
    ],
)
def test_what_is_captured_is_the_rest(words: list[str]) -> None:
    assert without_capture(words) == ["tool", "diagnose", "--wait"]


# diagnose ------------------------------------------------------------------------------------------------------------


def test_diagnose_wants_to_be_told_what(capsys: Captured) -> None:
    assert tool("diagnose") == 64
    assert "--self-test" in capsys.readouterr().err


def test_diagnose_tells_what_it_runs_on(capsys: Captured) -> None:
    assert tool("diagnose", "--show-compilation-info") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"edge {__version__}"
    assert any(line.startswith("libvips 8.") for line in lines)
    assert any(line.startswith("writes ") and "webp" in line for line in lines)


def test_diagnose_tests_itself(capsys: Captured) -> None:
    assert tool("diagnose", "--self-test") == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("OK, all ")
    assert size("self_tests/query.webp") == (32, 32, "webp")


def test_diagnose_says_what_failed(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(folder: Path) -> bool:
        raise OSError("no room")

    monkeypatch.setattr("edge.commands.tool.selftest._TESTS", {"one": broken, "two": lambda folder: True})
    assert tool("diagnose", "--self-test") == 1
    assert capsys.readouterr().out == "one: OSError: no room\ntwo: fine\nFAILED: one\n"


def test_diagnose_waits_for_a_line(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("\nmore"))
    assert tool("diagnose", "--wait") == 0


def test_diagnose_panics_when_told_to(capsys: Captured) -> None:
    assert tool("diagnose", "--call-panic") == 101


def test_the_version_is_the_edge_s(capsys: Captured) -> None:
    assert tool("-V") == tool("--version") == 0
    assert capsys.readouterr().out == f"edge {__version__}\n" * 2
