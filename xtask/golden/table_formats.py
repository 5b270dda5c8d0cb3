"""Writes crates/io/tests/data: one table in many formats, by pyarrow, openpyxl and XlsxWriter; and files that are wrong or special.

Needs: pyarrow, openpyxl, XlsxWriter, zstandard. Argument: the repository root.
"""
import datetime as dt
import gzip
import io
import json
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import xlsxwriter
import zstandard

folder = Path(sys.argv[1]) / "crates/io/tests/data"
folder.mkdir(exist_ok=True)

day, moment = dt.date, dt.datetime
columns = {
    "x": [0.1, 1 / 3, 1e300, None, -2.5e-7, 2.0],
    "n": [1, 9007199254740991, None, -4, 0, 12],
    "t": ["plain", "a, \"b\"", "größe", None, "line\nend", "x"],
    "flag": [True, False, None, True, True, False],
    "when": [day(2024, 1, 31), day(1969, 12, 31), day(2000, 2, 29), None, day(2024, 2, 1), day(1970, 1, 1)],
    "at": [moment(2024, 1, 31, 12, 30), moment(1970, 1, 1, 6), moment(2001, 2, 3, 4, 5, 6, 500000), None,
           moment(2024, 1, 1, 0, 0, 1), moment(1999, 12, 31, 23, 59, 59)],
}
rows = [dict(zip(columns, row)) for row in zip(*columns.values())]


def plain(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, moment):
        return value.isoformat().rstrip("0").ljust(19, "0") if value.microsecond else value.isoformat()
    return value.isoformat() if isinstance(value, day) else value


def cell(value):
    if value is None:
        return ""
    text = plain(value) if isinstance(plain(value), str) else repr(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text


lines = [",".join(columns)] + [",".join(cell(v) for v in row.values()) for row in rows]
text = "".join(line + "\n" for line in lines)


def write(name, content):
    (folder / name).write_bytes(content)


write("table.csv", text.encode())
write("table.csv.gz", gzip.compress(text.encode(), mtime=0))
write("table.csv.zst", zstandard.compress(text.encode()))
write("table_utf16.csv", text.encode("utf-16"))
# A key that is missing is absent, or null.
objects = [{k: v if isinstance(v, bool) else plain(v) for k, v in row.items() if v is not None or k == "t"} for row in rows]
write("table.jsonl", "".join(json.dumps(o) + "\n" for o in objects).encode())
write("table.json", json.dumps(objects, indent=1, ensure_ascii=False).encode())

schema = pa.schema({"x": pa.float64(), "n": pa.int64(), "t": pa.string(), "flag": pa.bool_(), "when": pa.date32(), "at": pa.timestamp("us")})
table = pa.table(columns, schema)
coded = table.set_column(2, "t", table["t"].dictionary_encode())
for codec in ["snappy", "zstd", "none", "gzip", "lz4"]:
    pq.write_table(table, folder / f"table_{codec}.parquet", compression=codec, row_group_size=4)
pq.write_table(coded.set_column(5, "at", coded["at"].cast(pa.timestamp("ns", "Europe/Berlin"))), folder / "table_zoned.parquet")
feather.write_feather(coded, str(folder / "table.feather"), compression="lz4")
with ipc.new_file(folder / "table.arrow", schema, options=ipc.IpcWriteOptions(compression="zstd")) as out:
    out.write_table(table, max_chunksize=2)
with ipc.new_stream(folder / "table.arrows", coded.schema) as out:
    out.write_table(coded)

typed = {
    "f32": pa.array([0.1, None, 16777216], pa.float32()),
    "money": pa.array([Decimal("1.50"), Decimal("-0.05"), None], pa.decimal128(9, 2)),
    "u8": pa.array([0, 255, None], pa.uint8()),
    "clock": pa.array([dt.time(12, 30), None, dt.time(0, 0, 1)], pa.time64("us")),
    "took": pa.array([1500, None, -1], pa.duration("ms")),
    "view": pa.array(["a", None, "b"], pa.large_string()),
    "__index_level_0__": pa.array([0, 1, 2]),
}
pq.write_table(pa.table(typed), folder / "types.parquet")
nested = {"a": [1, 2], "tags": [["x"], []], "at": [{"lat": 1.5}, None], "raw": [b"x", b"y"]}
pq.write_table(pa.table(nested), folder / "nested.parquet")

book = openpyxl.Workbook()
sheet = book.active
sheet.append([])
sheet.append([None, *columns])
for row in rows:
    sheet.append([None, *row.values()])
book.create_sheet("other").append(["y"])
book["other"].append([5])
book.save(folder / "table.xlsx")

book = openpyxl.Workbook()
for row in [["a", "b"], [1, "=A2*2"]]:
    book.active.append(row)
book.save(folder / "uncomputed.xlsx")

book = xlsxwriter.Workbook(folder / "formulas.xlsx")
sheet = book.add_worksheet("sums")
sheet.write_row(0, 0, ["a", "twice", "wrong", "span"])
for i, x in enumerate([1, 2.5], 1):
    sheet.write_number(i, 0, x)
    sheet.write_formula(i, 1, f"=A{i + 1}*2", None, 2 * x)
    sheet.write_formula(i, 2, "=NA()", None, "#N/A")
    sheet.write_number(i, 3, 1.5, book.add_format({"num_format": "[h]:mm:ss"}))
book.close()

archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as out:
    for name in ["a.csv", "b.csv", "c.csv", "d.csv"]:
        out.writestr(zipfile.ZipInfo(name), "x\n1\n")
write("archive.zip", archive.getvalue())
