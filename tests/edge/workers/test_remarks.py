"""What workers write to stderr is logged printable, cut and seldom."""

from edge.workers.remarks import Remarks


def test_lines_are_cut_and_made_printable() -> None:
    said = Remarks().heard(b"plain\n\n\x1b[31mred\xff\n" + b"x" * 1000, 0.0)
    assert said == ["plain", "?[31mred\N{REPLACEMENT CHARACTER}", "x" * 300]


def test_a_window_has_its_number_of_lines_and_the_next_says_how_many_were_dropped() -> None:
    remarks = Remarks(lines=2, window=60)
    assert remarks.heard(b"a\nb\nc\n", 0.0) == ["a", "b"]
    assert remarks.heard(b"d\n", 59.0) == []
    assert repr(remarks) == "Remarks(0 of 2 left, 2 dropped)"
    assert remarks.heard(b"e\n", 60.0) == ["2 lines of workers were not logged", "e"]


def test_fontconfigs_complaints_are_no_news() -> None:
    assert Remarks().heard(b"Fontconfig error: Cannot load default config file\nreal trouble\n", 0.0) == [
        "real trouble"
    ]
