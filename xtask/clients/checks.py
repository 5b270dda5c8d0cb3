"""What the checks of all clients share: the rows that are asked for, what is to be answered, and a line for each check.

The model classifies `income` from the columns of data/adult_sample.csv; every client must get the labels and probabilities that
`planish predict` wrote for the same rows. Arguments of each script: the address (host:port), the table, and the predictions.
"""
import csv
import sys

import numpy as np

ADDRESS, TABLE, PREDICTED = sys.argv[1:]
MODEL, TARGET, ROWS = "income", "income", 16
NUMBERS = {"age", "fnlwgt", "education_num", "capital_gain", "capital_loss", "hours_per_week"}


def columns(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))[:ROWS]
    return {name: [row[name] for row in rows] for name in rows[0]}


TABLE_COLUMNS = {name: values for name, values in columns(TABLE).items() if name != TARGET}
PREDICTIONS = columns(PREDICTED)
LABELS = PREDICTIONS["prediction"]
CLASSES = [name for name in PREDICTIONS if name.startswith("probability_")]
PROBABILITIES = np.array([[float(x) for x in PREDICTIONS[name]] for name in CLASSES]).T

CHECKS = []


def check(name):
    def register(function):
        CHECKS.append((name, function))
        return function

    return register


def same(labels, probabilities):
    labels = [x.decode() if isinstance(x, bytes) else x for x in np.asarray(labels).reshape(-1)]
    assert labels == LABELS, f"labels {labels}, not {LABELS}"
    probabilities = np.asarray(probabilities, dtype=np.float64).reshape(PROBABILITIES.shape)
    assert np.array_equal(probabilities, PROBABILITIES), f"probabilities {probabilities}, not {PROBABILITIES}"


def arrays():
    """A name, a datatype and an array a column."""
    for name, values in TABLE_COLUMNS.items():
        if name in NUMBERS:
            yield name, "FP64", np.array([float(x) for x in values], dtype=np.float64)
        else:
            yield name, "BYTES", np.array([x.encode() for x in values], dtype=np.object_)


def run():
    """Runs all checks; exit code 1 if one fails."""
    failed = 0
    for name, function in CHECKS:
        try:
            function()
            print(f"ok    {name}", flush=True)
        except Exception as error:  # Whatever a client raises is a failed check.
            failed += 1
            print(f"FAIL  {name}: {type(error).__name__}: {error}", flush=True)
    print(f"{len(CHECKS) - failed} of {len(CHECKS)} checks passed")
    sys.exit(failed > 0)
