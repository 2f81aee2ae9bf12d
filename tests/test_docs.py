"""What the documentation lists is what there is."""

import re
from pathlib import Path
from typing import get_args

from edge.dialects.kernels import FILTERS
from edge.dialects.riapi import EXTENSIONS, KEYS
from edge.settings.watermarks import Filter

RIAPI = (Path(__file__).parents[1] / "docs" / "riapi.md").read_text(encoding="utf-8")


def test_every_parameter_is_documented() -> None:
    named = set(re.findall(r"`([a-z0-9_.]+)(?:=[^`]*)?`", RIAPI))
    patterns = ("avif.", "jxl.", "watermark.")
    missing = {key for key in (*KEYS, *EXTENSIONS) if key not in named and not key.startswith(patterns)}
    assert missing == set()


def test_the_table_of_filters_is_the_code_s() -> None:
    table = RIAPI.partition("<!-- filters -->\n")[2].partition("<!-- /filters -->")[0]
    rows = [f"| `{row.name}` | {row.kernel} | {row.reason} |" for row in FILTERS]
    assert table.splitlines()[2:] == rows


def test_watermarks_know_the_same_filters() -> None:
    assert set(get_args(Filter)) == {row.name for row in FILTERS}
