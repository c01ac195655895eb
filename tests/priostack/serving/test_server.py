"""The server itself, where no client is needed."""

from __future__ import annotations

import gc
import socket
import warnings
from typing import TYPE_CHECKING, cast

import pytest
import uvicorn
from tests.priostack.serving.conftest import FakeBundle

from plugbay_adapters.priostack.serving.app import create_app
from plugbay_adapters.priostack.serving.place import WorkerPlace
from plugbay_adapters.priostack.serving.recording import Recorder
from plugbay_adapters.priostack.serving.server import BundleServer

if TYPE_CHECKING:
    from plugbay_adapters.priostack.bundle.bundle import Bundle
    from plugbay_adapters.priostack.serving.settings import ServeSettings


def test_a_ctrl_c_while_the_loop_is_imported_says_nothing_of_coroutines(
    quick: ServeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: uvicorn.Config) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Config, "get_loop_factory", interrupted)
    fake = FakeBundle()
    bundle = cast("Bundle", fake)
    recorder = Recorder(bundle, None, WorkerPlace())
    server = BundleServer(create_app(bundle, quick, recorder), quick, reload=lambda: None, on_ready=lambda _: None)
    with warnings.catch_warnings(record=True) as told, socket.socket() as listener:
        warnings.simplefilter("always")
        with pytest.raises(KeyboardInterrupt):
            server.serve_on(listener)
        gc.collect()
    recorder.close()
    fake.close()
    assert told == []
