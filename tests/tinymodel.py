"""A real model server for tests: llama.cpp's own, out of the package xllamacpp, with a model made here.

    with serving(key="k", context=1024) as url:
        Chat("tiny", Server(url, "k"))

The model has one layer and random weights, always the same ones. It talks nonsense, and ends what it says soon: each
token has a weight of its own in the output. Its vocabulary is the characters of ASCII, and all bytes.
"""

from __future__ import annotations

import random
import struct
import subprocess
import sys
import tempfile
import threading
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WIDTH, INNER, HEADS, TRAINED = 32, 64, 2, 65_536
TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
WEIGHTS = {'"': 5.0, "}": 5.0, "]": 5.0, ",": 4.0, ":": 3.0, "{": 3.0, "[": 3.0, "▁": -1.0}
"""What is said more often than letters, so that strings and lists end."""


def vocabulary() -> list[tuple[str, int, float]]:
    """(text, kind, weight) of each token, by its number."""
    special = [("<unk>", UNKNOWN, -30.0), ("<s>", CONTROL, -30.0), ("</s>", CONTROL, -30.0)]
    special += [("<|im_start|>", CONTROL, -30.0), ("<|im_end|>", CONTROL, 5.0)]
    data = [(f"<0x{byte:02X}>", BYTE, -30.0) for byte in range(256)]
    letters = ["▁", *map(chr, range(33, 127))]  # the sign that stands for a space, then ASCII
    return special + data + [(c, NORMAL, WEIGHTS.get(c, 0.0 if c.isalnum() else -3.0)) for c in letters]


def make(path: Path) -> None:
    """Write the model as a GGUF file."""
    tokens = vocabulary()
    rng = random.Random(7)

    def normal(rows: int, columns: int, scale: float) -> array[float]:
        return array("f", (rng.gauss(0, scale) for _ in range(rows * columns)))

    # The first number of each embedding is the same: through it the output gives each token its weight.
    embedding, output = normal(len(tokens), WIDTH, 0.5), normal(len(tokens), WIDTH, 0.25)
    constant = 4.0 / ((16 + (WIDTH - 1) * 0.25) / WIDTH) ** 0.5
    for n, (_, _, weight) in enumerate(tokens):
        embedding[n * WIDTH], output[n * WIDTH] = 4.0, weight / constant
    head, ones = WIDTH // HEADS, array("f", [1.0] * WIDTH)
    tensors = {
        "token_embd.weight": ((len(tokens), WIDTH), embedding),
        "blk.0.attn_norm.weight": ((WIDTH,), ones),
        "blk.0.attn_q.weight": ((WIDTH, WIDTH), normal(WIDTH, WIDTH, 0.1)),
        "blk.0.attn_k.weight": ((head, WIDTH), normal(head, WIDTH, 0.1)),
        "blk.0.attn_v.weight": ((head, WIDTH), normal(head, WIDTH, 0.1)),
        "blk.0.attn_output.weight": ((WIDTH, WIDTH), normal(WIDTH, WIDTH, 0.02)),
        "blk.0.ffn_norm.weight": ((WIDTH,), ones),
        "blk.0.ffn_gate.weight": ((INNER, WIDTH), normal(INNER, WIDTH, 0.1)),
        "blk.0.ffn_up.weight": ((INNER, WIDTH), normal(INNER, WIDTH, 0.1)),
        "blk.0.ffn_down.weight": ((WIDTH, INNER), normal(WIDTH, INNER, 0.02)),
        "output_norm.weight": ((WIDTH,), ones),
        "output.weight": ((len(tokens), WIDTH), output),
    }
    facts: dict[str, object] = {
        "general.architecture": "llama",
        "general.name": "tiny",
        "general.file_type": 0,
        "llama.context_length": TRAINED,
        "llama.embedding_length": WIDTH,
        "llama.block_count": 1,
        "llama.feed_forward_length": INNER,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": 1,
        "llama.attention.layer_norm_rms_epsilon": 1e-5,
        "llama.rope.dimension_count": head,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": [text for text, _, _ in tokens],
        "tokenizer.ggml.scores": [0.0 for _ in tokens],
        "tokenizer.ggml.token_type": [kind for _, kind, _ in tokens],
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 4,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_space_prefix": False,
        "tokenizer.chat_template": TEMPLATE,
    }
    path.write_bytes(_gguf(facts, tensors))


def _gguf(facts: dict[str, object], tensors: dict[str, tuple[tuple[int, ...], array[float]]]) -> bytes:
    """A file of the format GGUF, version 3: little-endian, facts, then where each tensor is, then the tensors."""
    out = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(facts)))
    for name, fact in facts.items():
        out += _text(name) + struct.pack("<I", _kind(fact)) + _value(fact)
    at = 0
    for name, (shape, numbers) in tensors.items():
        out += _text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *reversed(shape))
        out += struct.pack("<IQ", 0, at)
        at += len(numbers) * 4 + -len(numbers) * 4 % 32
    out += bytes(-len(out) % 32)
    for _, numbers in tensors.values():
        if sys.byteorder == "big":
            numbers.byteswap()
        out += numbers.tobytes() + bytes(-len(numbers) * 4 % 32)
    return bytes(out)


def _kind(fact: object) -> int:
    return {int: 4, float: 6, bool: 7, str: 8, list: 9}[type(fact)]


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _value(fact: object) -> bytes:
    if isinstance(fact, list):
        kind = 5 if isinstance(fact[0], int) else _kind(fact[0])  # in lists the format wants signed integers
        return struct.pack("<IQ", kind, len(fact)) + b"".join(map(_value, fact))
    if isinstance(fact, str):
        return _text(fact)
    return struct.pack({bool: "<?", int: "<I", float: "<f"}[type(fact)], fact)


@contextmanager
def serving(key: str, context: int = 4_096) -> Iterator[str]:
    """The address of a server that runs in a process of its own until the end of the block."""
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "tiny.gguf"
        make(model)
        command = [sys.executable, __file__, str(model), key, str(context)]
        log = Path(folder) / "log"
        with log.open("wb") as errors:
            server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        assert server.stdin and server.stdout
        killer = threading.Timer(60, server.kill)
        killer.start()
        try:
            said = server.stdout.readline().decode().strip()
            assert said.startswith("http://127.0.0.1:"), log.read_text("utf-8", "replace")[-1_000:]
            yield said
        finally:
            server.stdin.close()  # ends it, as the end of this process does
            try:
                server.wait(5)
            finally:
                server.kill()
                server.wait()
                server.stdout.close()
                killer.cancel()


def _serve(model: str, key: str, context: int) -> None:
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.model_alias, params.api_keys = model, {"tiny"}, [key]
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.n_ctx, params.n_parallel, params.kv_unified = 2 * context, 2, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.n_threads_http = 4
    params.sampling.seed = 7
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    del server


if __name__ == "__main__":
    _serve(sys.argv[1], sys.argv[2], int(sys.argv[3]))
