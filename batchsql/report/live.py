"""The picture of a run as something that rich can draw and redraw at the foot of a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from batchsql.report.progress import ModelPicture, Picture
from batchsql.report.words import count, duration

_WIDEST = 120
_BAR, _MODEL_BAR, _SHORTEST_BAR = 30, 20, 6


def draw(picture: Picture, *, rows: int = 8, width: int = _WIDEST) -> RenderableType:
    """A bar for the whole run, and a line for each of the first `rows` models that run now; none wider than `width`."""
    share = f"{picture.done:,} of {count(picture.total, 'batch', 'batches')}"
    written = count(picture.rows, "row")
    room = width - len(share) - len(written) - 6
    clock = times(picture)
    if len(clock) + _SHORTEST_BAR > room:
        clock = clock.replace(" elapsed, about", ",")
    texts = (_text(share, "bold"), _text(written), _text(clock, "dim"))
    total = Table.grid(padding=(0, 2))
    total.add_row(*_bar(picture.done, picture.total, min(_BAR, room - len(clock))), *texts)
    hidden = len(picture.running) - rows
    more = [Text(f"  and {count(hidden, 'more model')}", style="dim")] if hidden > 0 else []
    return Group(total, *([_models(picture.running[:rows], width)] if picture.running else []), *more)


def times(picture: Picture) -> str:
    """Elapsed, and what is left where that can be told."""
    elapsed = f"{_clock(picture.elapsed)} elapsed"
    if picture.remaining is None or picture.done == picture.total:
        return elapsed
    return f"{elapsed}, about {_clock(picture.remaining)} left"


def _models(running: tuple[ModelPicture, ...], width: int) -> Table:
    shares = [f"{model.done:,} of {model.total:,}" if model.total > 1 else "" for model in running]
    clocks = [_clock(model.seconds) for model in running]
    columns = ([model.model for model in running], shares, [model.current for model in running], clocks)
    room = width - sum(max(map(len, column)) + 2 for column in columns) - 2
    table = Table.grid(padding=(0, 2))
    for model, share, clock in zip(running, shares, clocks, strict=True):
        texts = (_text(share), _text(model.current), _text(clock, "dim"))
        bar = _bar(model.done, model.total if model.total > 1 else 0, min(_MODEL_BAR, room))
        table.add_row(_text("  " + model.model, "cyan"), *bar, *texts)
    return table


def _bar(done: int, total: int, width: int) -> list[RenderableType]:
    """A bar as the cells of a row: none where there is no room, an empty one where there is nothing to show."""
    if width < _SHORTEST_BAR:
        return []
    if not total:
        return [Text("")]
    return [ProgressBar(total=total, completed=done, width=width, complete_style="cyan", finished_style="green")]


def _text(text: str, style: str = "") -> Text:
    """A cell that is cut where the line ends, never broken."""
    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _clock(seconds: float) -> str:
    """Seconds to a tenth below ten, so that the picture does not flicker with hundredths."""
    return f"{seconds:.1f} s" if seconds < 9.95 else duration(round(seconds)).replace(".0 s", " s")
