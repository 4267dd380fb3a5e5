"""Running batches side by side: a few threads, an order to keep, and a way to stop.

A model's batches form a chain and run one after another. A chain starts when the chains it waits for have ended well;
when one of those did not, it is skipped, and so is what waits for it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from threading import Thread

from batchsql.values import Batch, Outcome

_VARYING = re.compile(r"\d[\d:.T-]*")  # times and counts, in which errors of one cause differ
Work = Callable[[Batch], Outcome]


class Workers:
    """Threads that take batches and give outcomes; all decisions are made in the thread that calls run()."""

    def __init__(self, threads: int, work: Work, stop_work: Callable[[], None]) -> None:
        """Work runs one batch and never raises for what a user can meet; stop_work interrupts what is running."""
        self._work = work
        self._stop_work = stop_work
        self._todo: SimpleQueue[Batch | None] = SimpleQueue()
        self._done: SimpleQueue[Outcome | BaseException | None] = SimpleQueue()  # None: interrupt
        self._abreast = threads
        self.interrupted = False

    def _serve(self) -> None:
        while (batch := self._todo.get()) is not None:
            try:
                self._done.put(self._work(batch))
            except BaseException as error:  # noqa: BLE001  carried over to the main thread, which raises it
                self._done.put(error)

    def run(
        self,
        batches: tuple[Batch, ...],
        waits_for: Mapping[str, frozenset[str]],
        started: Callable[[Batch], None],
        finished: Callable[[Outcome], None],
        *,
        fail_fast: bool = False,
    ) -> None:
        """Run all batches; started and finished are called in this thread. May be called again when it has returned.

        waits_for: for each model, the models whose chains must have ended well before its own starts.
        """
        chains = _Chains(batches, waits_for, finished)
        for _ in range(self._abreast):
            Thread(target=self._serve, daemon=True).start()
        running = 0
        while True:
            while running < self._abreast and (batch := chains.take()) is not None:
                started(batch)
                self._todo.put(batch)
                running += 1
            if not running:
                break
            outcome = self._next_outcome(chains)
            running -= 1
            chains.ended(outcome)
            if fail_fast and outcome.state != "committed" and not chains.stopped:
                chains.stop(f"{outcome.batch} failed, and --fail-fast was asked for")
        chains.skip_rest()
        for _ in range(self._abreast):
            self._todo.put(None)

    def interrupt(self) -> None:
        """Stop as soon as may be: what runs is interrupted, nothing more starts. May be called by a signal handler."""
        self._done.put(None)

    def _next_outcome(self, chains: _Chains) -> Outcome:
        while True:
            outcome = self._done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome is not None:
                return outcome
            self.interrupted = True
            chains.stop("interrupted")
            self._stop_work()


class _Chains:
    """Which batch may run next."""

    def __init__(
        self, batches: tuple[Batch, ...], waits_for: Mapping[str, frozenset[str]], finished: Callable[[Outcome], None]
    ) -> None:
        self._chains: dict[str, deque[Batch]] = {}
        for batch in batches:
            self._chains.setdefault(batch.model, deque()).append(batch)
        self._finished = finished
        self._open = {model: set(waits_for.get(model, ())) & self._chains.keys() for model in self._chains}
        self._waiting: dict[str, list[str]] = {model: [] for model in self._chains}
        for model, before in self._open.items():
            for earlier in before:
                self._waiting[earlier].append(model)
        self._ready = deque(model for model, before in self._open.items() if not before)
        self._last_error: dict[str, str] = {}
        self._unwell: dict[str, str] = {}
        self.stopped = ""

    def take(self) -> Batch | None:
        """The next batch that may run now, None when there is none."""
        if self.stopped or not self._ready:
            return None
        return self._chains[self._ready.popleft()].popleft()

    def stop(self, reason: str) -> None:
        """Give out no more batches."""
        self.stopped = reason

    def ended(self, outcome: Outcome) -> None:
        """Take note of an outcome, and of what it sets free or dooms."""
        self._finished(outcome)
        model = outcome.batch.model
        chain = self._chains[model]
        if outcome.state == "committed":
            self._last_error.pop(model, None)
        else:
            self._unwell[model] = f"{outcome.batch} {'failed' if outcome.state == 'failed' else 'was held back'}"
            error = _VARYING.sub("#", outcome.error) if outcome.state == "failed" else ""
            if error and error == self._last_error.get(model):
                self._skip_chain(model, f"two batches before it failed alike: {outcome.error.splitlines()[0]}")
            self._last_error[model] = error
        if chain:
            self._ready.appendleft(model)
            return
        for waiting in self._waiting[model]:
            if model in self._unwell:
                self._doom(waiting, f"upstream {self._unwell[model]}")
            else:
                self._open[waiting].discard(model)
                if not self._open[waiting] and waiting not in self._unwell:
                    self._ready.append(waiting)

    def _doom(self, model: str, reason: str) -> None:
        """Skip a chain and everything that waits for it."""
        doomed = [model]
        while doomed:
            current = doomed.pop()
            if current in self._unwell:
                continue
            self._unwell[current] = f"{current} was skipped"
            self._skip_chain(current, reason)
            doomed.extend(self._waiting[current])

    def _skip_chain(self, model: str, reason: str) -> None:
        chain = self._chains[model]
        while chain:
            self._finished(Outcome(batch=chain.popleft(), state="skipped", error=reason))

    def skip_rest(self) -> None:
        """Report as skipped what was never given out."""
        for model in self._chains:
            self._skip_chain(model, self.stopped or "what it waits for did not end")
