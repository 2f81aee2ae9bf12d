"""What `load` says about a text."""

from collections.abc import Mapping

from edge.settings import BadSettings, Surroundings, load


def sentences(
    text: str | bytes, environ: Mapping[str, str] | None = None, around: Surroundings | None = None
) -> list[str]:
    """Every sentence, without the file's name; none when the configuration is fine."""
    told: tuple[str, ...] = ()
    try:
        load(text, "edge.yaml", environ, around)
    except BadSettings as bad:
        told = bad.sentences
    assert all(sentence.startswith("edge.yaml:") and "\n" not in sentence for sentence in told)
    return [sentence.removeprefix("edge.yaml:").strip() for sentence in told]
