from __future__ import annotations

from plugbay import (
    AbiAdapter,
    Certainty,
    Claim,
    Decline,
    EncodedGuest,
    Engine,
    GuestInstance,
    Limits,
    PluginOptions,
)
from plugbay.engines.wasmtime.engine import WasmtimeEngine
from plugbay_adapters.fluxrig.adapter import FluxrigAdapter
from plugbay_adapters.fluxrig.instance import FluxrigInstance


def test_our_own_adapter_and_engine_fulfil_the_contracts() -> None:
    adapter: AbiAdapter = FluxrigAdapter()
    engine: Engine = WasmtimeEngine()
    assert isinstance(adapter, AbiAdapter)
    assert isinstance(engine, Engine)
    assert issubclass(FluxrigInstance, EncodedGuest)
    for method in ("call", "call_many", "process", "process_many", "close"):
        assert callable(getattr(FluxrigInstance, method))
    engine.close()


def test_what_lacks_a_member_fulfils_nothing() -> None:
    assert not isinstance(object(), AbiAdapter)
    assert not isinstance(object(), Engine)
    assert not isinstance(object(), GuestInstance)
    assert not isinstance(object(), EncodedGuest)


def test_claims_and_declines_are_values() -> None:
    assert Claim("a", Certainty.EXACT) == Claim("a", Certainty.EXACT, (), (), None)
    assert Decline("a", ("no b",)) == Decline("a", ("no b",))
    assert f"{Certainty.EXACT} {Certainty.POSSIBLE}" == "exact possible"


def test_options_default_to_no_config_and_no_features() -> None:
    options = PluginOptions("gear", Limits())
    assert options.config == {}
    assert options.features == frozenset()
    assert PluginOptions("gear", Limits()).config is not options.config
