"""Shared by the tests of the module layer."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from wasmtime import Config, Engine

if TYPE_CHECKING:
    from types import ModuleType

FUZZER = Path(__file__).parent.parent / "fuzz" / "module_fuzz.py"


@pytest.fixture(scope="session")
def fuzzer() -> ModuleType:
    """The fuzzing script as a module."""
    spec = importlib.util.spec_from_file_location("module_fuzz", FUZZER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def engine() -> Engine:
    """wasmtime with all its proposals, to compare with."""
    config = Config()
    config.parallel_compilation = False
    config.cranelift_opt_level = "none"
    return Engine(config)
