"""How faults are named and ordered."""

from edge.settings.report import Report, dotted, listed, nearest


def test_a_place_is_written_with_dots_and_brackets() -> None:
    assert dotted(("routes", 0, "hints", "ladder", 3)) == "routes[0].hints.ladder[3]"


def test_a_strange_key_is_quoted_and_cut() -> None:
    assert dotted(("origins", "a\nb")) == r"origins.'a\nb'"
    assert len(dotted(("x" * 500,))) < 90


def test_the_first_sentence_about_a_place_counts() -> None:
    report = Report("edge.yaml")
    report.lines = {("b",): 2, ("a",): 7}
    for place, sentence in ((("a",), "one"), (("a",), "two"), (("b", "c"), "three"), (("z",), "four")):
        report.say(place, sentence)
    assert report.sentences() == ["edge.yaml: four", "edge.yaml:2: three", "edge.yaml:7: one"]


def test_a_report_shows_its_counts() -> None:
    assert repr(Report("edge.yaml")) == "Report(edge.yaml, 0 places, 0 sentences)"


def test_words_are_listed_with_or() -> None:
    assert (listed(["a"]), listed(["a", "b"]), listed("abc")) == ("a", "a or b", "a, b or c")


def test_a_word_far_from_all_has_no_neighbour() -> None:
    assert (nearest("xyz", ["timeout"]), nearest("timout", ["timeout"])) == ("", "; did you mean timeout?")
