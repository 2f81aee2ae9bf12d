"""What a request on a raw route wants, what is known of it, and what its origin is to be asked. Pure."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from edge.errors import EdgeError, GatewayError, GatewayTimeout
from edge.exchange import NO_FIELDS, Fields, RawRequest
from edge.freshness.judge import Stored, Verdict, Window, judge, lifetime, may_serve_stale
from edge.freshness.said import NOTHING_SAID, Mode, Said
from edge.freshness.storable import storable, storable_post
from edge.freshness.validators import conditions
from edge.freshness.vary import Selecting, matches, selecting_of, variant_of, varies_on_everything
from edge.originals.record import Record, name_of, tag_of
from edge.origins.base import Origin, Watched
from edge.routing.access import Access

PRECONDITIONS: Final = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
MOST_FIELDS: Final = 64 << 10  # characters of an answer's fields; of more, nothing is stored
_JUST_NOW = 1.0  # seconds in which one validation answers all clients who wish for one
_COOKIES = ("set-cookie", "set-cookie2")
# Under which URL, and by which method, a client or a proxy claims to have asked: nothing of that is in a name, so none
# of it may shape an answer that others get too.
_CLAIMS: Final = (
    "forwarded",
    "front-end-https",
    "x-forwarded-host",
    "x-forwarded-path",
    "x-forwarded-port",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-forwarded-scheme",
    "x-forwarded-server",
    "x-forwarded-ssl",
    "x-forwarded-uri",
    "x-host",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-host",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
)
_USUAL: Final = frozenset({"", "close", "keep-alive"})  # what Connection says where it names no field
_OF_THE_REQUEST: Final = (*PRECONDITIONS, "range")  # what may be the only reason for an error
_OF_ITS_OWN: Final = frozenset({404, 410})  # errors that no field of the request is the reason for


@dataclass(frozen=True, slots=True)
class RawRoute:
    """One prefix whose answers are passed on as its origin gives them, whatever they are."""

    prefix: str
    origin: Origin
    access: Access
    window: Window
    recheck: float | None = None
    host: tuple[str, ...] | None = None
    client_cache_control: Mode = "ignore"
    set_cookie: Literal["strip", "store", "bypass"] = "strip"
    groups: bool = False
    near: bool = field(init=False)  # is the origin one that each request looks at?

    def __post_init__(self) -> None:
        object.__setattr__(self, "near", isinstance(self.origin, Watched))

    @property
    def raw(self) -> bool:
        return True

    def dressed(self, fields: Fields) -> Fields:
        """An answer's fields as this route lets them pass."""
        return fields.without(*_COOKIES) if self.set_cookie == "strip" else fields

    def shared(self, fields: Fields) -> Fields:
        """The fields of what is for more than one client: of what is stored, maybe by another route of this origin,
        and of a 304 as they may change that."""
        if self.set_cookie == "store" or not any(name in fields for name in _COOKIES):
            return fields
        return fields.without(*_COOKIES)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A request that may pass. `query` is the raw one without what only access reads, `expires` (Unix seconds) the end
    of its signature."""

    request: RawRequest
    route: RawRoute
    key: str
    query: str
    said: Said = NOTHING_SAID
    expires: float | None = None

    @property
    def name(self) -> str:
        return name_of(self.route.origin.name, self.key, self.query)

    @property
    def tag(self) -> str:
        """Short, for tables: a name may be 8 KiB long."""
        return tag_of(self.name)

    @property
    def target(self) -> str:
        return f"{self.request.path}?{self.query}" if self.query else self.request.path

    @property
    def reads(self) -> bool:
        return self.request.method in ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Decision:
    """What is stored for a request, and what to do. `record` is the one that the request selects; `fwd` is why the
    origin would be asked (RFC 9211 §2.2)."""

    verdict: Verdict
    fwd: str
    record: Record | None = None
    known: tuple[Record, ...] = ()


NOTHING_KEPT: Final = Decision(Verdict.FETCH, "uri-miss")


def heard(fields: Fields) -> Fields:
    """A request's fields without those that its Connection names: its origin hears of none of them, so none of them
    selects an answer (RFC 9110 §7.6.1)."""
    named = (fields.get("connection") or "").lower()
    return fields if named in _USUAL else fields.without(*[name.strip(" \t") for name in named.split(",")])


def decide(inquiry: Inquiry, known: tuple[Record, ...], now: float) -> Decision:
    record = chosen(known, inquiry.request.headers)
    stored, window, recheck = record.stored if record else None, inquiry.route.window, inquiry.route.recheck
    said = inquiry.said
    if stored is not None and inquiry.route.client_cache_control == "revalidate":
        said = NOTHING_SAID if 0 <= now - stored.received < _JUST_NOW else said
    verdict = judge(stored, window, now, recheck, said)
    if stored is None:
        return Decision(verdict, "vary-miss" if known else "uri-miss", None, known)
    if verdict is Verdict.FRESH:
        return Decision(verdict, "", record, known)
    usual = judge(stored, window, now, recheck)
    return Decision(verdict, "request" if usual is Verdict.FRESH else "stale", record, known)


def chosen(known: Sequence[Record], request: Fields) -> Record | None:
    """Of the stored answers that this request selects, the one with the latest Date (RFC 9111 §4.1)."""
    fitting = [one for one in known if fits(one.stored.fields, one.selecting, request)]
    return max(fitting, key=lambda one: one.stored.date(), default=None)


def fits(fields: Fields, selecting: Selecting, request: Fields) -> bool:
    return not varies_on_everything(fields) and matches(selecting, request)


# Asking.


@dataclass(frozen=True, slots=True)
class Question:
    """What the origin is asked. `offered` are the stored answers that the conditions in `fields` name, `fallback` the
    one that may be served stale. `stores`: its answer may be stored; `shared`: others may wait for it."""

    method: str
    fields: Fields
    offered: tuple[Record, ...] = ()
    fallback: Record | None = None
    stores: bool = False
    shared: bool = False

    @property
    def forwards_preconditions(self) -> bool:
        """Does the origin evaluate the client's own?"""
        return not self.offered and any(name in self.fields for name in PRECONDITIONS)

    def plainly(self) -> "Question":
        """Without conditions, for the whole."""
        return replace(self, fields=self.fields.without(*PRECONDITIONS), offered=())


