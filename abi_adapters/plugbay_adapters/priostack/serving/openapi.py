"""The OpenAPI 3.1 document of a bundle: its endpoints and the server's own paths, with every answer that they give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plugbay_adapters.priostack.serving.inputs import BODY_METHODS
from plugbay_adapters.priostack.serving.router import is_parameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plugbay_adapters.priostack.bundle.documents import BundleDocument, Endpoint
    from plugbay_adapters.priostack.bundle.version import BundleVersion, Route

Json = dict[str, Any]

_TAG: Final = "server"
_ANY_JSON: Final[Json] = {"application/json": {"schema": {}}}
_ERRORS: Final = {
    "400": ("BadRequest", "The body is no JSON, or the path or query is not UTF-8."),
    "413": ("TooLarge", "The input is over the service's limit."),
    "415": ("UnsupportedMediaType", "The body is not declared as JSON in UTF-8, uncompressed."),
    "422": ("FunctionError", "The function reported an error; it is the function's own text or value."),
    "500": ("InternalError", "The function failed, or the server; the log tells more under the id."),
    "503": ("Unavailable", "Too many requests wait for the service."),
    "504": ("TooSlow", "The function took longer than its deadline."),
}
"""Status: name of the response under ``components``, and what it means."""
_BODY_ERRORS: Final = ("400", "413", "415", "422", "500", "503", "504")
_URL_ERRORS: Final = ("400", "413", "422", "500", "503", "504")


def openapi_document(version: BundleVersion) -> Json:
    """The document of one version of a bundle, as plain values."""
    document = version.document
    return {
        "openapi": "3.1.0",
        "info": {
            "title": document.name,
            "version": document.version or "0",
            **({"description": document.description} if document.description else {}),
        },
        "paths": {**_endpoint_paths(version.routes), **_own_paths(document)},
        "components": {
            "schemas": {"Error": _ERROR_SCHEMA},
            "responses": dict(_error_response(*facts) for facts in _ERRORS.values()),
        },
        "tags": [
            *({"name": service.name, "description": service.description} for service in document.services),
            {"name": _TAG, "description": "The server itself."},
        ],
    }


_ERROR_SCHEMA: Final[Json] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {"description": "What is wrong: a sentence, or what the function reported."},
        "id": {"type": "string", "description": "Under which the log tells more."},
    },
}


def _endpoint_paths(routes: Iterable[Route]) -> Json:
    """Endpoints by path. Paths that differ in the names of parameters only are one path, named as the first is."""
    paths: Json = {}
    spellings: dict[str, str] = {}
    for route in routes:
        endpoint = route.endpoint
        shape = "/".join("{}" if is_parameter(segment) else segment for segment in endpoint.path.split("/"))
        path = spellings.setdefault(shape, endpoint.path)
        paths.setdefault(path, {})[endpoint.method.lower()] = _operation(route, _names(path))
    return paths


def _names(path: str) -> list[str]:
    return [segment[1:-1] for segment in path.split("/") if is_parameter(segment)]


def _operation(route: Route, names: list[str]) -> Json:
    endpoint = route.endpoint
    has_body = endpoint.method in BODY_METHODS
    operation: Json = {
        "operationId": f"{route.service}.{endpoint.name}",
        "summary": endpoint.name,
        "tags": [route.service],
        "responses": {
            "200": {"description": "What the function returned.", "content": _ANY_JSON},
            "204": {"description": "The function returned nothing."},
            **{status: _reference(status) for status in (_BODY_ERRORS if has_body else _URL_ERRORS)},
        },
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    parameters = [_path_parameter(name) for name in names]
    if not has_body:
        parameters.append(_QUERY)
    if parameters:
        operation["parameters"] = parameters
    if endpoint.method != "GET":
        operation["requestBody"] = _body(endpoint)
    return operation


def _body(endpoint: Endpoint) -> Json:
    schema = {"type": "object"} if endpoint.parameters else {}
    return {"required": endpoint.method in BODY_METHODS, "content": {"application/json": {"schema": schema}}}


def _path_parameter(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


_QUERY: Final[Json] = {
    "name": "query",
    "in": "query",
    "description": "Any parameters; the function gets them as texts, and one that is repeated as an array of texts.",
    "style": "form",
    "explode": True,
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}


def _reference(status: str) -> Json:
    return {"$ref": f"#/components/responses/{_ERRORS[status][0]}"}


def _error_response(name: str, meaning: str) -> tuple[str, Json]:
    schema = {"$ref": "#/components/schemas/Error"}
    return name, {"description": meaning, "content": {"application/json": {"schema": schema}}}


def _own_paths(document: BundleDocument) -> Json:
    sensors = sorted({intent.sensor for service in document.services for intent in service.intents})
    paths = {
        "/healthz": {"get": _own("health", "Whether the process lives.")},
        "/readyz": {"get": _own("readiness", "Whether requests should be sent here.", "503")},
        "/_goals": {"get": _own("goals", "Which goals are met.")},
        "/_intents": {"get": _own("intents", "What the intents are doing.", "503")},
    }
    return {**paths, "/_sensors/{name}": {"post": _sensor_operation(sensors)}} if sensors else paths


def _own(name: str, summary: str, *errors: str) -> Json:
    return {
        "operationId": f"{_TAG}.{name}",
        "summary": summary,
        "tags": [_TAG],
        "responses": {
            "200": {"description": "The state as of now.", "content": _ANY_JSON},
            **{status: _reference(status) for status in errors},
        },
    }


def _sensor_operation(sensors: list[str]) -> Json:
    return {
        "operationId": f"{_TAG}.fire",
        "summary": "Fire a sensor: every intent that listens to it runs.",
        "tags": [_TAG],
        "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string", "enum": sensors}}],
        "requestBody": {"required": True, "content": _ANY_JSON},
        "responses": {
            "202": {"description": "The event is accepted and durable; these are its runs.", "content": _ANY_JSON},
            **{status: _reference(status) for status in ("400", "413", "415", "503")},
            "404": {
                "description": "No intent listens to this sensor.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
            },
        },
    }
