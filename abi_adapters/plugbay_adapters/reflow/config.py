"""An actor's config: completed with the schema's defaults and judged before the actor runs.

The schema is the guest's word. Compiling it fetches nothing, its patterns take time linear in the text, and the work of
judging a config is counted before it is done.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn, cast

import jsonschema_rs
import orjson

from plugbay.errors import ConfigInvalid, InvalidMetadata
from plugbay_adapters.reflow.defaults import Filling, Path
from plugbay_adapters.reflow.jsontext import Misfit, check_json, loads, name_of
from plugbay_adapters.reflow.problems import Problem, problem_of
from plugbay_adapters.reflow.schema_graph import SchemaGraph

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_EVALUATIONS = 2_000_000
"""Evaluations of schemas that judging one config may take; some 20 ms."""
MAX_EXPLAINED = 50_000
"""Evaluations up to which a config that does not pass is explained, which costs a hundred times as much."""
MAX_PROBLEMS = 20
"""Problems that one error names."""
_PATTERN_BYTES = 1024 * 1024
_ALL_PATTERNS_BYTES = 16 * 1024 * 1024
"""Bytes of one compiled regular expression, and of all those of a schema: a few characters can mean a megabyte."""


class ConfigSchema:
    """The JSON Schema of an actor's config; None takes any object.

    Raises :class:`~plugbay.errors.InvalidMetadata` for what is no usable schema, and for defaults that break it.
    References may lead to the schema's own parts only, and patterns are regular expressions without look-around and
    back-references.
    """

    def __init__(self, schema: object, *, plugin: str | None = None) -> None:
        self._plugin = plugin
        self._schema: dict[str, Any] = {}
        if type(schema) is dict:
            self._schema = cast("dict[str, Any]", schema)
        elif schema is False:
            self._schema = {"not": {}}
        elif schema is not None and schema is not True:
            self._refuse("object, boolean or null", name_of(schema))
        try:
            self._graph = SchemaGraph(self._schema)
            most = min(_PATTERN_BYTES, _ALL_PATTERNS_BYTES // max(self._graph.patterns, 1))
            self._validator = jsonschema_rs.validator_for(
                self._schema,
                mask="the value",
                pattern_options=jsonschema_rs.RegexOptions(size_limit=most, dfa_size_limit=most),
                offline=True,
            )
        except Misfit as misfit:
            self._refuse(misfit.expected, misfit.found, misfit.where)
        except jsonschema_rs.ValidationError as error:
            self._refuse_schema(error)
        except (jsonschema_rs.ReferencingError, ValueError) as error:
            self._refuse("valid JSON Schema", str(error)[:200])
        self._judge_defaults()

    def complete(self, config: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of the config with the defaults of what is missing.

        Raises :class:`~plugbay.errors.ConfigInvalid` that names every problem (the first 20) by its path, such as
        ``config.initial_value``, and :class:`~plugbay.errors.InvalidMetadata` when a default is to blame.
        """
        plain = dict(config)
        try:
            check_json(plain)
            filled: dict[str, Any] = orjson.loads(orjson.dumps(plain))
        except Misfit as misfit:
            self._refuse_config([Problem(misfit.where, misfit.expected, misfit.found)])
        except orjson.JSONEncodeError as error:
            self._refuse_config([Problem("", "valid Unicode", str(error))])
        made = self._fill(filled)
        problems = self._problems(filled)
        if problems:
            for problem in problems:
                if any(problem.path[: len(path)] == path for path in made):
                    self._refuse_default(problem)
            self._refuse_config(problems)
        return filled

    def _fill(self, config: dict[str, Any]) -> list[Path]:
        """Put the defaults into the config; the paths at which there was nothing before."""
        filling = Filling(self._graph, self._schema)
        try:
            if self._graph.has_defaults:
                filling.fill(config)
        except Misfit as misfit:
            self._refuse(misfit.expected, misfit.found, misfit.where)
        return filling.made

    def _judge_defaults(self) -> None:
        """Refuse defaults that break the schema, as far as an empty config meets them."""
        config: dict[str, Any] = {}
        made = self._fill(config)
        for problem in self._problems(config) if made else ():
            if any(problem.path[: len(path)] == path for path in made):
                self._refuse_default(problem)

    def _problems(self, config: dict[str, Any]) -> list[Problem]:
        """What is wrong with a config; 21 problems stand for more."""
        work = self._graph.evaluations(_levels(config))
        if work > MAX_EVALUATIONS:
            self._refuse(f"schema that is judged in {MAX_EVALUATIONS} evaluations", f"{work} for this config")
        if self._validator.is_valid(config):
            return []
        if work > MAX_EXPLAINED:
            return [Problem("", "what the schema describes", "a config too large to say where it differs")]
        return [problem_of(error) for error in islice(self._validator.iter_errors(config), MAX_PROBLEMS + 1)]

    def _refuse(self, expected: str, found: str, where: str = "") -> NoReturn:
        place = f"config_schema{where}"
        raise InvalidMetadata(
            f"{place}: expected {expected}, found {found}",
            plugin=self._plugin,
            function=place,
            expected=expected,
            found=found,
        )

    def _refuse_schema(self, error: jsonschema_rs.ValidationError) -> NoReturn:
        if error.kind.name == "$ref":  # to another schema, such as an unknown ``$schema``
            self._refuse("valid JSON Schema", error.message[:200])
        problem = problem_of(error)
        expected = problem.expected
        if expected == "text of the format regex":
            expected = "regular expression without look-around and back-references, not too large"
        self._refuse(expected, problem.found, problem.where)

    def _refuse_default(self, problem: Problem) -> NoReturn:
        place = f"config{problem.where}"
        raise InvalidMetadata(
            f"config_schema: the default of {place} breaks the schema: {problem}",
            plugin=self._plugin,
            function=place,
            expected=problem.expected,
            found=problem.found,
        )

    def _refuse_config(self, problems: list[Problem]) -> NoReturn:
        named = [f"config{problem.where}: {problem}" for problem in problems[:MAX_PROBLEMS]]
        more = ["and more"] if len(problems) > MAX_PROBLEMS else []
        first = problems[0]
        raise ConfigInvalid(
            "; ".join(named + more),
            plugin=self._plugin,
            function=f"config{first.where}",
            expected=first.expected,
            found=first.found,
            hint="the actor's metadata has the schema of its config",
        )


def read_verdict(data: bytes, *, plugin: str | None = None) -> bool:
    """The output of ``validate_config``: whether the actor takes the config.

    Raises :class:`~plugbay.errors.InvalidMetadata` for anything but a JSON boolean.
    """
    try:
        verdict = loads(data)
    except Misfit as misfit:
        found = misfit.found
    else:
        if type(verdict) is bool:
            return verdict
        found = name_of(verdict)
    raise InvalidMetadata(
        f"validate_config: expected true or false, found {found}",
        plugin=plugin,
        function="validate_config",
        expected="true or false",
        found=found,
    )


def _levels(config: dict[str, Any]) -> list[int]:
    """How many values there are at each depth, the config itself at the top."""
    counts: list[int] = []
    level: list[object] = [config]
    while level:
        counts.append(len(level))
        below: list[object] = []
        for value in level:
            if type(value) is dict:
                below += cast("dict[str, object]", value).values()
            elif type(value) is list:
                below += cast("list[object]", value)
        level = below
    return counts
