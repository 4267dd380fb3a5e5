"""How the relation of an interval model is made anew."""

from __future__ import annotations

import msgspec

from batchsql.engines.base import Session
from batchsql.load import LoadRequest, incoming


def in_place(request: LoadRequest, session: Session) -> LoadRequest:
    """An interval model that is made anew keeps its rows until each interval is replaced, where the columns allow it.

    So readers see a whole table meanwhile, and a failure half way loses nothing. Which intervals are still to do is in
    the ledger: batches before the one that is marked `rebuilt` do not count.
    """
    config, query = request.config, incoming(request)
    if not (config.by_interval and request.rebuild and request.existing == "table" and query):
        return request
    if sorted(session.columns(query)) != sorted(session.columns(f"FROM {request.target.sql}")):
        return request
    return msgspec.structs.replace(request, rebuild=False, clear_outside=True)
