"""serve.py MODEL KEY [embedding | endless]: llama.cpp's server on a free port of loopback, until standard input ends.

KEY may be empty: then it asks for none. "endless": no text ends by itself, and none is too long.
Prints its address, "http://127.0.0.1:PORT"; it may still load the model then."""
import sys

import xllamacpp


def main():
    model, key, *modes = sys.argv[1:]
    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx = 1024
    parameters.n_parallel = 2
    parameters.api_keys = [key] if key else []
    parameters.warmup = False
    parameters.cpuparams.n_threads = 1
    if "embedding" in modes:
        parameters.embedding = True
        parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    if "endless" in modes:
        parameters.sampling.ignore_eos = True
        parameters.ctx_shift = True
        parameters.endpoint_slots = True
    server = xllamacpp.Server(parameters)
    print(server.listening_address, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
