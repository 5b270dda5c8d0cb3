"""Writes crates/io/tests/events.out.tfevents: an event file by the Python package tensorboard, read back by its EventAccumulator.

Given a folder as second argument, it reads that folder instead and prints its scalars: a check of files that Planish wrote.
Needs: tensorboard, tensorflow. Argument: the repository root.
"""
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter


def scalars(folder):
    events = EventAccumulator(str(folder))
    events.Reload()
    return {tag: [(e.wall_time, e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


if len(sys.argv) > 2:
    for tag, values in scalars(sys.argv[2]).items():
        print(tag, values)
    sys.exit()

time = 1_700_000_000.25
written = [("loss/train", 0, 0.5), ("loss/validation", 1, 1e-3), ("größe" * 30, 5_000_000_000, -3.25)]
events = [
    Event(wall_time=time, file_version="brain.Event:2"),
    Event(wall_time=time, step=300, session_log=SessionLog(status=SessionLog.START)),
]
for i, (tag, step, value) in enumerate(written, 1):
    summary = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
    # A step of 0 is left out of the bytes, as every field with its default value is.
    events.append(Event(wall_time=time + i, step=step, summary=summary))
path = Path(sys.argv[1]) / "crates/io/tests/events.out.tfevents"
path.parent.mkdir(exist_ok=True)
with open(path, "wb") as file:
    writer = RecordWriter(file)
    for event in events:
        writer.write(event.SerializeToString())
    writer.flush()
assert [tag for tag, _, _ in written] == list(scalars(path)), scalars(path)
print(f"wrote {path.name}")
