"""Which node works on which, and what is wrong with the wiring."""

from typing import Any

import pytest

from edge.dialects.imageflow.errors import JobError
from edge.dialects.imageflow.lowering import recipe_of
from edge.dialects.imageflow.model import Build, Execute
from edge.dialects.imageflow.wiring import wired
from edge.plan import steps
from tests.edge.dialects.imageflow.jobs import DECODE, ENCODE, build, encode, graph

CANVAS = {"create_canvas": {"format": "bgra_32", "w": 10, "h": 10, "color": "black"}}
COPY = {"copy_rect_to_canvas": {"from_x": 0, "from_y": 0, "w": 1, "h": 1, "x": 0, "y": 0}}
DRAW = {"draw_image_exact": {"x": 0, "y": 0, "w": 1, "h": 1}}


def refused(job: Build | Execute) -> JobError:
    with pytest.raises(JobError) as caught:
        recipe_of(job)
    return caught.value


def test_steps_are_a_chain() -> None:
    order = wired(build(DECODE, "flip_h", "flip_v", ENCODE).framewise)
    assert [(one.number, one.node.tag, one.input) for one in order] == [
        (0, "decode", None),
        (1, "flip_h", 0),
        (2, "flip_v", 1),
        (3, "encode", 2),
    ]


def test_a_graph_comes_in_the_order_of_what_works_on_what_then_of_numbers() -> None:
    job = graph({9: DECODE, -4: "flip_h", 3: "flip_v", 1: ENCODE}, [(9, 3), (3, -4), (-4, 1)])
    assert [one.number for one in wired(job.framewise)] == [9, 3, -4, 1]


def test_one_picture_may_go_many_ways() -> None:
    job = graph({0: DECODE, 1: encode("gif", 1), 2: encode("gif", 2)}, [(0, 1), (0, 2)], outs=(1, 2))
    recipe = recipe_of(job)
    assert [node.of for node in recipe.plan.nodes] == [(), (0,), (0,)]
    assert recipe.outputs == (1, 2)


def test_steps_and_the_same_chain_as_a_graph_are_one_recipe() -> None:
    line: list[Any] = [DECODE, {"constrain": {"mode": "within", "w": 5}}, "rotate_90", ENCODE]
    as_graph = graph(dict(enumerate(line)), [(0, 1), (1, 2), (2, 3)])
    assert recipe_of(as_graph) == recipe_of(build(*line))


def test_two_thousand_nodes_are_no_trouble_and_one_more_is_refused() -> None:
    recipe = recipe_of(build(DECODE, *["flip_h"] * 2046, ENCODE))
    assert len(recipe.plan.nodes) == 2048
    error = refused(build(DECODE, *["flip_h"] * 2047, ENCODE))
    assert (error.kind, "at most 2048 nodes" in error.sentence) == ("GraphInvalid", True)


def test_edges_have_an_end_of_their_number() -> None:
    error = refused(graph({0: DECODE, 1: ENCODE}, [(0, 1)] * 4097))
    assert (error.kind, "at most 4096 edges" in error.sentence) == ("GraphInvalid", True)


@pytest.mark.parametrize("key", ["a", "1.0", "2147483648", "", "1_0"])
def test_keys_are_whole_numbers_of_32_bits(key: str) -> None:
    error = refused(graph({key: DECODE}))
    assert error.kind == "GraphInvalid"
    assert repr(key) in error.sentence


def test_two_spellings_of_one_number_are_two_nodes() -> None:
    assert refused(graph({"1": DECODE, "01": ENCODE})).kind == "GraphInvalid"


def test_an_edge_to_nowhere_is_refused() -> None:
    error = refused(graph({0: DECODE, 1: ENCODE}, [(0, 1), (0, 7)]))
    assert (error.kind, "'7'" in error.sentence) == ("GraphInvalid", True)


def test_a_cycle_names_the_nodes_on_it_alone() -> None:
    job = graph(
        {0: DECODE, 1: "flip_h", 2: "flip_v", 3: "transpose", 4: ENCODE}, [(0, 1), (1, 2), (2, 3), (3, 2), (3, 4)]
    )
    error = refused(job)
    assert error.kind == "GraphCyclic"
    assert error.sentence.endswith("2 → 3 → 2")
    assert error.node == 2


