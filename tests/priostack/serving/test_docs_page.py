"""The page at /docs, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.browser import chromium
from tests.priostack.serving.conftest import ENDPOINTS, FakeBundle, Served, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from plugbay_adapters.priostack.serving.settings import ServeSettings

ARGUMENTS = (
    "--no-sandbox",  # the tests' own page, and a root user in containers
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(served: Served, browser: Browser) -> Iterator[Page]:
    """The page, loaded; nothing may be asked of another server, and nothing may fail in it."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text) if "Content Security Policy" in line.text else None)
    page.on(
        "request", lambda asked: troubles.append(asked.url) if not asked.url.startswith((served.url, "data:")) else None
    )
    page.goto(f"{served.url}/docs")
    page.get_by_text("ready", exact=True).wait_for()
    yield page
    context.close()
    assert troubles == []


def part_of(page: Page, method: str, path: str) -> Locator:
    """The part of the page that is about one endpoint."""
    parts = page.locator("details").filter(has=page.locator(".method", has_text=re.compile(f"^{method}$")))
    return parts.filter(has=page.locator(".path", has_text=re.compile(f"^{re.escape(path)}$")))


def endpoint(page: Page, method: str, path: str) -> Locator:
    """The opened part of one endpoint."""
    part = part_of(page, method, path)
    part.locator("summary").click()
    return part


def test_it_lists_every_endpoint(page: Page) -> None:
    expect(page).to_have_title("demo")
    expect(page.locator("#description")).to_have_text("A bundle for tests.")
    for method, path in ENDPOINTS:
        expect(part_of(page, method, path)).to_have_count(1)
    expect(page.get_by_role("heading", name="shop")).to_be_visible()


def test_it_sends_a_request_and_shows_the_answer(page: Page) -> None:
    part = endpoint(page, "POST", "/items/{id}")
    part.get_by_label("id").fill("a/ü")
    part.get_by_label("body").fill('{"n": 1}')
    part.get_by_role("button", name="Send").click()
    expect(part.get_by_role("status")).to_have_text(re.compile(r"200 OK · [\d.]+ ms · \d+ bytes"))
    expect(part.get_by_label("response")).to_have_text('{\n  "id": "a/ü",\n  "n": 1\n}')
    expect(part.get_by_label("curl command")).to_have_text(
        re.compile(r"curl -X POST '.+/items/a%2F%C3%BC' -H 'Content-Type: application/json' -d '\{\"n\": 1\}'")
    )


def test_it_takes_a_query(page: Page) -> None:
    part = endpoint(page, "GET", "/echo")
    part.get_by_label("query").fill("a=1&a=2")
    part.get_by_role("button", name="Send").click()
    expect(part.get_by_label("response")).to_have_text('{\n  "a": [\n    "1",\n    "2"\n  ]\n}')


def test_it_shows_what_failed(page: Page) -> None:
    part = endpoint(page, "POST", "/fail")
    part.get_by_role("button", name="Send").click()
    expect(part.get_by_role("status")).to_have_text(re.compile("^422 "))
    expect(part.get_by_role("status")).to_have_class("bad")


def test_it_asks_for_what_is_missing(page: Page) -> None:
    part = endpoint(page, "GET", "/items/{id}")
    part.get_by_role("button", name="Send").click()
    expect(part.get_by_role("status")).to_have_text("id is missing")
    expect(part.get_by_label("id")).to_be_focused()


def test_it_fires_a_sensor(page: Page, served: Served) -> None:
    part = endpoint(page, "POST", "/_sensors/{name}")
    part.get_by_role("button", name="Send").click()
    expect(part.get_by_role("status")).to_have_text(re.compile("^202 "))
    assert served.bundle.fired == [("orderPlaced", b"{}")]


def test_it_finds_endpoints(page: Page) -> None:
    page.get_by_label("Find").fill("get best")
    expect(page.locator("details:visible")).to_have_count(1)
    page.get_by_label("Find").fill("")
    assert page.locator("details:visible").count() > 15


def test_it_works_by_the_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the endpoints")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("details[open]")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("details[open]").get_by_role("status")).to_have_text(re.compile("^200 OK"))


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_phones_and_both_schemes(served: Served, browser: Browser, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(f"{served.url}/docs")
    page.locator("details").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(251, 250, 248)", "dark": "rgb(20, 23, 29)"}[scheme]
    context.close()


def test_markup_from_a_bundle_stays_text(settings: ServeSettings, browser: Browser) -> None:
    with serving(FakeBundle([("GET", "/<img src=x onerror=alert(1)>")]), settings) as served:
        page = browser.new_page()
        page.goto(f"{served.url}/docs")
        page.locator("details").first.wait_for()
        assert page.locator("img").count() == 0
        expect(page.locator(".path").first).to_have_text("/<img src=x onerror=alert(1)>")
        page.close()


def test_its_policy_lets_nothing_else_in(served: Served) -> None:
    answer = served.client.get("/docs")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert re.findall(r"https?://", answer.text) == []
