"""What is printed once the edge serves."""

from pathlib import Path

from edge.processes.greeting import greeting
from edge.settings import load


def test_routes_tell_where_their_pictures_come_from(tmp_path: Path) -> None:
    (tmp_path / "a b.jpg").write_bytes(b"")
    settings = load(f"""origins: {{a: {{type: files, root: {tmp_path}}}}}
routes: [{{prefix: /jobs/, dialect: jobs}}, {{prefix: /p/, origin: a}}]""")
    lines = greeting(settings, "http://x", None).splitlines()
    assert lines[1:] == ["  http://x/jobs/ for jobs", "  http://x/p/ from a", "  try: http://x/p/a%20b.jpg?w=400"]
