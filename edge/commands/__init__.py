"""What stands behind the larger commands of the command line, and how a command ends."""

FINE, FAILED, WRONG = 0, 1, 2  # exit codes

EDGE, ADMIN = "http://127.0.0.1:8080", "http://127.0.0.1:8081"
ACCEPT = "image/avif,image/webp,*/*;q=0.8"  # as browsers of today ask for pictures
MOST_AT_ONCE = 64  # connections of one `edge warm`


class Ended(Exception):
    """A command that could not do what it was asked for: the sentences to print before its exit code."""

    code = FAILED

    def __init__(self, *sentences: str) -> None:
        self.sentences = sentences
        super().__init__("\n".join(sentences))


class Failed(Ended):
    """It failed while running."""


class Wrong(Ended):
    """Wrong usage or configuration."""

    code = WRONG


def counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
