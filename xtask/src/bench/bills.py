"""DuckDB on the same calls as the agency's book: what it answers, and how long it takes.

    bills.py BOOK CLIENT FROM TO ANSWERS

The calls are read from the book as they were written down, one by one, and kept in a database beside it. Nothing is
taken from what the agency added up itself. Prints one JSON line with the times; the answers go to a file.
"""

import csv
import json
import os
import sqlite3
import statistics
import sys
import time

import duckdb

# How many calls are handed over at once, and how often each question is asked.
AT_ONCE = 250_000
RUNS = 9

TEXTS = ["client", "provider", "asked", "model", "assistant", "purpose", "connection", "paid_by", "told", "units"]
NUMBERS = ["began", "version", "status", "cost"]
UNITS = [
    "audio_in", "audio_out", "cache_write", "cache_write_hour", "cached_input", "credits_milli", "image_in",
    "image_out", "images", "input", "output", "predict_ms", "reasoning", "seconds_ms",
]  # fmt: skip

QUESTIONS = {
    "day": ["strftime(make_timestamp(began * 1000), '%Y-%m-%d')", "paid_by"],
    "model": ["provider || '/' || coalesce(model, asked, '')", "paid_by"],
    "assistant": ["assistant", "paid_by"],
    "lines": [
        "strftime(make_timestamp(began * 1000), '%Y-%m-%d %H')", "provider", "coalesce(model, asked)", "assistant",
        "purpose", "connection", "version", "paid_by",
    ],
}  # fmt: skip

SUMS = [
    "count(*)",
    "count(*) FILTER (WHERE metered)",
    "count(*) FILTER (WHERE told = 'unknown')",
    "count(*) FILTER (WHERE told = 'partial')",
    "count(*) FILTER (WHERE told = 'estimated')",
    "count(*) FILTER (WHERE metered AND cost IS NULL)",
    "count(*) FILTER (WHERE status >= 500)",
    "sum(coalesce(cost, 0))",
] + [f"sum({unit})" for unit in UNITS]


def copied(book, kept):
    """The calls in a database of DuckDB's, made once."""
    if not os.path.exists(kept):
        making = kept + ".part"
        for stale in [making, making + ".wal"]:
            if os.path.exists(stale):
                os.remove(stale)
        copy(book, making)
        os.rename(making, kept)
    return duckdb.connect(kept, read_only=True)


def copy(book, making):
    columns = [f"{name} VARCHAR" for name in TEXTS] + [f"{name} BIGINT" for name in NUMBERS]
    types = "{" + ", ".join(f"'{c.split()[0]}': '{c.split()[1]}'" for c in columns) + "}"
    shape = json.dumps(dict.fromkeys(UNITS, "BIGINT"))
    parsed = [f"coalesce(parsed.{unit}, 0) AS {unit}" for unit in UNITS]
    kept = [name for name in TEXTS if name != "units"] + NUMBERS + ["units IS NOT NULL AS metered"] + parsed
    page = making + ".csv"
    written = "header = false, delim = ',', quote = '\"', escape = '\"', nullstr = ''"
    read = f"SELECT *, from_json(units, '{shape}') AS parsed FROM read_csv('{page}', {written}, columns = {types})"
    select = f"SELECT {', '.join(kept)} FROM ({read})"
    made = duckdb.connect(making)
    rows = sqlite3.connect(f"file:{book}?mode=ro", uri=True)
    found = rows.execute(f"SELECT {', '.join(TEXTS + NUMBERS)} FROM (SELECT n, at AS began, * FROM calls) ORDER BY n")
    first = True
    while some := found.fetchmany(AT_ONCE):
        with open(page, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(some)
        made.execute(("CREATE TABLE calls AS " if first else "INSERT INTO calls ") + select)
        first = False
    os.remove(page)
    made.close()


def asked(calls, keys, span):
    order = ", ".join(str(n + 1) for n in range(len(keys)))
    query = (
        f"SELECT {', '.join(keys + SUMS)} FROM calls WHERE client = ? AND began >= ? AND began < ? "
        f"GROUP BY {order} ORDER BY {order}"
    )
    began = time.perf_counter()
    rows = calls.execute(query, span).fetchall()
    return rows, (time.perf_counter() - began) * 1_000


def main():
    book, client, begin, end, answers = sys.argv[1:]
    calls = copied(book, os.path.join(os.path.dirname(answers), "calls.duckdb"))
    span = [client, int(begin), int(end)]
    told, times = {}, {name: [] for name in QUESTIONS}
    for _ in range(RUNS):
        for name, keys in QUESTIONS.items():
            told[name], took = asked(calls, keys, span)
            times[name].append(took)
    with open(answers, "w", encoding="utf-8") as file:
        json.dump(told, file)
    three = [sum(each) for each in zip(times["day"], times["model"], times["assistant"])]
    print(
        json.dumps(
            {
                "rows": calls.execute("SELECT count(*) FROM calls").fetchone()[0],
                "duckdb_ms": statistics.median(three),
                "duckdb_lines_ms": statistics.median(times["lines"]),
                "duckdb": duckdb.__version__,
            }
        )
    )


main()
