"""A project's build script on a machine where the language's compiler is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from plugbay_conformance.scaffold import LANGUAGES, create_project, kind_of

WAY_OUT = {
    "rust": "cargo is missing: install Rust with rustup",
    "go": "go is missing: install Go 1.24 or newer",
    "zig": "Zig 0.17 is missing: pip install ziglang==0.17.0",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_missing_compiler_is_told_with_the_way_out(language: str, tmp_path: Path) -> None:
    project = create_project(tmp_path / "my-plugin", kind_of("priostack", None, language))
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("sh", "dirname"):
        found = shutil.which(tool)
        assert found is not None
        (tools / tool).symlink_to(found)
    environment = {name: value for name, value in os.environ.items() if name not in ("CARGO", "GO", "PYTHON")}
    done = subprocess.run(
        ["/bin/sh", "build.sh"],
        cwd=project.folder,
        env={**environment, "PATH": str(tools)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [WAY_OUT[language]]
    assert not (project.folder / project.module).exists()
