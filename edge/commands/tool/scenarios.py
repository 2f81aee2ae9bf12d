"""What `edge tool examples --generate` makes: five jobs, each of which shows another way to give and to take."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

PHOTO, MARK = "alps.jpg", "bubbles.png"
_WHITE: Final = {"srgb": {"hex": "ffffff"}}
_SIZES: Final = (1200, 800, 400, 200)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`words` follow `edge tool v1/build --json SLUG.json`; `pictures` are put beside the job."""

    slug: str
    job: Mapping[str, Any]
    words: tuple[str, ...]
    pictures: tuple[str, ...] = (PHOTO,)


def _slot(io_id: int, direction: str, io: object = "placeholder") -> dict[str, object]:
    return {"io_id": io_id, "direction": direction, "io": io}


def _chain(slots: list[dict[str, object]], *nodes: object) -> dict[str, Any]:
    return {"io": slots, "framewise": {"steps": list(nodes)}}


def _laundry_list() -> Scenario:
    """Most of what there is, one after the other."""
    mark = {
        "io_id": 1,
        "gravity": {"percentage": {"x": 100, "y": 100}},
        "fit_box": {"image_percentage": {"x1": 60, "y1": 60, "x2": 97, "y2": 97}},
        "opacity": 0.8,
    }
    job = _chain(
        [_slot(0, "in"), _slot(1, "in"), _slot(2, "out")],
        {"decode": {"io_id": 0, "commands": [{"jpeg_downscale_hints": {"width": 800, "height": 533}}]}},
        {"crop": {"x1": 20, "y1": 20, "x2": 620, "y2": 400}},
        {
            "constrain": {
                "mode": "within",
                "w": 480,
                "h": 480,
                "hints": {"sharpen_percent": 10, "down_filter": "robidoux"},
            }
        },
        {"apply_orientation": {"flag": 6}},
        "rotate_270",
        "transpose",
        "rotate_90",
        "flip_h",
        "flip_v",
        "rotate_180",
        {"white_balance_histogram_area_threshold_srgb": {"threshold": 0.006}},
        {"color_filter_srgb": {"contrast": 0.1}},
        {"color_filter_srgb": "sepia"},
        {
            "color_matrix_srgb": {
                "matrix": [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [0.05, 0, 0, 0, 0]]
            }
        },
        {"resample_2d": {"w": 400, "h": 260, "hints": {"scaling_colorspace": "linear", "sharpen_when": "downscaling"}}},
        {"watermark": mark},
        {"fill_rect": {"x1": 10, "y1": 10, "x2": 40, "y2": 40, "color": {"srgb": {"hex": "3355aacc"}}}},
        {"region_percent": {"x1": -2, "y1": -2, "x2": 102, "y2": 102, "background_color": _WHITE}},
        {"expand_canvas": {"left": 4, "top": 4, "right": 4, "bottom": 4, "color": "black"}},
        {"round_image_corners": {"radius": {"percentage": 15}, "background_color": _WHITE}},
        {"command_string": {"kind": "ir4", "value": "w=360&s.saturation=0.2"}},
        "watermark_red_dot",
        {"encode": {"io_id": 2, "preset": {"mozjpeg": {"quality": 85, "progressive": True}}}},
    )
    words = ("--in", "0", PHOTO, "1", MARK, "--out", "2", "laundry_list.jpg", "--response", "response.json")
    return Scenario("laundry_list", job, words, (PHOTO, MARK))


def _export_4_sizes() -> Scenario:
    """One input, decoded once, and a graph that ends in four outputs."""
    nodes: dict[str, object] = {"0": {"decode": {"io_id": 0}}}
    edges = []
    for at, size in enumerate(_SIZES, 1):
        preset = {"webplossy": {"quality": 78}} if at % 2 else {"mozjpeg": {"quality": 80}}
        nodes[str(at)] = {"constrain": {"mode": "within", "w": size}}
        nodes[str(at + len(_SIZES))] = {"encode": {"io_id": at, "preset": preset}}
        edges += [(0, at), (at, at + len(_SIZES))]
    graph = {"nodes": nodes, "edges": [{"from": start, "to": end, "kind": "input"} for start, end in edges]}
    slots = [_slot(0, "in"), *(_slot(at, "out") for at in range(1, len(_SIZES) + 1))]
    files = [f"{size}.{'webp' if at % 2 else 'jpg'}" for at, size in enumerate(_SIZES, 1)]
    words = ("--in", PHOTO, "--out", *files, "--response", "response.json")
    return Scenario("export_4_sizes", {"io": slots, "framewise": {"graph": graph}}, words)


def _said(query: str, out: object) -> dict[str, Any]:
    """A job that names its own files."""
    node = {"command_string": {"kind": "ir4", "value": query, "decode": 0, "encode": 1}}
    return _chain([_slot(0, "in", {"file": PHOTO}), _slot(1, "out", out)], node)


def scenarios() -> tuple[Scenario, ...]:
    to_stdout = _said("w=300&h=300&mode=crop&format=png", {"file": "square.png"})
    return (
        _laundry_list(),
        _export_4_sizes(),
        Scenario("pure_json", _said("w=400&format=webp", {"file": "small.webp"}), ("--response", "response.json")),
        Scenario("pure_json_to_stdout", to_stdout, ()),
        Scenario("give_me_base64", _said("w=120&quality=70", "output_base_64"), ("--response", "response.json")),
    )