def test_a_node_that_works_on_itself_is_a_cycle() -> None:
    assert refused(graph({5: "flip_h", 6: ENCODE}, [(5, 5), (5, 6)])).sentence.endswith("5 → 5")


@pytest.mark.parametrize(
    ("job", "node", "said"),
    [
        (build("flip_h", ENCODE), 0, "Expected 1 input for its edges but received '0 inputs'"),
        (build(DECODE, DECODE, ENCODE), 1, "Expected 0 inputs for its edges but received '1 input'"),
        (build(DECODE, CANVAS, ENCODE), 1, "Expected 0 inputs"),
        (build(DECODE, ENCODE, "flip_h"), 1, "Expected nothing to follow what is encoded but node 2 does"),
        (build(DECODE, COPY, ENCODE), 1, "Expected 1 canvas for its edges but received '0 canvases'"),
        (build(DECODE, DRAW, ENCODE), 1, "Expected 1 canvas"),
        (graph({0: DECODE, 1: DECODE, 2: "flip_h", 3: ENCODE}, [(0, 2), (1, 2), (2, 3)]), 2, "'2 inputs'"),
        (graph({0: DECODE, 1: CANVAS, 2: "flip_h", 3: ENCODE}, [(0, 2), (2, 3)], [(1, 2)]), 2, "Expected 0 canvases"),
        (
            graph({0: DECODE, 1: COPY, 2: ENCODE}, [(0, 1), (1, 2)], [(0, 1)]),
            1,
            "different bitmaps but both are node 0",
        ),
    ],
)
def test_wrong_wiring_names_the_node_and_what_it_lacks_or_has(job: Build, node: int, said: str) -> None:
    error = refused(job)
    assert (error.kind, error.node) == ("InvalidNodeConnections", node)
    assert said in error.sentence
    assert f"Node {node} (" in error.sentence


def test_nothing_follows_a_command_string_that_writes() -> None:
    command = {"command_string": {"kind": "ir4", "value": "w=5", "decode": 0, "encode": 1}}
    assert refused(build(command, "flip_h")).kind == "InvalidNodeConnections"


def test_a_node_that_draws_has_two_pictures() -> None:
    recipe = recipe_of(graph({0: DECODE, 1: CANVAS, 2: COPY, 3: ENCODE}, [(0, 2), (2, 3)], [(1, 2)]))
    assert [type(step) for step in recipe.plan.steps()] == [
        steps.Decode,
        steps.Canvas,
        steps.Region,
        steps.Overlay,
        steps.Encode,
    ]
    assert recipe.plan.nodes[3].of == (1, 2)
    assert [step.node for step in recipe.steps] == [0, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("job", "kind", "said"),
    [
        (build(DECODE, ENCODE, ins=(0, 0)), "DuplicateIoId", "'0'"),
        (build(DECODE, ENCODE, ins=(0, 1)), "DuplicateIoId", "'1'"),
        (build(DECODE, ENCODE, ins=(5,)), "IoIdNotFound", "Node 0 (decode)"),
        (build(DECODE, ENCODE, outs=(5,)), "IoIdNotFound", "Node 1 (encode)"),
        (build(DECODE, ENCODE, ins=(), outs=(0, 1)), "IoIdNotFound", "the io_id of an input"),
        (build(DECODE, {"watermark": {"io_id": 9}}, ENCODE), "IoIdNotFound", "Node 1 (watermark)"),
        (graph({0: DECODE, 1: ENCODE, 2: ENCODE}, [(0, 1), (0, 2)]), "DuplicateIoId", "Node 2 (encode)"),
        (build(DECODE), "GraphInvalid", "Expected at least one encode node"),
        (build(), "GraphInvalid", "Expected at least one encode node"),
    ],
)
def test_io_ids_are_registered_once_in_their_direction(job: Build, kind: str, said: str) -> None:
    error = refused(job)
    assert error.kind == kind
    assert said in error.sentence


def test_inputs_are_listed_used_or_not_in_rising_order() -> None:
    assert recipe_of(build(DECODE, ENCODE, ins=(7, 0, -2))).inputs == (-2, 0, 7)


def test_without_a_list_what_is_named_counts_as_registered() -> None:
    job = Execute.model_validate({"framewise": {"steps": [DECODE, {"watermark": {"io_id": 4}}, ENCODE]}})
    recipe = recipe_of(job)
    assert (recipe.inputs, recipe.outputs) == ((0, 4), (1,))
