"""Inputs whose work ended badly are refused for a while, and nobody else is."""

from edge.workers.quarantine import Quarantine


def test_held_inputs_are_refused_with_their_sentence_until_the_time_is_over() -> None:
    quarantine = Quarantine(hold=600)
    quarantine.hold(["a"], "It took too long", now=100.0)
    assert quarantine.refusal(["a"], 699.9) == "It took too long"
    assert quarantine.refusal(["b"], 100.0) is None
    assert quarantine.refusal(["a"], 700.0) is None
    assert len(quarantine) == 0


def test_a_watermark_is_not_to_blame_for_the_picture_below() -> None:
    quarantine = Quarantine()
    quarantine.hold(["picture", "logo"], "no", now=0.0)
    assert quarantine.refusal(["logo", "picture"], 1.0) == "no"
    assert quarantine.refusal(["logo"], 1.0) is None
    assert quarantine.refusal(["logo", "other"], 1.0) is None


def test_a_picture_held_alone_is_refused_in_every_company() -> None:
    quarantine = Quarantine()
    quarantine.hold(["picture"], "no", now=0.0)
    assert quarantine.refusal(["logo", "picture"], 1.0) == "no"


def test_inputs_without_a_digest_are_never_held() -> None:
    quarantine = Quarantine()
    quarantine.hold([""], "no", now=0.0)
    quarantine.hold(["a", ""], "no", now=0.0)
    quarantine.hold([], "no", now=0.0)
    assert quarantine.refusal([""], 0.0) is None
    assert quarantine.refusal([], 0.0) is None


def test_the_table_is_bounded_and_the_oldest_leave_first() -> None:
    quarantine = Quarantine(capacity=2)
    for name in ("a", "b", "a", "c"):
        quarantine.hold([name], name, now=0.0)
    assert [quarantine.refusal([name], 1.0) for name in ("a", "b", "c")] == ["a", None, "c"]
    assert repr(quarantine) == "Quarantine(2 held, 600 s each)"