def question_of(inquiry: Inquiry, decision: Decision, *, passing: bool = False) -> Question:
    """`passing`: answers to this name are known not to be storable, so that nothing speaks for asking for the whole."""
    fields, method = inquiry.request.headers, inquiry.request.method
    if not inquiry.reads:
        return Question(method, fields, stores=method == "POST")
    fields = fields.without(*_CLAIMS)
    if decision.verdict is Verdict.BYPASS or (passing and not decision.known):
        return Question(method, fields, stores=method == "GET" and decision.verdict is not Verdict.BYPASS)
    plain = fields.without(*PRECONDITIONS, "range", "if-range")
    if method == "HEAD":
        return Question("HEAD", plain, fallback=decision.record)
    shared = "authorization" not in fields
    offered, asked = _offer(decision)
    if offered:
        return Question("GET", Fields((*plain, *asked)), offered, decision.record, stores=True, shared=shared)
    if "range" in fields:
        return Question("GET", fields.without(*PRECONDITIONS), (), decision.record, stores=True)
    return Question("GET", plain, (), decision.record, stores=True, shared=shared)


def _offer(decision: Decision) -> tuple[tuple[Record, ...], Fields]:
    """The stored answer, or when none is selected all whose tags the origin may confirm. A date would not do then: it
    says nothing of which variant it is."""
    if decision.record is not None:
        asked = conditions(decision.record.stored.fields)
        return ((decision.record,) if asked else (), asked)
    tagged = tuple([one for one in decision.known if "etag" in one.stored.fields])
    asked = conditions(*[one.stored.fields for one in tagged]).without("if-modified-since") if tagged else NO_FIELDS
    return (tagged if asked else (), asked)


Lane = tuple[str, str, bool]


def lane_of(inquiry: Inquiry, vary: Fields) -> Lane:
    """Requests of one lane share a question: the same name, the same variant as far as an earlier answer's Vary tells,
    and the same wish for a validation."""
    selecting = selecting_of(vary, inquiry.request.headers) or ()
    return inquiry.tag, variant_of(selecting), inquiry.said != NOTHING_SAID


# Judging the answer.


def may_keep(inquiry: Inquiry, question: Question, stored: Stored) -> bool:
    """Is this answer to be stored, as far as its fields tell?"""
    fields = stored.fields
    if not question.stores or (inquiry.route.set_cookie == "bypass" and any(name in fields for name in _COOKIES)):
        return False
    if sum(len(name) + len(value) for name, value in fields) > MOST_FIELDS or _is_about_the_request(question, stored):
        return False
    if question.method == "POST":
        return storable_post(stored.status, fields, inquiry.target, request=question.fields)
    allowed = storable(stored.status, fields, method=question.method, request=question.fields)
    return allowed and _is_worth_keeping(stored, inquiry.route.window)


def _is_about_the_request(question: Question, stored: Stored) -> bool:
    """Is it an error that whoever asks without ranges and conditions would not have got? 416 and 412 are, and some
    origins say 400."""
    if stored.status < 400 or stored.status in _OF_ITS_OWN:
        return False
    return any(name in question.fields for name in _OF_THE_REQUEST)


def _is_worth_keeping(stored: Stored, window: Window) -> bool:
    """Can it ever be used again, as it is or after a validation?"""
    return lifetime(stored, window) > 0 or "etag" in stored.fields or "last-modified" in stored.fields


def reusable(inquiry: Inquiry, stored: Stored, now: float) -> bool:
    """May an answer that one request brought be used for others? Only as if it had been stored before."""
    verdict = judge(stored, inquiry.route.window, now)
    return verdict in (Verdict.FRESH, Verdict.STALE_SERVE_AND_REVALIDATE)


def lacking(record: Record | None, window: Window, now: float, error: EdgeError) -> Record:
    """The origin failed: the stored answer once more; else raises what the client is told. Without a successful
    validation, what may not be served stale is 504 (RFC 9111 §5.2.2.2)."""
    disconnected = isinstance(error, GatewayError) and error.disconnected
    if record is not None and may_serve_stale(record.stored, window, now, disconnected=disconnected):
        return record
    if record is not None and disconnected and not isinstance(error, GatewayTimeout):
        raise GatewayTimeout(error.sentence, error=_kind(error), disconnected=True)
    raise copy(error)


def _kind(error: EdgeError) -> str:
    return error.error if isinstance(error, GatewayError) else ""
