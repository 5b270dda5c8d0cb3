"""Asks a running service with tritonclient over HTTP and gRPC, unmodified. Needs: tritonclient[http,grpc], numpy."""
import threading

import numpy as np
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http
from tritonclient.utils import InferenceServerException

from checks import ADDRESS, CLASSES, MODEL, ROWS, TABLE_COLUMNS, arrays, check, run, same


def refused(call, part, code=None):
    try:
        call()
    except InferenceServerException as error:
        assert part in error.message(), f"the message is {error.message()!r}"
        assert code in (None, error.status()), f"the status is {error.status()!r}"
        return
    raise AssertionError("it was not refused")


# Both have the same methods.

HTTP = triton_http.InferenceServerClient(ADDRESS)
GRPC = triton_grpc.InferenceServerClient(ADDRESS)


def triton_inputs(module, **options):
    inputs = []
    for name, datatype, array in arrays():
        one = module.InferInput(name, list(array.shape), datatype)
        one.set_data_from_numpy(array, **options)
        inputs.append(one)
    return inputs


def answered(result):
    same(result.as_numpy("prediction"), result.as_numpy("probabilities"))


for label, module, client in [("http", triton_http, HTTP), ("grpc", triton_grpc, GRPC)]:

    @check(f"tritonclient {label}: live, ready, model ready")
    def _(client=client):
        assert client.is_server_live() and client.is_server_ready()
        assert client.is_model_ready(MODEL) and client.is_model_ready(MODEL, "1")

    @check(f"tritonclient {label}: server metadata")
    def _(client=client, label=label):
        meta = client.get_server_metadata()
        assert (meta["name"] if label == "http" else meta.name) == "planish"

    @check(f"tritonclient {label}: model metadata")
    def _(client=client, label=label):
        # as_json turns messages of gRPC into what HTTP has, with texts for the lengths of shapes.
        meta = client.get_model_metadata(MODEL, **({"as_json": True} if label == "grpc" else {}))
        assert [x["name"] for x in meta["inputs"]] == list(TABLE_COLUMNS), meta
        assert [x["name"] for x in meta["outputs"]] == ["prediction", "probabilities"], meta
        assert [int(n) for n in meta["outputs"][1]["shape"]] == [-1, len(CLASSES)], meta

    @check(f"tritonclient {label}: infer in binary, all outputs")
    def _(module=module, client=client):
        answered(client.infer(MODEL, triton_inputs(module), request_id="a7"))

    @check(f"tritonclient {label}: infer with outputs named, version given")
    def _(module=module, client=client):
        outputs = [module.InferRequestedOutput(name) for name in ("probabilities", "prediction")]
        answered(client.infer(MODEL, triton_inputs(module), model_version="1", outputs=outputs))

    @check(f"tritonclient {label}: infer compressed by gzip")
    def _(module=module, client=client, label=label):
        name = "request_compression_algorithm" if label == "http" else "compression_algorithm"
        answered(client.infer(MODEL, triton_inputs(module), **{name: "gzip"}))

    @check(f"tritonclient {label}: statistics")
    def _(client=client, label=label):
        stats = client.get_inference_statistics(MODEL, **({"as_json": True} if label == "grpc" else {}))
        assert int(stats["model_stats"][0]["inference_count"]) >= ROWS, stats

    @check(f"tritonclient {label}: an unknown model is refused")
    def _(module=module, client=client, label=label):
        code = "404" if label == "http" else "StatusCode.NOT_FOUND"
        refused(lambda: client.infer("nobody", triton_inputs(module)), 'no model "nobody"', code)
        refused(lambda: client.get_model_metadata("nobody"), 'no model "nobody"', code)

    @check(f"tritonclient {label}: a wrong shape is refused")
    def _(module=module, client=client, label=label):
        inputs = triton_inputs(module)
        inputs[0] = module.InferInput("age", [2, 2], "FP64")
        inputs[0].set_data_from_numpy(np.zeros((2, 2)))
        code = "400" if label == "http" else "StatusCode.INVALID_ARGUMENT"
        refused(lambda: client.infer(MODEL, inputs), "a column needs [rows] or [rows, 1]", code)

    @check(f"tritonclient {label}: a wrong datatype is refused")
    def _(module=module, client=client, label=label):
        inputs = triton_inputs(module)
        inputs[1] = module.InferInput("workclass", [ROWS], "FP64")
        inputs[1].set_data_from_numpy(np.zeros(ROWS))
        code = "400" if label == "http" else "StatusCode.INVALID_ARGUMENT"
        refused(lambda: client.infer(MODEL, inputs), "BYTES", code)


@check("tritonclient http: infer in JSON, categories as BYTES")
def _():
    outputs = [triton_http.InferRequestedOutput(n, binary_data=False) for n in ("prediction", "probabilities")]
    answered(HTTP.infer(MODEL, triton_inputs(triton_http, binary_data=False), outputs=outputs))


@check("tritonclient grpc: infer without waiting")
def _():
    done, answer = threading.Event(), []

    def answers(result, error):
        answer.extend([result, error])
        done.set()

    GRPC.async_infer(MODEL, triton_inputs(triton_grpc), answers)
    assert done.wait(60), "no answer"
    result, error = answer
    assert error is None, error
    answered(result)


@check("tritonclient grpc: a method that is not offered is refused")
def _():
    refused(lambda: GRPC.get_model_config(MODEL), "does not offer", "StatusCode.UNIMPLEMENTED")


run()
