"""Which value of --in and --out goes to which slot, and what --exit-if-larger-than says."""

from typing import Any

import pytest

from edge.commands.tool.larger import frame_limit, limited
from edge.commands.tool.slots import assigned, filled, paths_of
from edge.dialects.imageflow.errors import JobError

JOB: dict[str, Any] = {
    "io": [
        {"io_id": 3, "direction": "in", "io": "placeholder"},
        {"io_id": 1, "direction": "out", "io": {"file": "old.jpg"}},
        {"io_id": 0, "direction": "in", "io": {"base_64": "AAAA"}},
        {"io_id": 2, "direction": "out", "io": "output_base_64"},
    ],
    "framewise": {"steps": []},
}


def io(job: dict[str, Any]) -> dict[int, object]:
    return {slot["io_id"]: slot["io"] for slot in job["io"]}


def test_values_fill_slots_in_the_order_of_the_job_and_replace_what_they_held() -> None:
    job = filled(JOB, ["a.jpg", "b.jpg"], ["c.jpg", "d.jpg"])
    assert io(job) == {3: {"file": "a.jpg"}, 1: {"file": "c.jpg"}, 0: {"file": "b.jpg"}, 2: {"file": "d.jpg"}}


def test_fewer_values_leave_the_rest_as_it_was() -> None:
    assert io(filled(JOB, ["a.jpg"], None)) == io(JOB) | {3: {"file": "a.jpg"}}


def test_a_whole_number_makes_all_of_them_pairs() -> None:
    job = filled(JOB, ["0", "a.jpg", "3", "b.jpg"], ["2", "c.jpg"])
    assert io(job) == {3: {"file": "b.jpg"}, 1: {"file": "old.jpg"}, 0: {"file": "a.jpg"}, 2: {"file": "c.jpg"}}


def test_a_number_anywhere_counts() -> None:
    assert assigned(["1", "2"], [1, 2], "--in") == {1: "2"}
    assert assigned(["-1", "a"], [-1], "--in") == {-1: "a"}


def test_a_result_may_be_put_into_the_response() -> None:
    assert io(filled(JOB, None, ["1", "base64:"]))[1] == "output_base_64"


def test_the_job_itself_is_left_alone() -> None:
    filled(JOB, ["a", "b"], ["c", "d"])
    assert paths_of(JOB, "in") == {}
    assert paths_of(JOB, "out") == {1: "old.jpg"}


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["1", "a", "2"], "Expected pairs of io_id and path for --in but received '1 a 2'"),
        (["a", "1"], "Expected an io_id before each path for --in but received 'a'"),
        (["7", "a"], "Expected an io_id of the job (1, 2) for --in but received '7'"),
        (["1", "a", "1", "b"], "Expected each io_id once for --in but received '1'"),
        (["a", "b", "c"], "Expected at most 2 values for --in but received '3 of them'"),
        (["https://example.com/a.jpg"], "Expected a file and no URL for --in but received 'https://example.com/a.jpg'"),
        (["1", "HTTP://example.com/"], "Expected a file and no URL for --in but received 'HTTP://example.com/'"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(values: list[str], sentence: str) -> None:
    with pytest.raises(JobError) as refused:
        assigned(values, [1, 2], "--in")
    assert (refused.value.sentence, refused.value.category.exit) == (sentence, 64)


# --exit-if-larger-than -----------------------------------------------------------------------------------------------

NONE = {"w": 2**32 - 1, "h": 2**32 - 1, "megapixels": 1e30}


@pytest.mark.parametrize(
    ("values", "limit"),
    [
        (["100mp"], {"megapixels": 100}),
        (["1.5MP"], {"megapixels": 1.5}),
        (["8000w"], {"w": 8000}),
        (["8000H"], {"h": 8000}),
        (["8000px"], {"w": 8000, "h": 8000}),
        (["8000"], {"w": 8000, "h": 8000}),
        (["disabled"], {}),
        (["100mp 8000w", "600h"], {"megapixels": 100, "w": 8000, "h": 600}),
        (["900w", "500px"], {"w": 500, "h": 500}),
    ],
)
def test_sizes_are_read(values: list[str], limit: dict[str, float]) -> None:
    assert frame_limit(values) == NONE | limit


@pytest.mark.parametrize("value", ["big", "-5w", "10cm", "1.5w", "1e3w", "", "mp", "99999999999w"])
def test_what_is_no_size_ends_with_64(value: str) -> None:
    with pytest.raises(JobError) as refused:
        frame_limit([value])
    assert refused.value.category.exit == 64


def test_the_limit_is_put_beside_the_job_s_own() -> None:
    own = {"builder_config": {"security": {"max_decode_size": None, "max_frame_size": None}, "job_options": {}}}
    job = limited({**JOB, **own}, ["9w"])
    assert job["builder_config"]["job_options"] == {}
    assert job["builder_config"]["security"] == {"max_decode_size": None, "max_frame_size": NONE | {"w": 9}}
    assert limited(JOB, None) is JOB
