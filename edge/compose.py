"""Settings, part by part, as the objects they describe. Floor 4, beside the composition root."""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Literal

from cache.tier import IndexStats, TierStats
from cache.tiered import Stats
from edge.dialects import values
from edge.dialects.base import DIALECTS
from edge.dialects.book import Book, Mark, Preset
from edge.dialects.kernels import KERNELS
from edge.freshness.judge import Window
from edge.negotiate.delivery import Delivery, HintRules, SaveData
from edge.observe.metrics import Metric, counter, gauge
from edge.origins.base import Origin, Watched
from edge.origins.client import Terms, Timeout
from edge.origins.files import Files
from edge.origins.http import Http
from edge.pipeline import Route, Rules
from edge.pipeline.jobs.route import JobsRoute
from edge.plan.facts import Limits
from edge.plan.plan import Wish
from edge.plan.steps import CENTRE, WHITE, Area, Caption, Point, SharpenWhen, Watermark
from edge.relay import RawRoute
from edge.routing.access import Access
from edge.routing.api_keys import NO_KEYS, ApiKeys
from edge.routing.signing import Key, Policy
from edge.settings import models, routes, watermarks
from edge.settings.origins import FilesOrigin, HttpOrigin
from edge.settings.origins import Origin as SomeOrigin

_PARSED = 4096  # distinct queries remembered per route; parsing is pure
_WORDY = 512  # characters; a longer query is parsed anew: what it says may take a thousand times its length


def limits_of(said: models.LimitSettings) -> Limits:
    return Limits(**said.model_dump(exclude={"url_bytes"}))


def keys_of(said: models.Signing) -> dict[str, Key]:
    """Raises ValueError with a sentence for a key that is none."""
    return {name: _key(name, key) for name, key in said.keys.items()}


def _key(name: str, said: models.Key) -> Key:
    secret, public, private = said.material
    return Key(name, secret, None if private else public, private, said.not_after)


def origin_of(name: str, said: object, max_bytes: int, pseudonym: str) -> Origin:
    """Raises ValueError with a sentence for a folder that cannot be read or a base that is none."""
    if isinstance(said, FilesOrigin):
        return Files(name, said.root, max_bytes)
    assert isinstance(said, HttpOrigin)  # the settings refuse every other type for now
    breaker = {"failures": 0} if said.breaker is None else said.breaker.model_dump()
    terms = Terms(
        headers=said.headers,
        timeout=Timeout(**said.timeout.model_dump()),
        retries=said.retries,
        allow_private=said.allow_private,
        ports=None if said.allow_private else (80, 443),
        max_connections=said.max_connections,
        redirects=said.redirects,
        max_bytes=max_bytes,
        pseudonym=pseudonym,
        **breaker,
    )
    return Http(name, said.url, terms)


def presets_of(said: Mapping[str, models.Preset]) -> dict[str, Preset]:
    return {name.lower(): Preset(preset.defaults, preset.overrides) for name, preset in said.items()}


def marks_of(said: Mapping[str, watermarks.Watermark]) -> dict[str, Mark]:
    return {name.lower(): Mark(name, _mark(mark), mark.path or "") for name, mark in said.items()}


_SHARPEN_WHEN: Mapping[str, SharpenWhen] = {
    "downscaling": "downscaling",
    "size_differs": "sizediffers",
    "always": "always",
}


def _mark(said: watermarks.Watermark) -> Watermark | Caption:
    gravity = Point(said.gravity.percentage.x, said.gravity.percentage.y) if said.gravity else CENTRE
    if said.text is not None:
        colour = values.colour(said.color) or WHITE
        return Caption(said.text, said.font, said.size, colour, gravity, said.margin, said.opacity)
    hints = said.hints
    return Watermark(
        area=_area(said.fit_box),
        mode=said.fit_mode,
        gravity=gravity,
        opacity=said.opacity,
        min_width=said.min_canvas_width,
        min_height=said.min_canvas_height,
        down_kernel=KERNELS[hints.down_filter] if hints.down_filter else None,
        up_kernel=KERNELS[hints.up_filter] if hints.up_filter else None,
        light=hints.scaling_colorspace,
        sharpen=hints.sharpen_percent,
        sharpen_when=_SHARPEN_WHEN[hints.sharpen_when],
    )


def _area(said: watermarks.FitBox) -> Area:
    on: Literal["image", "canvas"] = "image" if said.image_percentage or said.image_margins else "canvas"
    box = said.image_percentage or said.canvas_percentage
    if box is not None:
        return Area(on, box.x1, box.y1, box.x2, box.y2)
    free = said.image_margins or said.canvas_margins
    assert free is not None  # the settings see to it that there is one of the four
    return Area(on, free.left, free.top, free.right, free.bottom, margins=True)


def routes_of(said: models.Settings, origins: Mapping[str, Origin]) -> tuple[Route | RawRoute | JobsRoute, ...]:
    """Raises ValueError with a sentence for a key that is none, and for rules that contradict themselves."""
    keys, presets, marks = keys_of(said.signing), presets_of(said.presets), marks_of(said.watermarks)
    return tuple(
        [
            _jobs_of(one, keys, presets, marks)
            if one.dialect == "jobs"
            else _route_of(one, said.origins, origins, keys, presets, marks)
            for one in said.routes
        ]
    )


