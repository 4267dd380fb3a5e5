"""Whole processes in CPU seconds (user + system, children included), interleaved so that drift hits all alike."""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


def compile_bytecode() -> None:
    """Compile every installed package and this one, once: imports cost two to three times as much without."""
    compileall.compile_dir(sysconfig.get_paths()["purelib"], quiet=2)
    import batchsql

    compileall.compile_dir(str(Path(batchsql.__file__).parent), quiet=2)


def measured(command: Sequence[str], cwd: Path | None = None) -> tuple[float, str]:
    """CPU seconds that a command and its children took, and what it printed; a failure ends the program."""
    before = os.times()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode:
        raise SystemExit(
            f"{' '.join(command)} failed ({done.returncode}):\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
    seconds = (after.children_user - before.children_user) + (after.children_system - before.children_system)
    return seconds, done.stdout


def cpu_seconds(command: Sequence[str], cwd: Path | None = None) -> float:
    """CPU seconds that a command and its children took; its output is thrown away, a failure is not."""
    return measured(command, cwd)[0]


def interleaved(rounds: int, ways: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The median of each way's figure over rounds in which each runs once."""
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            figures[name].append(way())
    return {name: statistics.median(values) for name, values in figures.items()}


def report(title: str, figures: Mapping[str, float], base: str | None = None) -> None:
    """Print the figures, as ratios to the base too."""
    print(f"\n{title}")
    for name, value in figures.items():
        ratio = f"   {value / figures[base]:5.2f} x {base}" if base and name != base else ""
        print(f"  {name:<34} {value:8.3f} CPU s{ratio}")


BATCHSQL = [sys.executable, "-m", "batchsql"]
