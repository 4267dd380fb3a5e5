"""Listeners: each tells the events of a run its own way, in words that report/ gives."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, TextIO, cast

from batchsql.cli.terminal import Terminal, utc_now
from batchsql.pipeline import BatchFinished, BatchStarted, Event, Note, PlanGrew, RunStarted
from batchsql.report import lines
from batchsql.report.plans import batch_record
from batchsql.report.progress import Picture, Progress, model_line
from batchsql.report.words import fold
from batchsql.values import Outcome, Plan

if TYPE_CHECKING:
    from rich.live import Live

_WIDEST_NAME = 48


class Reporter(Protocol):
    """Hears the events of one run, in one thread, inside a `with` block."""

    def __call__(self, event: Event) -> None:
        """One event."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def reporter_for(terminal: Terminal, shapes: Mapping[str, str]) -> Reporter:
    """The one that suits: JSON, silence, a live picture, or plain lines. shapes: materialization of each model."""
    if terminal.json_log:
        return JsonReporter(terminal)
    if terminal.quiet:
        return QuietReporter()
    return LiveReporter(terminal, shapes) if terminal.is_live else PlainReporter(terminal, shapes)


class _Reporter:
    """Nothing to open, nothing to close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class QuietReporter(_Reporter):
    """Says nothing; the summary tells of failures."""

    def __call__(self, event: Event) -> None:
        """Nothing."""


class JsonReporter(_Reporter):
    """One JSON object a line for each event."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def __call__(self, event: Event) -> None:
        """Print the event."""
        now = utc_now()
        match event:
            case RunStarted():
                record = lines.run_started_record(event.run_id, event.plan, now)
            case PlanGrew():
                record = lines.plan_grew_record(event.plan, now)
            case BatchStarted():
                record = lines.batch_started_record(batch_record(event.batch), now)
            case BatchFinished():
                record = lines.batch_finished_record(event.outcome, now)
            case Note():
                record = lines.note_record(event.message, now)
        self._terminal.record(record)


class PlainReporter(_Reporter):
    """One line a batch, for logs and pipes."""

    def __init__(self, terminal: Terminal, shapes: Mapping[str, str]) -> None:
        self._terminal = terminal
        self._paint = terminal.paint
        self._shapes = shapes
        self._total = 0
        self._left: Counter[str] = Counter()
        self._skipped: Counter[str] = Counter()
        self._done = 0
        self._width = 0

    def __call__(self, event: Event) -> None:
        """Print a line for each batch that ended."""
        match event:
            case RunStarted():
                self._total = len(event.plan.batches)
                self._left = Counter(batch.model for batch in event.plan.batches)
                self._width = _name_width(event.plan, intervals=True)
                self._terminal.say(lines.run_line(event.run_id, event.plan))
            case PlanGrew():
                self._total += len(event.plan.batches)
                self._left.update(batch.model for batch in event.plan.batches)
                self._width = max(self._width, _name_width(event.plan, intervals=True))
            case BatchFinished():
                self._finished(event.outcome)
            case Note():
                self._terminal.note(event.message)
            case BatchStarted():
                pass

    def _finished(self, outcome: Outcome) -> None:
        """A line for the batch; of what is skipped, one for the model, when all of it is known."""
        model = outcome.batch.model
        self._done += 1
        self._left[model] -= 1
        counts = {"done": self._done, "total": self._total, "width": self._width}
        if outcome.state == "skipped":
            self._skipped[model] += 1
            if not self._left[model]:
                skipped = self._skipped[model]
                columns = self._terminal.width
                self._terminal.say(lines.skipped_line(outcome, skipped, **counts, columns=columns, paint=self._paint))
            return
        shape = self._shapes.get(model, "")
        line = lines.outcome_line(outcome, **counts, shape=shape, columns=self._terminal.width, paint=self._paint)
        self._terminal.say(line)


class LiveReporter(_Reporter):
    """A picture at the foot of the terminal; above it, a line for each model that is through."""

    def __init__(self, terminal: Terminal, shapes: Mapping[str, str]) -> None:
        self._terminal = terminal
        self._paint = terminal.paint
        self._shapes = shapes
        self._progress = Progress(Plan(), now=time.monotonic())
        self._lock = Lock()
        self._width = 0
        self._live: Live | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def __call__(self, event: Event) -> None:
        """Take note of the event; the picture is drawn a few times a second, whatever happens."""
        now = time.monotonic()
        with self._lock:
            match event:
                case RunStarted():
                    self._progress = Progress(event.plan, now=now, past=event.seconds)
                case PlanGrew():
                    self._progress.grow(event.plan)
                case BatchStarted():
                    self._progress.start(event.batch, now)
                case BatchFinished():
                    self._progress.finish(event.outcome, now)
        match event:
            case RunStarted() if event.plan.batches:
                self._width = _name_width(event.plan, intervals=False)
                self._live = _live(self._terminal, self._picture)
                self._live.start()
            case BatchFinished():
                self._say_if_through(event.outcome.batch.model)
            case Note():
                self._line(self._paint(fold(event.message, self._terminal.width, 2), "dim"))

    def _say_if_through(self, model: str) -> None:
        through = self._progress.finished(model)
        if through:
            shape = self._shapes.get(model, "")
            columns = self._terminal.width
            self._line(model_line(through, width=self._width, shape=shape, columns=columns, paint=self._paint))

    def _line(self, text: str) -> None:
        """Print a line above the picture."""
        if self._live is None:
            self._terminal.say(text)
            return
        from rich.text import Text

        self._live.console.print(Text.from_ansi(text), soft_wrap=True)

    def _picture(self) -> Picture:
        with self._lock:
            return self._progress.picture(time.monotonic())


def _live(terminal: Terminal, picture: Callable[[], Picture]) -> Live:
    """What redraws the picture; rich is loaded here, since only a terminal needs it."""
    from rich.console import Console
    from rich.live import Live

    from batchsql.report.live import draw

    stream = cast(TextIO, _MaskedStream(sys.stdout, terminal.mask))
    console = Console(file=stream, highlight=False, markup=False, emoji=False, force_terminal=True)
    return Live(
        console=console,
        get_renderable=lambda: draw(picture(), width=console.width),
        refresh_per_second=5,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )


class _MaskedStream:
    """A text stream on which no secret gets through."""

    def __init__(self, stream: TextIO, mask: Callable[[str], str]) -> None:
        self._stream = stream
        self._mask = mask
        self.encoding = stream.encoding

    def write(self, text: str) -> int:
        return self._stream.write(self._mask(text))

    def flush(self) -> None:
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()


def _name_width(plan: Plan, *, intervals: bool) -> int:
    names = (str(batch) if intervals else batch.model for batch in plan.batches)
    return min(max(map(len, names), default=0), _WIDEST_NAME)