def _jobs_of(
    said: routes.Route, keys: Mapping[str, Key], presets: Mapping[str, Preset], marks: Mapping[str, Mark]
) -> JobsRoute:
    shown = NO_KEYS
    if said.api_keys is not None:
        secrets = tuple(key.get_secret_value() for key in said.api_keys.keys)
        shown = ApiKeys(secrets, said.api_keys.header, said.api_keys.query)
    book = Book(presets, marks, compat=said.compat)
    return JobsRoute(said.prefix, _access_of(said, keys), shown, book, said.host)


def _access_of(said: routes.Route, keys: Mapping[str, Key]) -> Access:
    signature = said.signature
    demanded = tuple(keys[name] for name in signature.keys) if signature.mode != "off" else ()
    return Access(Policy(signature.mode, signature.scheme, demanded), said.presets_only)


def _route_of(
    said: routes.Route,
    sources: Mapping[str, SomeOrigin],
    origins: Mapping[str, Origin],
    keys: Mapping[str, Key],
    presets: Mapping[str, Preset],
    marks: Mapping[str, Mark],
) -> Route | RawRoute:
    origin, source = origins[said.origin_names[0]], sources[said.origin_names[0]]
    access = _access_of(said, keys)
    window = Window(**said.freshness.model_dump())
    recheck = origin.recheck if isinstance(origin, Watched) else None
    groups = isinstance(source, HttpOrigin) and source.cache_groups
    if said.dialect == "raw":
        return RawRoute(
            said.prefix,
            origin,
            access,
            window,
            recheck,
            said.host,
            said.client_cache_control,
            said.set_cookie,
            groups,
        )
    return Route(
        said.prefix,
        origin,
        Rules(_parser(said, presets, marks), _delivery(said)),
        access,
        window,
        recheck,
        said.host,
        said.client_cache_control,
        said.ignore_no_transform,
        groups,
        bool(said.overrides),
    )


def _parser(
    said: routes.Route, presets: Mapping[str, Preset], marks: Mapping[str, Mark]
) -> Callable[[str, bool], Wish]:
    dialect = DIALECTS[said.dialect]
    book = Book(presets, marks, said.overrides, said.defaults, said.compat)

    def parse(query: str, trusted: bool) -> Wish:
        return dialect(query, book, trusted)

    usual = lru_cache(_PARSED)(parse)
    return lambda query, trusted: (usual if len(query) <= _WORDY else parse)(query, trusted)


def _delivery(said: routes.Route) -> Delivery:
    hints = None
    if said.hints is not None:
        fields = said.hints.model_dump(exclude={"save_data"})
        hints = HintRules(**fields, save_data=SaveData(**said.hints.save_data.model_dump()))
    return Delivery(
        formats=said.formats,
        animated_formats=said.animated_formats,
        auto_format=said.auto_format,
        quality=_qualities(said),
        target=float(said.quality.auto),
        light=said.light,
        compat=said.compat,
        keep=("copyright",) if said.metadata == "copyright" else (),
        gamut=said.gamut,
        queryless=said.queryless,
        downstream=said.downstream,
        hints=hints,
    )


def _qualities(said: routes.Route) -> dict[str, int]:
    """Imageflow has defaults of its own: there, only what the file itself says counts."""
    only = said.quality.model_fields_set if said.compat == "imageflow" else None
    return said.quality.model_dump(include=only, exclude={"auto"})


def cache_metrics(stats: Stats) -> Iterator[Metric]:
    """What the tiers did and hold, by tier."""
    tiers: dict[str, TierStats] = {"mem": stats.memory}
    if stats.disk is not None:
        tiers["disk"] = stats.disk
        yield counter("edge_cache_failures", "Operations that the disk refused", {"": stats.disk.failures})
        yield counter("edge_cache_repaired", "Entries that were damaged and went", {"": stats.disk.repaired})
        yield gauge("edge_cache_disk_healthy", "1 while the disk tier is in use", {"": float(stats.disk.healthy)})
    for name, text in (("hits", "Found"), ("misses", "Not found"), ("puts", "Stored"), ("evictions", "Made room")):
        yield counter(f"edge_cache_{name}", text, {tier: getattr(of, name) for tier, of in tiers.items()}, "tier")
    for name, text in (("bytes", "Bytes held"), ("entries", "Entries held"), ("capacity", "Bytes allowed")):
        yield gauge(f"edge_cache_{name}", text, {tier: getattr(of, name) for tier, of in tiers.items()}, "tier")
    yield gauge("edge_cache_queue_bytes", "Bytes waiting to be written to disk", {"": stats.queue_bytes})
    yield counter("edge_cache_dropped", "Writes that never reached the disk", {"": stats.dropped})


def index_metrics(stats: IndexStats) -> Iterator[Metric]:
    """What is known of originals, by name."""
    yield gauge("edge_index_names", "Originals that the index knows", {"": stats.names})
    yield gauge("edge_index_healthy", "1 while the index is in use", {"": float(stats.healthy)})
    yield counter("edge_index_puts", "Records written", {"": stats.puts})
    yield counter("edge_index_dropped", "Records that were never written", {"": stats.dropped})
    yield counter("edge_index_rebuilds", "Times the index began anew", {"": stats.rebuilds})
