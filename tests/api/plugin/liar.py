# SPDX-License-Identifier: Apache-2.0
"""A plugin that answers each request wrongly, in the way that its argument names."""
import json
import os
import random
import signal
import sys
import time

HOW = sys.argv[1]
rng = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
out = sys.stdout.buffer


def reply(request, result):
    return json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}).encode() + b"\n"


def wrong(how, request):
    """Bytes to answer with."""
    good = reply(request, [{"values": {"x": 1}}] * len(request["params"].get("candidates", [])))
    if how == "good":
        return good
    if how == "random":
        return rng.randbytes(rng.randrange(1, 400)).replace(b"\n", b"?") + b"\n"
    if how == "flipped":
        at = rng.randrange(len(good) - 1)
        return good[:at] + bytes([good[at] ^ 1 << rng.randrange(7)]).replace(b"\n", b"?") + good[at + 1:]
    if how == "cut":
        return good[:rng.randrange(1, len(good) - 2)] + b"\n"
    if how == "deep":
        return b"[" * rng.choice([65, 1000, 100000]) + b"\n"
    if how == "nan":
        return reply(request, [{"values": {"x": float(rng.choice(["nan", "inf", "-inf"]))}}] * 5)
    if how == "schema":
        return reply(request, rng.choice([None, 1, "x", {}, [], [[]], [{}] * 3, [{"network": 1}], [{"values": {"x": [1]}}]]))
    if how == "identity":
        return json.dumps({"jsonrpc": "2.0", "id": rng.choice([0, -1, "1", None, [1]]), "result": []}).encode() + b"\n"
    if how == "huge_number":
        return good.replace(b"1}", b"1e999}")
    if how == "wide":
        return reply(request, [0] * 150_000)
    raise ValueError(how)


def endless():
    block = b"x" * 65536
    while True:
        out.write(block)


KINDS = ("random", "flipped", "cut", "deep", "nan", "schema", "identity", "huge_number", "wide")

for line in sys.stdin:
    asked = json.loads(line)
    if HOW == "exit":
        sys.exit(3)
    if HOW == "killed":
        os.kill(os.getpid(), signal.SIGSEGV)
    if HOW == "stopped":
        os.kill(os.getpid(), signal.SIGSTOP)
    if HOW == "slow":
        time.sleep(60)
    if HOW == "endless":
        endless()
    if HOW == "gigabyte":
        for _ in range(1 << 14):
            out.write(b"[" + b"0," * 32767 + b"0],")
        out.write(b"\n")
    out.write(wrong(rng.choice(KINDS) if HOW == "any" else HOW, asked))
    out.flush()
