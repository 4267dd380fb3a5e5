"""The picture of a run as something that rich can draw and redraw at the foot of a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from batchsql.report.progress import ModelPicture, Picture
from batchsql.report.words import count, duration


def draw(picture: Picture, *, rows: int = 8) -> RenderableType:
    """A bar for the whole run, and a line for each of the first `rows` models that run now."""
    share = f"{picture.done:,} of {count(picture.total, 'batch', 'batches')}"
    total = Table.grid(padding=(0, 2))
    total.add_row(
        _progress_bar(picture.done, picture.total, width=30),
        Text(share, style="bold"),
        Text(count(picture.rows, "row")),
        Text(times(picture), style="dim"),
    )
    models = Table.grid(padding=(0, 2))
    for model in picture.running[:rows]:
        models.add_row(
            Text("  " + model.model, style="cyan"),
            _bar(model),
            Text(model.current),
            Text(_clock(model.seconds), style="dim"),
        )
    hidden = len(picture.running) - rows
    more = [Text(f"  and {count(hidden, 'more model')}", style="dim")] if hidden > 0 else []
    return Group(total, *([models] if picture.running else []), *more)


def times(picture: Picture) -> str:
    """Elapsed, and what is left where that can be told."""
    elapsed = f"{_clock(picture.elapsed)} elapsed"
    if picture.remaining is None or picture.done == picture.total:
        return elapsed
    return f"{elapsed}, about {_clock(picture.remaining)} left"


def _bar(model: ModelPicture) -> RenderableType:
    if model.total == 1:
        return Text("")
    bar = Table.grid(padding=(0, 1))
    bar.add_row(_progress_bar(model.done, model.total, width=20), Text(f"{model.done:,} of {model.total:,}"))
    return bar


def _progress_bar(done: int, total: int, *, width: int) -> ProgressBar:
    return ProgressBar(total=max(total, 1), completed=done, width=width, complete_style="cyan", finished_style="green")


def _clock(seconds: float) -> str:
    """Seconds to a tenth below ten, so that the picture does not flicker with hundredths."""
    return f"{seconds:.1f} s" if seconds < 9.95 else duration(round(seconds)).replace(".0 s", " s")
