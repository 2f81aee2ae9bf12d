"""What a worker is told when it is started, as one JSON argument of its command line. It holds no secret."""

import json
from dataclasses import asdict, dataclass
from typing import Literal

Sandbox = Literal["auto", "required", "off"]

# on, alone: a source may ask for a fault (edge.workers.hooks); "alone" also does without libvips, so that tests of the
# pool start fast. Only who constructs the pool can say so: no request and no setting can.
Hooks = Literal["off", "on", "alone"]


@dataclass(frozen=True, slots=True)
class Terms:
    """`fd`: the worker's end of the socket. `parent`: the process it must not outlive. `memory`, `body_max`: bytes."""

    fd: int
    parent: int
    memory: int
    body_max: int
    sandbox: Sandbox = "auto"
    hooks: Hooks = "off"

    def text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> "Terms":
        return cls(**json.loads(text))
