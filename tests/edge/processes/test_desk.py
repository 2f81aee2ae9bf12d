"""What the admin listener tells of several processes."""

import json

from edge.exchange import Fields, ImageRequest
from edge.processes.desk import added, heard_request, readiness, told_request


def state(ready: bool = True, disk: str = "ok") -> dict[str, object]:
    return {"ready": ready, "workers": {"alive": 2, "busy": 1}, "disk": disk, "sandbox": {"memory": "on"}}


def test_all_ready_is_ready() -> None:
    told = readiness([state(), state()], 2, 2, False)
    assert told == {
        "ready": True,
        "draining": False,
        "degraded": False,
        "processes": {"ready": 2, "configured": 2},
        "workers": {"alive": 4, "busy": 2},
        "disk": "ok",
        "sandbox": {"memory": "on"},
    }


def test_one_of_two_is_ready_but_degraded() -> None:
    told = readiness([state(disk="failing")], 1, 2, False)
    assert (told["ready"], told["degraded"], told["disk"]) == (True, True, "failing")
    assert told["processes"] == {"ready": 1, "configured": 2}


def test_one_without_workers_is_not_counted() -> None:
    told = readiness([state(), state(ready=False)], 2, 2, False)
    assert (told["ready"], told["degraded"], told["processes"]) == (True, True, {"ready": 1, "configured": 2})


def test_none_is_not_ready() -> None:
    told = readiness([], 0, 2, False)
    assert (told["ready"], told["workers"], told["disk"]) == (False, {"alive": 0, "busy": 0}, "off")


def test_draining_is_not_ready() -> None:
    assert readiness([state(), state()], 2, 2, True)["ready"] is False


def test_sizes_add_up_but_the_disk_is_one() -> None:
    one = {"memory": {"hits": 1, "bytes": 10}, "disk": {"hits": 2, "bytes": 90, "healthy": True}, "dropped": 1}
    other = {"memory": {"hits": 3, "bytes": 20}, "disk": {"hits": 4, "bytes": 80, "healthy": False}, "dropped": 0}
    assert added([one, other]) == {
        "memory": {"hits": 4, "bytes": 30},
        "disk": {"hits": 6, "bytes": 90, "healthy": False},
        "dropped": 1,
    }
    assert added([{"disk": None}, {"disk": None}]) == {"disk": None}
    assert added([]) == {}


def test_a_request_is_understood_as_it_was_told() -> None:
    fields = Fields([("Accept", "image/webp"), ("x", "\udc80"), ("x", "2")])
    request = ImageRequest("GET", "/a%20b", "w=1", "img.example.com", fields, "https")
    assert heard_request(json.loads(json.dumps(told_request(request)))) == request
