"""The demo page: what it asks of the browser, what it shows, and that it needs nobody else."""

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from edge.console.demo import Original, demo_page
from edge.exchange import Reply
from tests import pictures
from tests.edge.console.started import Demo, started

LADDER = (160, 320, 640)


class Page(HTMLParser):
    """Its elements, and every address it loads from."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def found(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    def addresses(self) -> set[str]:
        sets = [part.split()[0] for image in self.found("img") for part in image.get("srcset", "").split(", ") if part]
        return {*sets, *(image["src"] for image in self.found("img") if not image["src"].startswith("data:"))}


def page_of(*names: str) -> Reply:
    return demo_page([Original(name, 1234) for name in names], "/photos/", "/web/", LADDER)


def shown(*names: str) -> Page:
    body = page_of(*names).body
    assert isinstance(body, bytes)
    return Page(body.decode())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("demo")
    folder = home / "shown"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(pictures.photo(320, 240))
    (folder / "b & c.png").write_bytes(pictures.with_alpha(200, 300))
    (folder / "d.gif").write_bytes(pictures.photo(100, 100, "gif"))
    with started(home, "--dir", str(folder)) as running:
        yield running


def test_the_page_opts_in_to_client_hints(demo: Demo) -> None:
    answer = demo.get("/demo")
    assert answer.status == 200
    assert answer.media_type == "text/html; charset=utf-8"
    assert answer.headers["accept-ch"] == "Sec-CH-DPR, Sec-CH-Width, Sec-CH-Viewport-Width"
    assert demo.get("/").body == answer.body


def test_every_picture_on_the_page_answers(demo: Demo) -> None:
    addresses = Page(demo.get("/demo").body.decode()).addresses()
    assert {address.split("/")[1] for address in addresses} == {"photos", "web"}
    for address in addresses:
        answer = demo.get(address, Accept="image/avif,image/webp,image/*")
        assert (answer.status, answer.media_type.partition("/")[0]) == (200, "image"), address
        assert answer.body


def test_a_hint_moves_what_a_hinted_picture_gets(demo: Demo) -> None:
    (address,) = (
        image["src"]
        for image in Page(demo.get("/demo").body.decode()).found("img")
        if "data-hinted" in image and "a.jpg" in image["src"]
    )
    narrow = demo.get(address, Sec_CH_Width="100")
    assert "Sec-CH-Width" in narrow.headers["vary"]
    assert len(narrow.body) < len(demo.get(address, Sec_CH_Width="300").body)


def test_the_page_shows_how_others_opt_in() -> None:
    text = shown("a.jpg").text
    assert "http-equiv=&quot;Delegate-CH&quot;" in text or 'http-equiv="Delegate-CH"' in text
    assert "sec-ch-width https://img.example" in text
    assert 'Permissions-Policy: ch-dpr=(self "https://img.example")' in text
    assert "Accept-CH: Sec-CH-DPR, Sec-CH-Width, Sec-CH-Viewport-Width" in text


def test_everything_comes_from_this_edge() -> None:
    page = shown("a.jpg")
    loaded = [value for _, element in page.elements for name, value in element.items() if name in ("src", "href")]
    assert loaded
    assert [url for url in loaded if not url.startswith(("/photos/", "/web/", "#", "data:"))] == []


def test_the_policy_allows_just_the_style_and_the_script_in_the_page() -> None:
    reply, page = page_of("a.jpg"), shown("a.jpg")
    policy = reply.headers.get("content-security-policy") or ""
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (inline,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page.text, re.DOTALL)
        assert f"{tag}-src 'sha256-{b64encode(sha256(inline.encode()).digest()).decode()}'" in policy
    assert [element for _, element in page.elements if "style" in element or "onclick" in element] == []


def test_every_picture_has_a_text_and_every_control_a_label() -> None:
    page = shown("a.jpg", "b.png")
    assert [image for image in page.found("img") if not image.get("alt")] == []
    labelled = {label["for"] for label in page.found("label")}
    assert {field["id"] for field in page.found("input")} == labelled


def test_names_are_text_and_never_markup() -> None:
    page = shown('<b>"x"&$first.jpg', "a, b 1x.png")
    assert "<b>&quot;" not in page.text
    assert {address.partition("?")[0] for address in page.addresses()} == {
        "/photos/%3Cb%3E%22x%22%26%24first.jpg",
        "/web/%3Cb%3E%22x%22%26%24first.jpg",
        "/photos/a%2C%20b%201x.png",
        "/web/a%2C%20b%201x.png",
    }


def test_nothing_is_left_to_fill_in() -> None:
    (body,) = shown("a.jpg").found("body")
    assert body == {"data-first": "/photos/a.jpg", "data-ladder": "160 320 640", "data-fallback": "480"}
    assert re.findall(r"\$[a-z]", shown("a.jpg").text) == []


@pytest.mark.parametrize(("length", "told"), [(999, "999 B"), (4_321, "4 kB"), (2_345_678, "2.3 MB")])
def test_the_original_s_length_is_told(length: int, told: str) -> None:
    body = demo_page([Original("a.jpg", length)], "/photos/", "/web/", LADDER).body
    assert isinstance(body, bytes)
    assert f"original {told}".encode() in body


def test_a_name_without_a_suffix_is_its_own_text() -> None:
    assert Original("a/b c.jpg", 1).alt == "b c"
    assert Original(".jpg", 1).alt == ".jpg"


def test_the_page_reads_no_file_of_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown("a.jpg").found("h1")
