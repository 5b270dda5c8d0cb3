"""A library as a peer of the parsing part of `cargo xtask bench tables`: python tables_peer.py polars|pandas|pandas-pyarrow|duckdb THREADS

Speaks lines on stdin and stdout, one answer to each request, until stdin is closed:

    (at the start)        ready VERSION
    file PATH             ok         the CSV file to read
    run WARM_UP RUNS      SECONDS    runs that do not count, then runs that do, timed together

A run reads the whole file into the library's own columns in memory, kinds found by the library, with its defaults: polars.read_csv, pandas.read_csv
(its C engine and its default parser of decimals, and engine="pyarrow"), DuckDB's read_csv into a temporary table. The number of threads of Polars is
set by the caller in the environment, before the library is loaded.
"""

import sys
import time

peer, threads = sys.argv[1], int(sys.argv[2])
if peer == "polars":
    import polars as library

    read = library.read_csv
elif peer == "duckdb":
    import duckdb as library

    connection = library.connect()
    connection.execute(f"SET threads = {threads}")
    # It would be drawn between the answers.
    connection.execute("SET enable_progress_bar = false")

    def read(path):
        connection.execute("CREATE OR REPLACE TEMP TABLE t AS SELECT * FROM read_csv(?)", [path])
else:
    import pandas as library

    if peer == "pandas-pyarrow":
        import pyarrow

        pyarrow.set_cpu_count(threads)
        pyarrow.set_io_thread_count(threads)

        def read(path):
            return library.read_csv(path, engine="pyarrow")
    else:

        def read(path):
            return library.read_csv(path)


def answer(text):
    print(text, flush=True)


path = None
answer(f"ready {library.__version__}")
for line in sys.stdin:
    request, words = line.rstrip("\n").split(" ", 1)
    if request == "file":
        path = words
        answer("ok")
    else:
        warm_up, runs = map(int, words.split())
        for _ in range(warm_up):
            read(path)
        start = time.perf_counter()
        for _ in range(runs):
            read(path)
        answer(repr(time.perf_counter() - start))
