"""Logs and articles written into files, in every format; what readers of files are tested with."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ranking.backtest.files import EVENT_FIELDS, mapping_of
from ranking.backtest.packed_log import packed_views
from ranking.engine.batch import Batch
from tests.support.logs import START_MS

Rows = Sequence[dict[str, Any]]
GOOD = {"at": START_MS, "visitor": "v", "article": "a"}


def written(folder: Path, name: str, rows: Rows, fields: Sequence[str] = ()) -> Path:
    """Write rows in the format that a file's name asks for."""
    path = folder / name
    columns = list(fields or dict.fromkeys(field for row in rows for field in row))
    if "json" in name:
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        out = io.StringIO()
        writer = csv.DictWriter(out, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
        text = out.getvalue()
    data = text.encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def packed_file(path: Path, columns: str = "", edition: str = "site/und") -> list[Batch]:
    """All batches of a file."""
    return list(packed_views(path, mapping_of(columns, EVENT_FIELDS), edition))
