"""What routes of jobs may say. A job brings its pictures along, or names other routes' pictures by their paths, and
says itself what becomes of them: whatever speaks of one origin or shapes what a URL names means nothing there."""

from edge.settings.document import Tree
from edge.settings.report import Place, Report, dotted

# Keys that count on a route of jobs; besides those that no route may use yet.
JOBS: frozenset[str] = frozenset({"prefix", "host", "dialect", "signature", "api_keys", "compat"})
_LATER = frozenset({"rewrite", "other", "cors", "on_error", "imaginary"})
_NOTHING: tuple[Tree, ...] = ("", "off", "false", None, [], {})
_SOURCES = ("origin", "origins")


def check_jobs(place: Place, route: dict[str, Tree], report: Report) -> None:
    """Sentences about one route, of jobs or not."""
    if route.get("dialect") != "jobs":
        _only_jobs(place, route, report)
        return
    for key, value in route.items():
        if key in JOBS | _LATER or value in _NOTHING:
            continue
        asked = (*place, key)
        report.say(asked, f"{dotted(asked)} {_words(key)}; take the key away")


def _words(key: str) -> str:
    if key in _SOURCES:
        return "names an origin, but a job brings its pictures along, or names them by their paths on other routes"
    return "shapes what a URL names, but a job says itself what becomes of its pictures"


def _only_jobs(place: Place, route: dict[str, Tree], report: Report) -> None:
    if route.get("api_keys") not in _NOTHING:
        asked = (*place, "api_keys")
        report.say(asked, f"{dotted(asked)} is for routes of jobs only; on others it is not supported yet")
