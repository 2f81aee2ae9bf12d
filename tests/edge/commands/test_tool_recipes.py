"""What people have in their scripts for imageflow_tool, run with `edge tool` in its place and nothing else changed; and
the examples that the tool makes itself."""

import base64
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from edge.cli import main
from edge.commands.tool.scenarios import scenarios
from edge.jobs import info
from tests.pictures import photo, with_alpha

Ran = subprocess.CompletedProcess[str]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("source.jpg").write_bytes(photo(400, 300))
    Path("logo.png").write_bytes(with_alpha(80, 40))
    return tmp_path


def sh(line: str) -> Ran:
    """A line of a script, in which imageflow_tool is `edge tool`."""
    script = f'imageflow_tool() {{ "{sys.executable}" -P -m edge tool "$@"; }}\n{line}\n'
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)


def size(path: str | bytes) -> tuple[int, int, str]:
    told = info(Path(path) if isinstance(path, str) else path)
    return told.width, told.height, told.format


def write(name: str, job: object) -> None:
    Path(name).write_text(json.dumps(job))


def slots(*io: tuple[int, str, object]) -> list[dict[str, object]]:
    return [{"io_id": io_id, "direction": direction, "io": content} for io_id, direction, content in io]


def test_a_thumbnail() -> None:
    ran = sh('imageflow_tool v1/querystring --in source.jpg --out thumb.jpg --command "width=50&height=50&mode=max"')
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["data"]["build_result"]["encodes"][0]["preferred_extension"] == "jpg"
    assert size("thumb.jpg") == (50, 38, "jpeg")


def test_a_square_for_the_web_in_a_loop() -> None:
    ran = sh(
        "for size in 64 128; do\n"
        '  imageflow_tool v0.1/ir4 --quiet --command="w=$size&h=$size&mode=crop&format=webp&quality=80" '
        '--in source.jpg --out "square-$size.webp" || exit 1\n'
        "done"
    )
    assert (ran.returncode, ran.stdout) == (0, "")
    assert [size(f"square-{side}.webp") for side in (64, 128)] == [(64, 64, "webp"), (128, 128, "webp")]


