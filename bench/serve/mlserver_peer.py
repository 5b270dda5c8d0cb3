"""MLServer with a 10-10-10-1 network in NumPy, on a free port of 127.0.0.1; the first line of standard error names its address."""

import asyncio
import socket
import sys

import numpy as np
from mlserver import MLModel, MLServer, ModelSettings, Settings
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse


class Network(MLModel):
    async def load(self):
        draw = np.random.default_rng(1)
        self.layers = [draw.normal(size=shape).astype(np.float32) for shape in [(10, 10), (10, 10), (10, 1)]]
        return True

    async def predict(self, payload):
        x = NumpyCodec.decode_input(payload.inputs[0])
        for kernel in self.layers[:-1]:
            x = np.maximum(x @ kernel, 0)
        output = NumpyCodec.encode_output("prediction", x @ self.layers[-1])
        return InferenceResponse(model_name=self.name, outputs=[output])


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


async def main():
    http, grpc, metrics = free_port(), free_port(), free_port()
    settings = Settings(
        host="127.0.0.1", http_port=http, grpc_port=grpc, metrics_port=metrics, debug=False, parallel_workers=0
    )
    server = MLServer(settings)
    running = asyncio.create_task(server.start([ModelSettings(name="net", implementation=Network)]))
    while True:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", http)
            writer.close()
            break
        except OSError:
            await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    print(f"serving on http://127.0.0.1:{http}", file=sys.stderr, flush=True)
    await running


asyncio.run(main())
