"""The page, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from tests.browser import chromium
from tests.conformance.reports.sample import failing_report, good_report

from plugbay_conformance.reports import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ARGUMENTS = (
    "--no-sandbox",  # the tests' own page, and a root user in containers
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    write_report(folder / "one.html", [failing_report()])
    write_report(folder / "many.html", [good_report("rust"), good_report("go"), failing_report()])
    return folder


@pytest.fixture(params=[(width, scheme) for width in WIDTHS for scheme in ("light", "dark")], ids=lambda p: "-".join(p))
def page(request: pytest.FixtureRequest, folder: Path, browser: Browser) -> Iterator[Page]:
    """The failing report's page. Nothing may be asked of a network, nothing may fail, no script of a guest may run."""
    width, scheme = request.param
    yield from opened(browser, folder / "one.html", WIDTHS[width], scheme)


def opened(browser: Browser, path: Path, width: int = 1280, scheme: str = "light") -> Iterator[Page]:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        offline=True,
    )
    page = context.new_page()
    page.set_default_timeout(20_000)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda line: troubles.append(line.text))
    page.on("dialog", lambda dialog: troubles.append(dialog.message))
    page.on("request", lambda asked: troubles.append(asked.url) if not asked.url.startswith("file:") else None)
    page.goto(path.as_uri())
    yield page
    context.close()
    assert troubles == []


def test_it_shows_the_verdict_and_every_requirement(page: Page) -> None:
    expect(page.locator("header .verdict")).to_have_text("failed")
    expect(page.locator(".requirement:visible")).to_have_count(6)


def test_nothing_is_wider_than_the_screen(page: Page) -> None:
    page.locator(".requirement").nth(1).locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_text_stands_out_from_its_ground(page: Page) -> None:
    contrast = page.evaluate(
        """() => {
          const light = (css) => {
            const [r, g, b] = css.match(/[\\d.]+/g).slice(0, 3).map((v) => {
              const s = v / 255; return s <= .03928 ? s / 12.92 : ((s + .055) / 1.055) ** 2.4; });
            return .2126 * r + .7152 * g + .0722 * b; };
          return [".verdict", ".mark.failed", ".mark.passed", ".mark.skipped", ".mark.expected"].map((name) => {
            const style = getComputedStyle(document.querySelector(name));
            const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
            return (a + .05) / (b + .05); }); }"""
    )
    assert min(contrast) >= 4.5


def test_a_failure_shows_reason_expected_found_hex_and_logs(page: Page) -> None:
    row = page.locator("#core-FLX-002")
    row.locator("summary").click()
    told = row.locator(".told").first
    expect(told.locator(".reason")).to_contain_text("<script>alert(1)</script>")
    expect(told).to_contain_text("000010  10 11 12 13 14 15 16 17 18 19 1a 1b 1c 1d 1e 1f")
    expect(told).to_contain_text("error: <script>")
    expect(row).to_contain_text("A rack would lose messages.")


def test_it_can_be_searched_and_filtered(page: Page) -> None:
    page.get_by_label("Find a requirement").fill("64 bits")
    expect(page.locator(".requirement:visible")).to_have_count(1)
    page.get_by_label("Find a requirement").fill("no such thing")
    expect(page.get_by_text("No requirement matches.")).to_be_visible()
    page.get_by_label("Find a requirement").fill("")
    for status in ("passed", "skipped", "expected"):
        page.get_by_role("checkbox", name=status, exact=True).uncheck()
    expect(page.locator(".requirement:visible")).to_have_count(2)
    expect(page.get_by_text("2 of 6 requirements")).to_be_visible()


def test_a_link_to_a_requirement_opens_it(page: Page) -> None:
    page.get_by_role("link", name="FLX-003").first.click()
    expect(page.locator("#core-FLX-003")).to_have_attribute("open", "")


def test_hosts_and_differences_are_told(page: Page) -> None:
    expect(page.locator(".host")).to_contain_text("1 broken, 4 passed")
    expect(page.locator(".host")).to_contain_text("a rack drops it")
    expect(page.get_by_role("heading", name="Engines disagree")).to_be_visible()


def test_several_reports_make_a_matrix_of_languages(folder: Path, browser: Browser) -> None:
    for page in opened(browser, folder / "many.html"):
        expect(page.locator("header")).to_contain_text("2 of 3 modules are conformant")
        expect(page.locator(".modules tbody tr")).to_have_count(3)
        expect(page.locator(".requirement")).to_have_count(6)
        assert page.locator(".row.head .cell").all_inner_texts()[:2] == ["rust", "go"]


def test_the_verdicts_of_a_matrix_are_seen_on_a_phone(folder: Path, browser: Browser) -> None:
    for page in opened(browser, folder / "many.html", WIDTHS["phone"]):
        for verdict in page.locator(".modules .verdict").all():
            box = verdict.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= WIDTHS["phone"]


def test_without_scripts_everything_can_still_be_read(folder: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "one.html").as_uri())
    expect(page.locator(".requirement:visible")).to_have_count(6)
    expect(page.locator("#filter")).to_be_hidden()
    page.locator("#core-FLX-002 > summary").click()
    expect(page.locator("#core-FLX-002 .told").first).to_be_visible()
    context.close()
