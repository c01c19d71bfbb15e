"""`make arm`: what it says where it cannot run, and a bundle on an emulated ARM64 processor, where there is one."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

ROOT = Path(__file__).parents[2]
LINUX = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() == "aarch64", reason="the emulation is of Linux on other processors"
)


def asked(folder: Path, **environment: str) -> tuple[int, str]:
    bash = shutil.which("bash")
    assert bash is not None
    done = subprocess.run(
        [bash, str(ROOT / ".ci" / "arm"), str(folder)],
        env={**os.environ, "PIP": sys.executable, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr.strip()


@LINUX
def test_without_the_packages_of_debian_it_says_what_it_needs(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("dirname", "uname", "mkdir", "realpath"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    code, said = asked(tmp_path / "machine", PATH=str(tools))
    assert code == 2
    assert said == "arm: needs apt-get of Debian or Ubuntu, for qemu-user-static and Python for Arm"


@LINUX
def test_an_unknown_core_is_refused(tmp_path: Path) -> None:
    code, said = asked(tmp_path / "machine", CORE="max")
    assert code == 2 and "CORE is max; known cores: cortex-a53," in said


@pytest.mark.tf
@pytest.mark.long
def test_a_bundle_is_verified_on_an_emulated_processor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    machine = os.environ.get("NNSPEC_ARM")
    if machine is None:
        pytest.skip("no emulated ARM64 machine: make arm, then NNSPEC_ARM=build/arm")
    import arm

    bundles = tmp_path / "bundles"
    one = next(arm.bundles(bundles))
    assert arm.verified(Path(machine).resolve() / "python", one) == []
    manifest = one / "golden.npz"
    manifest.write_bytes(manifest.read_bytes()[:-1])
    assert "golden.npz has" in arm.verified(Path(machine).resolve() / "python", one)[0]