def test_a_job_with_pairs_of_ids_and_paths() -> None:
    mark = {"io_id": 1, "fit_box": {"image_margins": {"left": 5, "top": 5, "right": 5, "bottom": 5}}, "opacity": 0.5}
    steps = [
        {"decode": {"io_id": 0}},
        {"constrain": {"mode": "fit_crop", "w": 200, "h": 100, "gravity": {"percentage": {"x": 50, "y": 0}}}},
        {"watermark": mark},
        {"encode": {"io_id": 2, "preset": {"mozjpeg": {"quality": 85, "progressive": True}}}},
    ]
    unfilled = slots((0, "in", "placeholder"), (1, "in", "placeholder"), (2, "out", "placeholder"))
    write("mark.json", {"io": unfilled, "framewise": {"steps": steps}})
    ran = sh(
        "imageflow_tool v1/build --json mark.json --in 0 source.jpg --in 1 logo.png --out 2 out.jpg --response r.json"
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert size("out.jpg") == (200, 100, "jpeg")
    told = json.loads(Path("r.json").read_text())["data"]["build_result"]
    assert [decode["io_id"] for decode in told["decodes"]] == [0, 1]
    assert told["encodes"][0]["bytes"] == {"physical_file": "out.jpg"}


def test_a_graph_that_exports_several_sizes() -> None:
    nodes: dict[str, Any] = {"0": {"decode": {"io_id": 0}}}
    edges = []
    for at, width in enumerate((300, 200, 100), 1):
        nodes[str(at)] = {"constrain": {"mode": "within", "w": width, "h": width}}
        nodes[str(at + 10)] = {"encode": {"io_id": at, "preset": {"libjpegturbo": {"quality": 80}}}}
        edges += [{"from": 0, "to": at, "kind": "input"}, {"from": at, "to": at + 10, "kind": "input"}]
    unfilled = slots((0, "in", "placeholder"), *((at, "out", "placeholder") for at in (1, 2, 3)))
    write("sizes.json", {"io": unfilled, "framewise": {"graph": {"nodes": nodes, "edges": edges}}})
    ran = sh(
        "imageflow_tool v0.1/build --json sizes.json --in source.jpg --out 1 w300.jpg 2 w200.jpg 3 w100.jpg --quiet"
    )
    assert (ran.returncode, ran.stdout) == (0, "")
    assert [size(f"w{width}.jpg")[0] for width in (300, 200, 100)] == [300, 200, 100]


def test_a_result_that_is_read_out_of_the_response() -> None:
    ran = sh('imageflow_tool v1/querystring --command "width=40&format=png" --in source.jpg --out base64:')
    encode = json.loads(ran.stdout)["data"]["build_result"]["encodes"][0]
    assert size(base64.b64decode(encode["bytes"]["base_64"])) == (40, 30, "png")


def test_a_job_that_holds_everything_itself() -> None:
    step = {"command_string": {"kind": "ir4", "value": "width=60&s.grayscale=true", "decode": 0, "encode": 1}}
    own = slots(
        (0, "in", {"base_64": base64.b64encode(Path("source.jpg").read_bytes()).decode()}), (1, "out", "output_base_64")
    )
    limits = {"max_decode_size": {"w": 1000, "h": 1000, "megapixels": 1}}
    write("own.json", {"io": own, "framewise": {"steps": [step]}, "builder_config": {"security": limits}})
    ran = sh("imageflow_tool v1/build --json own.json")
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["data"]["build_result"]["encodes"][0]["w"] == 60


def test_a_canvas_that_pictures_are_laid_on() -> None:
    white = {"srgb": {"hex": "FFFFFFFF"}}
    nodes = {
        "0": {"create_canvas": {"format": "bgra_32", "w": 210, "h": 100, "color": white}},
        "1": {"decode": {"io_id": 0}},
        "2": {"draw_image_exact": {"x": 0, "y": 0, "w": 100, "h": 100, "blend": "overwrite"}},
        "3": {"decode": {"io_id": 1}},
        "4": {"draw_image_exact": {"x": 110, "y": 0, "w": 100, "h": 100, "blend": "compose"}},
        "5": {"encode": {"io_id": 2, "preset": {"lodepng": {"maximum_deflate": False}}}},
    }
    edges = [(0, 2, "canvas"), (1, 2, "input"), (2, 4, "canvas"), (3, 4, "input"), (4, 5, "input")]
    graph = {"nodes": nodes, "edges": [{"from": start, "to": end, "kind": kind} for start, end, kind in edges]}
    write(
        "lay.json",
        {
            "io": slots((0, "in", "placeholder"), (1, "in", "placeholder"), (2, "out", "placeholder")),
            "framewise": {"graph": graph},
        },
    )
    ran = sh("imageflow_tool v1/build --json lay.json --in source.jpg logo.png --out lay.png --quiet")
    assert ran.returncode == 0
    assert size("lay.png") == (210, 100, "png")


def test_a_script_that_looks_at_the_exit_code() -> None:
    ran = sh(
        'imageflow_tool v1/querystring --command "w=4000&scale=both" --in source.jpg --out big.jpg --quiet '
        "--exit-if-larger-than 2mp; echo $?\n"
        "imageflow_tool v1/build --json none.json --quiet; echo $?\n"
        "echo '{' > broken.json; imageflow_tool v1/build --json broken.json --quiet; echo $?\n"
        "imageflow_tool v1/build --quiet; echo $?\n"
    )
    assert ran.stdout.split() == ["64", "74", "65", "2"]
    assert not Path("big.jpg").exists()


def test_a_report_for_whoever_shall_find_the_fault() -> None:
    Path("source.jpg").write_bytes(b"\xff\xd8\xff")
    ran = sh("imageflow_tool v1/querystring --command w=9 --in source.jpg --out a.jpg --debug-package report")
    assert ran.returncode == 0
    assert Path("report.zip").exists()


# The tool's own examples ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    before = Path.cwd()
    os.chdir(folder)
    try:
        assert main(["tool", "examples", "--generate"]) == 0
    finally:
        os.chdir(before)
    return folder / "examples"


def example(examples: Path, slug: str) -> tuple[Path, str]:
    """Its folder, and what its script says. No other edge is on the PATH."""
    folder = examples / slug
    tools = examples / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("sh", "dirname"):
        found = shutil.which(name)
        assert found
        if not (tools / name).exists():
            (tools / name).symlink_to(found)
    environ = {**os.environ, "PATH": str(tools)}
    ran = subprocess.run([folder / "run_recipe.sh"], env=environ, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    return folder, ran.stdout


def test_there_is_a_folder_for_each_scenario(examples: Path) -> None:
    for scenario in scenarios():
        names = {path.name for path in (examples / scenario.slug).iterdir()}
        assert {f"{scenario.slug}.json", "run_recipe.sh", *scenario.pictures} <= names
    assert [scenario.slug for scenario in scenarios()] == [
        "laundry_list",
        "export_4_sizes",
        "pure_json",
        "pure_json_to_stdout",
        "give_me_base64",
    ]


def test_the_laundry_list(examples: Path) -> None:
    folder, said = example(examples, "laundry_list")
    assert (said, size(str(folder / "laundry_list.jpg"))[2]) == ("", "jpeg")
    assert len(json.loads((folder / "laundry_list.json").read_text())["framewise"]["steps"]) > 20


def test_four_sizes_of_one_decode(examples: Path) -> None:
    folder, _ = example(examples, "export_4_sizes")
    made = json.loads((folder / "response.json").read_text())["data"]["build_result"]["encodes"]
    assert [encode["w"] for encode in made] == [1200, 800, 400, 200]
    assert all(size(str(folder / encode["bytes"]["physical_file"]))[0] == encode["w"] for encode in made)


def test_pure_json(examples: Path) -> None:
    folder, _ = example(examples, "pure_json")
    assert size(str(folder / "small.webp")) == (400, 267, "webp")


def test_pure_json_to_stdout(examples: Path) -> None:
    folder, said = example(examples, "pure_json_to_stdout")
    assert json.loads(said)["data"]["build_result"]["encodes"][0]["bytes"] == {"physical_file": "square.png"}
    assert size(str(folder / "square.png")) == (300, 300, "png")


def test_give_me_base64(examples: Path) -> None:
    folder, _ = example(examples, "give_me_base64")
    (encode,) = json.loads((folder / "response.json").read_text())["data"]["build_result"]["encodes"]
    assert size(base64.b64decode(encode["bytes"]["base_64"]))[0] == 120


def test_examples_may_be_made_again(examples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(examples.parent)
    assert main(["tool", "examples", "--generate"]) == 0


def test_a_folder_that_cannot_be_written_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    Path("examples").write_text("in the way")
    assert main(["tool", "examples", "--generate"]) == 1
    assert "cannot be written" in capsys.readouterr().err
