"""A bundle has a queue of its own, which a restart finds again."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from plugbay_adapters.priostack.errors import SensorQueueUnusable
from plugbay_adapters.priostack.intents.default_queue import default_queue
from plugbay_adapters.priostack.intents.queue import SensorQueue


def file_of(url: str) -> Path:
    scheme, _, path = url.partition(":")
    assert scheme == "sqlite"
    return Path(path)


def test_it_lies_in_the_users_state_folder_and_is_named_after_the_bundle(tmp_path: Path) -> None:
    file = file_of(default_queue("/srv/tea shop/", {"XDG_STATE_HOME": str(tmp_path)}))
    assert file.parent == tmp_path / "plugbay" / "queues"
    assert file.name.startswith("tea-shop-")
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    SensorQueue.open(f"sqlite:{file}").close()


@pytest.mark.parametrize("named", ["", "relative/state"])
def test_without_a_state_folder_it_is_the_one_in_the_home(
    named: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    file = file_of(default_queue("shop", {"XDG_STATE_HOME": named}))
    assert file.parent == tmp_path / ".local" / "state" / "plugbay" / "queues"


def test_a_bundle_has_one_queue_however_its_path_is_spelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path / "state")}
    (tmp_path / "shop").mkdir()
    (tmp_path / "link").symlink_to("shop")
    monkeypatch.chdir(tmp_path)
    spelled = {default_queue(path, environment) for path in ("shop", "shop/", "./link", str(tmp_path / "shop"))}
    assert len(spelled) == 1


def test_bundles_of_one_name_have_queues_of_their_own(tmp_path: Path) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path)}
    assert default_queue("/a/shop", environment) != default_queue("/b/shop", environment)


@pytest.mark.parametrize("bundle", ["/", "...", "/srv/茶", "x" * 300])
def test_any_path_gives_a_file_name(bundle: str, tmp_path: Path) -> None:
    file = file_of(default_queue(bundle, {"XDG_STATE_HOME": str(tmp_path)}))
    file.touch()
    assert len(file.name) < 100


def test_a_folder_that_can_not_be_made_is_told_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "plugbay").write_text("in the way")
    with pytest.raises(SensorQueueUnusable, match="no folder can be made") as caught:
        default_queue("shop", {"XDG_STATE_HOME": str(tmp_path)})
    assert caught.value.hint is not None
    assert "--queue memory:" in caught.value.hint
