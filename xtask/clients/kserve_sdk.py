"""Asks a running service with the KServe SDK, unmodified: its first protocol, V2 over REST, and V2 over gRPC. Needs: kserve, numpy.

It is apart from tritonclient because both define the messages of gRPC, and one process can have them once.
"""
import asyncio
import logging

import grpc
import httpx
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

from checks import ADDRESS, MODEL, NUMBERS, ROWS, TABLE_COLUMNS, arrays, check, run, same

# The SDK logs what it raises.
logging.disable(logging.CRITICAL)

BASE = f"http://{ADDRESS}"


def kserve_request(model, binary):
    inputs = []
    for name, datatype, array in arrays():
        one = InferInput(name, list(array.shape), datatype)
        one.set_data_from_numpy(array, binary_data=binary)
        inputs.append(one)
    return InferRequest(model_name=model, infer_inputs=inputs)


def kserve_answered(response):
    outputs = {output.name: output.as_numpy() for output in response.outputs}
    same(outputs["prediction"], outputs["probabilities"])


def rest(protocol, use):
    async def run():
        async with InferenceRESTClient(RESTConfig(protocol=protocol, retries=1)) as client:
            return await use(client)

    return asyncio.run(run())


def over_grpc(use):
    async def run():
        async with InferenceGRPCClient(ADDRESS) as client:
            return await use(client)

    return asyncio.run(run())


def refused_by_http(call, status, part):
    try:
        call()
    except httpx.HTTPStatusError as error:
        assert error.response.status_code == status and part in str(error), error
        return
    raise AssertionError("it was not refused")


@check("kserve V1: live, model ready")
def _():
    assert rest("v1", lambda client: client.is_server_live(BASE))
    assert rest("v1", lambda client: client.is_model_ready(BASE, MODEL))


@check("kserve V1: predict rows of named values")
def _():
    rows = [
        {name: float(v[i]) if name in NUMBERS else v[i] for name, v in TABLE_COLUMNS.items()} for i in range(ROWS)
    ]
    answer = rest("v1", lambda client: client.infer(BASE, {"instances": rows}, MODEL))
    assert len(answer["predictions"]) == ROWS, answer
    same([p["prediction"] for p in answer["predictions"]], [p["probabilities"] for p in answer["predictions"]])


@check("kserve V1: an unknown model is refused")
def _():
    refused_by_http(
        lambda: rest("v1", lambda client: client.infer(BASE, {"instances": [{}]}, "nobody")), 404, "no model"
    )


@check("kserve V2: live, ready, model ready")
def _():
    assert rest("v2", lambda client: client.is_server_live(BASE))
    assert rest("v2", lambda client: client.is_server_ready(BASE))
    assert rest("v2", lambda client: client.is_model_ready(BASE, MODEL))
    assert not rest("v2", lambda client: client.is_model_ready(BASE, "nobody"))


for kind, binary in [("JSON", False), ("binary", True)]:

    @check(f"kserve V2: infer in {kind}")
    def _(binary=binary):
        kserve_answered(rest("v2", lambda client: client.infer(BASE, kserve_request(MODEL, binary), MODEL)))


@check("kserve V2: an unknown model is refused")
def _():
    refused_by_http(
        lambda: rest("v2", lambda client: client.infer(BASE, kserve_request("nobody", False), "nobody")),
        404,
        "no model",
    )


@check("kserve gRPC: live, ready, model ready")
def _():
    assert over_grpc(lambda client: client.is_server_live())
    assert over_grpc(lambda client: client.is_server_ready())
    assert over_grpc(lambda client: client.is_model_ready(MODEL))


for kind, binary in [("typed contents", False), ("raw contents", True)]:

    @check(f"kserve gRPC: infer with {kind}")
    def _(binary=binary):
        kserve_answered(over_grpc(lambda client: client.infer(kserve_request(MODEL, binary))))


@check("kserve gRPC: an unknown model is refused")
def _():
    try:
        over_grpc(lambda client: client.infer(kserve_request("nobody", False)))
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.NOT_FOUND, error.code()
        return
    raise AssertionError("it was not refused")


run()
