from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.priostack.bundle.workshop import BundleFolder, good_files

from plugbay.cli import main


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def shop(tmp_path: Path) -> BundleFolder:
    return BundleFolder(tmp_path / "shop", good_files()).write()


@pytest.fixture
def check(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs ``plugbay bundle check``."""
    for name in ("FORCE_COLOR", "GITHUB_ACTIONS", "PY_COLORS", "COLUMNS", "PLUGBAY_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Result:
        capfd.readouterr()
        code = main(["bundle", "check", *map(str, arguments)])
        captured = capfd.readouterr()
        return Result(code, captured.out, captured.err)

    return run


def test_a_good_bundle_is_shown_with_its_routes_intents_and_goals(
    shop: BundleFolder, check: Callable[..., Result]
) -> None:
    result = check(shop.path)
    assert (result.code, result.err) == (0, "")
    lines = [" ".join(line.split()) for line in result.out.splitlines()]
    for line in (
        "shop 1.2.0",
        "Things to test with",
        "users 1.0.0 4 functions Who buys",
        "POST /api/users → users.create_user packed",
        "GET /api/users/{id} → users.echo packed",
        "GET /api/orders/{id} → orders.echo packed",
        "restock → users.create_user packed",
        "on stockLow 3 retries, cooldown 5m, expected 1s500ms, expires 1h30m",
        "users fast latency p99 < 50ms Quick",
        "It can be served.",
    ):
        assert line in lines
    assert max(map(len, result.out.splitlines())) <= 100
    assert not [line for line in result.out.splitlines() if line.endswith(" ")]


def test_a_zip_is_checked_as_well(shop: BundleFolder, check: Callable[..., Result]) -> None:
    assert check(shop.zip()).code == 0


def test_mistakes_go_to_standard_error_with_file_and_line(shop: BundleFolder, check: Callable[..., Result]) -> None:
    shop.replace("services/users.yaml", "method: POST", "method: POTS").put("wasm/orders.wasm", None)
    result = check(shop.path)
    assert (result.code, result.out) == (1, "")
    assert "services/users.yaml:7: method can't be 'POTS'\n  hint: did you mean POST?\n" in result.err
    assert "services/orders.yaml:1: the service has no module wasm/orders.wasm\n" in result.err
    assert result.err.endswith("shop can't be served: 2 mistakes\n")


def test_more_mistakes_than_a_screen_has_room_for_are_counted(shop: BundleFolder, check: Callable[..., Result]) -> None:
    shop.put("services/users.yaml", "name: users\n" + "".join(f"key{number}: x\n" for number in range(150)))
    result = check(shop.path)
    assert result.code == 1
    assert "the first 100 are shown, --json has all" in result.err
    assert len(check(shop.path, "--json").json["problems"]) >= 150


def test_notes_are_told_and_do_not_fail(shop: BundleFolder, check: Callable[..., Result]) -> None:
    shop.put("services/old.yaml", "name: old\n")
    result = check(shop.path)
    assert result.code == 0
    assert result.err.startswith("note: services/old.yaml: the bundle does not list this service\n")


def test_json_has_everything(shop: BundleFolder, check: Callable[..., Result]) -> None:
    result = check(shop.path, "--json")
    assert result.code == 0
    assert result.json["good"] is True
    assert len(result.json["routes"]) == 3
    shop.replace("bundle.yaml", "name: shop", "name:")
    result = check(shop.path, "--json")
    assert result.code == 1
    assert result.json["problems"] == [{"file": "bundle.yaml", "line": 1, "reason": "name has no value"}]


def test_no_bundle_at_all_is_unusable_input(tmp_path: Path, check: Callable[..., Result]) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "nothing", tmp_path, tmp_path / "file"):
        result = check(path)
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith("error[bundle-unusable]: ")
        assert "hint" in result.err
        assert check(path, "--json").json["error"]["code"] == "bundle-unusable"


def test_limits_hold_for_each_module(shop: BundleFolder, check: Callable[..., Result]) -> None:
    result = check(shop.path, "--module-bytes", 100)
    assert result.code == 1
    assert "wasm/users.wasm has over 100 bytes" in result.err
    assert check(shop.path, "--memory-pages", -1).code == 2


def test_hostile_texts_reach_the_terminal_escaped(shop: BundleFolder, check: Callable[..., Result]) -> None:
    shop.replace("bundle.yaml", "description: Things to test with", 'description: "\\e[31mred"')
    shop.replace("services/users.yaml", "description: Who buys", 'description: "\\e]0;title\\a"')
    result = check(shop.path)
    assert result.code == 0
    assert "\x1b" not in result.out
    assert "\x07" not in result.out


def test_the_commands_import_nothing_heavy() -> None:
    code = (
        "import sys, typer; from plugbay_adapters.priostack.cli import add_commands; add_commands(typer.Typer());"
        "heavy = 'yaml', 'starlette', 'uvicorn', 'pydantic', 'prometheus_client';"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
