from __future__ import annotations

from itertools import product

import pytest

from plugbay import AbiAdapter, Certainty, Claim, CompiledPlugin, Decline, Engine, Limits, PluginOptions
from plugbay.detection import choose, detect
from plugbay.errors import AmbiguousAbi, ConfigInvalid, MissingExport, ModuleError, UnknownAbi
from plugbay.module.binary import read_module
from plugbay.module.info import ModuleInfo
from plugbay.module.verified import VerifiedModule

INFO = read_module(b"\0asm\x01\0\0\0", "")


class FakeAdapter:
    """Claims as it was told to."""

    engines = ("wasmtime",)

    def __init__(
        self,
        name: str,
        certainty: Certainty | None,
        *findings: ModuleError,
        config: str = "",
        refines: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self.asked = 0
        self._certainty = certainty
        self._findings = findings
        self._config = config
        self._refines = refines

    def claim(self, info: ModuleInfo, options: PluginOptions) -> Claim | Decline:
        self.asked += 1
        if self._config and self._config not in options.config:
            raise ConfigInvalid(f"{self.name} needs {self._config}")
        if self._certainty is None:
            return Decline(self.name, ("no export magic",))
        return Claim(self.name, self._certainty, ("exports magic",), self._findings, refines=self._refines)

    def compile(
        self, module: VerifiedModule, info: ModuleInfo, engine: Engine, options: PluginOptions
    ) -> CompiledPlugin:
        raise NotImplementedError


def options(**config: object) -> PluginOptions:
    return PluginOptions("gear", Limits(), config)


def named(*adapters: FakeAdapter) -> dict[str, AbiAdapter]:
    return {adapter.name: adapter for adapter in adapters}


def winner(*certainties: Certainty | None, abi: str = "auto") -> str:
    adapters = named(*(FakeAdapter(f"abi{number}", certainty) for number, certainty in enumerate(certainties)))
    return choose(adapters, INFO, options(), abi)[1].abi


@pytest.mark.parametrize("certainties", list(product([Certainty.EXACT, Certainty.POSSIBLE, None], repeat=3)))
def test_one_exact_claim_wins_then_one_possible_and_anything_else_is_refused(
    certainties: tuple[Certainty | None, ...],
) -> None:
    exact, possible = certainties.count(Certainty.EXACT), certainties.count(Certainty.POSSIBLE)
    if exact == 1:
        assert winner(*certainties) == f"abi{certainties.index(Certainty.EXACT)}"
    elif exact == 0 and possible == 1:
        assert winner(*certainties) == f"abi{certainties.index(Certainty.POSSIBLE)}"
    else:
        with pytest.raises(AmbiguousAbi if exact + possible else UnknownAbi):
            winner(*certainties)


def test_a_refusal_prints_everybodys_evidence_and_how_to_force_one() -> None:
    finding = MissingExport("it does not export free")
    adapters = named(
        FakeAdapter("one", Certainty.POSSIBLE, finding),
        FakeAdapter("two", Certainty.POSSIBLE),
        FakeAdapter("three", None),
    )
    with pytest.raises(AmbiguousAbi) as caught:
        choose(adapters, INFO, options(), "auto")
    text = str(caught.value)
    for part in (
        "gear: 2 adapters claim the module",
        "one: possible: exports magic",
        "but it does not export free",
        "two: possible: exports magic",
        "three: no: no export magic",
        "--abi",
    ):
        assert part in text
    assert caught.value.found == "one, two"


def test_with_two_exact_claims_only_those_are_named() -> None:
    adapters = named(*(FakeAdapter(name, Certainty.EXACT) for name in "ab"), FakeAdapter("c", Certainty.POSSIBLE))
    with pytest.raises(AmbiguousAbi) as caught:
        choose(adapters, INFO, options(), "auto")
    assert caught.value.found == "a, b"


@pytest.mark.parametrize("certainty", [Certainty.EXACT, Certainty.POSSIBLE])
def test_an_exact_claim_that_refines_another_abi_counts_before_it(certainty: Certainty) -> None:
    base, refined = FakeAdapter("base", certainty), FakeAdapter("refined", Certainty.EXACT, refines=frozenset({"base"}))
    assert choose(named(base, refined), INFO, options(), "auto")[1].abi == "refined"


def test_a_possible_claim_that_refines_another_abi_yields_to_an_exact_one() -> None:
    refined = FakeAdapter("refined", Certainty.POSSIBLE, refines=frozenset({"base"}))
    assert choose(named(FakeAdapter("base", Certainty.EXACT), refined), INFO, options(), "auto")[1].abi == "base"


def test_a_named_abi_is_asked_alone() -> None:
    one, two = FakeAdapter("one", Certainty.EXACT), FakeAdapter("two", Certainty.POSSIBLE)
    adapter, claim = choose(named(one, two), INFO, options(), "two")
    assert (adapter, claim.abi) == (two, "two")
    assert (one.asked, two.asked) == (0, 1)


def test_a_named_abi_that_declines_says_what_it_misses() -> None:
    with pytest.raises(UnknownAbi, match="one: no: no export magic"):
        choose(named(FakeAdapter("one", None)), INFO, options(), "one")


def test_an_abi_that_nobody_installed_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigInvalid, match="no adapter for the ABI three") as caught:
        choose(named(FakeAdapter("one", None), FakeAdapter("two", None)), INFO, options(), "three")
    assert caught.value.hint == "installed: one, two"


def test_the_first_finding_of_the_winner_is_raised_with_the_plugins_name() -> None:
    finding = MissingExport("no free")
    with pytest.raises(MissingExport) as caught:
        choose(named(FakeAdapter("one", Certainty.EXACT, finding)), INFO, options(), "auto")
    assert caught.value is finding
    assert caught.value.plugin == "gear"


def test_an_adapter_that_does_not_understand_the_config_declines_with_that_reason() -> None:
    adapters = named(FakeAdapter("one", Certainty.EXACT, config="wsdl"), FakeAdapter("two", Certainty.POSSIBLE))
    detection = detect(adapters, INFO, options())
    assert [claim.abi for claim in detection.claims] == ["two"]
    assert detection.declines == (Decline("one", ("one needs wsdl",)),)
    assert [claim.abi for claim in detect(adapters, INFO, options(wsdl=1)).claims] == ["one", "two"]


def test_without_any_adapter_nothing_is_claimed() -> None:
    with pytest.raises(UnknownAbi):
        choose({}, INFO, options(), "auto")
