"""The server's own paths: health, readiness, sensors, metrics, and the OpenAPI document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from openapi_spec_validator import validate
from prometheus_client.parser import text_string_to_metric_families
from tests.priostack.serving.conftest import ENDPOINTS, FakeBundle, Served, serving

from plugbay.errors import PlugbayError
from plugbay_adapters.priostack.errors import SensorQueueUnusable
from plugbay_adapters.priostack.serving.openapi import openapi_document
from plugbay_adapters.priostack.serving.reserved import RESERVED_PATHS, reserved_path

if TYPE_CHECKING:
    from plugbay_adapters.priostack.serving.settings import ServeSettings

JSON = {"content-type": "application/json"}


def test_health_and_readiness(served: Served) -> None:
    assert served.client.get("/healthz").json() == {"status": "ok"}
    assert served.client.get("/readyz").json() == {"status": "ready", "bundle": "demo", "version": 1}
    served.bundle.swap()
    assert served.client.get("/readyz").json()["version"] == 2


def test_a_server_that_is_ending_is_not_ready_and_serves_on(settings: ServeSettings) -> None:
    with serving(FakeBundle(), settings) as served:
        served.app.draining = True
        answer = served.client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"error": "the server is ending"})
        assert served.client.get("/healthz").status_code == 200
        assert served.client.get("/echo").status_code == 200


def test_a_queue_that_can_t_be_used_makes_the_server_not_ready(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise SensorQueueUnusable("the disk is full")

    monkeypatch.setattr(served.bundle.intents, "check", broken)
    monkeypatch.setattr(served.bundle.intents, "report", broken)
    answer = served.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"error": "the queue of sensor events can't be used"})
    assert served.client.get("/healthz").status_code == 200
    assert served.client.get("/_intents").status_code == 503


def test_a_sensor_takes_an_event(served: Served) -> None:
    answer = served.client.post("/_sensors/orderPlaced", content=b'{"n": 1.0}', headers=JSON)
    assert answer.status_code == 202
    assert answer.json()["sensor"] == "orderPlaced"
    assert answer.headers["x-request-id"]
    assert served.bundle.fired == [("orderPlaced", b'{"n": 1.0}')]


@pytest.mark.parametrize(
    ("sensor", "body", "headers", "status"),
    [
        ("nobody", b"{}", JSON, 404),
        ("full", b"{}", JSON, 503),
        ("orderPlaced", b"{", JSON, 400),
        ("orderPlaced", b"", JSON, 400),
        ("orderPlaced", b"{}", {}, 415),
        ("orderPlaced", b'"' + b"x" * 5_000_000 + b'"', JSON, 413),
    ],
)
def test_what_a_sensor_does_not_take(
    served: Served, sensor: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    answer = served.client.post(f"/_sensors/{sensor}", content=body, headers=headers)
    assert answer.status_code == status
    assert isinstance(answer.json()["error"], str)
    assert served.bundle.fired == []


def test_other_methods_and_paths_below_are_refused_in_the_same_shape(served: Served) -> None:
    answer = served.client.get("/_sensors/orderPlaced")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json() == {"error": "this path does not take this method"}
    assert served.client.get("/docs/nothing").json() == {"error": "there is nothing at this path"}


def test_state_is_shown(served: Served) -> None:
    assert served.client.get("/_goals").json() == {"goals": []}
    assert served.client.get("/_intents").json()["waitingBound"] == 100


def test_metrics_count_requests(served: Served) -> None:
    served.client.get("/echo")
    served.client.post("/trap", content=b"{}", headers=JSON)
    served.client.get("/_sensors/made-up-by-a-client")
    served.client.get("/made-up-by-a-client")
    answer = served.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    counted = {
        (sample.labels["endpoint"], sample.labels["status"]): sample.value
        for sample in samples
        if sample.name.endswith("requests_total")
    }
    assert counted[("get_/echo", "200")] == 1
    assert counted[("post_/trap", "500")] == 1
    assert counted[("/_sensors", "405")] == 1
    assert counted[("unmatched", "404")] == 1


def test_the_reserved_paths_are_those_that_are_answered(served: Served) -> None:
    for path in RESERVED_PATHS:
        status = served.client.get(path + "/x" if path == "/_sensors" else path).status_code
        assert status == (405 if path == "/_sensors" else 200)


def test_a_parameter_does_not_take_the_reserved_paths(settings: ServeSettings) -> None:
    with serving(FakeBundle([("GET", "/{page}"), ("GET", "/{page}/{part}")]), settings) as served:
        assert served.client.get("/healthz").json() == {"status": "ok"}
        assert served.client.get("/docs/x").status_code == 404
        assert served.client.get("/health").json() == {"page": "health"}
        assert reserved_path("/docsx") is None


def test_the_openapi_document_is_one_and_tells_every_endpoint(served: Served) -> None:
    document = served.client.get("/openapi.json").json()
    validate(document)
    found = {(method.upper(), path) for path, facts in document["paths"].items() for method in facts}
    assert set(ENDPOINTS) <= found
    operation = document["paths"]["/items/{id}"]["post"]
    assert operation["requestBody"] == {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    assert set(operation["responses"]) == {"200", "204", "400", "413", "415", "422", "500", "503", "504"}
    assert document["paths"]["/_sensors/{name}"]["post"]["parameters"][0]["schema"]["enum"] == ["orderPlaced"]
    operations = [operation["operationId"] for facts in document["paths"].values() for operation in facts.values()]
    assert len(operations) == len(set(operations))


def test_paths_of_one_shape_are_one_path_in_the_document() -> None:
    bundle = FakeBundle([("GET", "/{a}/x"), ("PUT", "/{b}/x")])
    document = openapi_document(bundle.version)
    validate(document)
    assert set(document["paths"]["/{a}/x"]) == {"get", "put"}
    assert document["paths"]["/{a}/x"]["put"]["parameters"][0]["name"] == "a"
    bundle.close()


def test_the_document_follows_the_version(served: Served) -> None:
    served.bundle.swap([("GET", "/new")])
    assert "/new" in served.client.get("/openapi.json").json()["paths"]


def test_errors_of_own_paths_are_told_by_the_table(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise PlugbayError("an inner secret")

    monkeypatch.setattr(served.bundle.goals, "report", broken)
    answer = served.client.get("/_goals", headers={"x-request-id": "one"})
    assert (answer.status_code, answer.json()) == (500, {"error": "internal error", "id": "one"})
    assert json.loads(answer.content)["id"] == answer.headers["x-request-id"]
