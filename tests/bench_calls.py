"""What calls take on top of their server: time, processor time, and how near they come to what a server allows.

    python tests/bench_calls.py            prints each figure with its goal
    python tests/bench_calls.py --serve    is the server, on a port of its own that it prints

The server is a process of its own, so that the figures are the client's. A call takes `SECONDS`, and its answer of
4,000 tokens comes in pieces of ten; above `allowed` calls at once it says 429.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.request import urlopen

from karpwiki.calls import Calls
from karpwiki.forms import DigestInput, FormFigure
from karpwiki.llm import Limits, Request
from karpwiki.models.anthropic import Anthropic

SECONDS, TOKENS, PIECES = 5.0, 4_000, 400
TEXT = json.dumps({"attribute": "size", "value": "3", "unit": "MB" + " " * 2 * TOKENS})


# The server


class Served:
    """What the server does and counts."""

    def __init__(self) -> None:
        self.allowed, self.seconds = 10_000, SECONDS
        self.running = self.taken = self.refused = self.most = 0

    async def connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next((int(x[15:]) for x in head.lower().split(b"\r\n") if x.startswith(b"content-length:")), 0)
                body = await reader.readexactly(length)
                if head.startswith(b"GET"):
                    self._told(head.split(b" ")[1].decode(), writer)
                else:
                    await self._post(json.loads(body), writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _told(self, path: str, writer: asyncio.StreamWriter) -> None:
        """`/set/ALLOWED/SECONDS` begins anew; any path is answered with the counts."""
        if path.startswith("/set/"):
            _, _, allowed, seconds = path.split("/")
            self.__init__()  # type: ignore[misc]
            self.allowed, self.seconds = int(allowed), float(seconds)
        text = json.dumps(vars(self)).encode()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(text), text))

    async def _post(self, body: dict[str, object], writer: asyncio.StreamWriter) -> None:
        if self.running >= self.allowed:
            self.refused += 1
            text = b'{"type":"error","error":{"type":"rate_limit_error","message":"too many"}}'
            head = b"HTTP/1.1 429 Too Many\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            writer.write(head % len(text) + text)
            return
        self.running += 1
        self.taken += 1
        self.most = max(self.most, self.running)
        try:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            events = list(_events(str(body["model"])))
            start = time.monotonic()
            for n, event in enumerate(events):
                writer.write(b"%x\r\n%s\r\n" % (len(event), event))
                if n % 4 == 0:  # four at a time, as a network joins them
                    await writer.drain()
                    await asyncio.sleep(max(0.0, start + self.seconds * n / len(events) - time.monotonic()))
            writer.write(b"0\r\n\r\n")
        finally:
            self.running -= 1


def _events(model: str) -> Iterator[bytes]:
    usage = {"input_tokens": 3_000, "output_tokens": 1, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
    message = {"id": "m", "type": "message", "role": "assistant", "model": model, "content": [], "usage": usage}
    size = -(-len(TEXT) // PIECES)
    yield _event("message_start", message=message | {"stop_reason": None, "stop_sequence": None})
    yield _event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    for at in range(0, len(TEXT), size):
        yield _event("content_block_delta", index=0, delta={"type": "text_delta", "text": TEXT[at : at + size]})
    yield _event("content_block_stop", index=0)
    yield _event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": TOKENS})
    yield _event("message_stop")


def _event(kind: str, **rest: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | rest)}\n\n".encode()


async def serve() -> None:
    server = await asyncio.start_server(Served().connection, "127.0.0.1", 0, limit=2**22)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def served() -> Iterator[str]:
    """The address of a server that runs meanwhile."""
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


def told(url: str, path: str = "/") -> dict[str, float]:
    with urlopen(url + path) as response:
        return dict(json.load(response))


# The client


def requests(count: int, mark: str) -> list[Request]:
    return [
        Request("digest", "Fill in.", f"{mark} {n}", FormFigure, DigestInput(f"{n}.md", "x" * 4_000, 1, 1, ()), "abcd",
                f"{n}.md")
        for n in range(count)
    ]  # fmt: skip


def ours(url: str, count: int, jobs: int, mark: str) -> tuple[float, float]:
    """(seconds, processor seconds) of some calls through karpwiki."""
    with tempfile.TemporaryDirectory() as folder:
        calls = Calls(Path(folder), Anthropic("claude-sonnet-5-5", "sk-bench", base_url=url), Limits(jobs))
        with measured() as took:
            answers = calls.ask(requests(count, mark))
    assert all(isinstance(a.result, FormFigure) for a in answers), next(
        a.result for a in answers if not isinstance(a.result, FormFigure)
    )
    return took[0], took[1]


def bare(url: str, count: int, jobs: int) -> tuple[float, float]:
    """The same with nothing but the SDK, in threads, each answer read event by event."""
    model = Anthropic("claude-sonnet-5-5", "sk-bench", base_url=url)
    client, todo = model.client(), SimpleQueue[Request]()
    for request in requests(count, "bare"):
        todo.put(request)

    def work() -> None:
        while True:
            try:
                request = todo.get_nowait()
            except Empty:
                return
            with client.messages.create(**model.params(request), stream=True, timeout=60) as stream:
                text = "".join(e.delta.text for e in stream if e.type == "content_block_delta")  # type: ignore[union-attr]
            assert len(text) == len(TEXT)

    threads = [threading.Thread(target=work) for _ in range(jobs)]
    with measured() as took:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return took[0], took[1]


@contextmanager
def measured() -> Iterator[list[float]]:
    def processor() -> float:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime + used.ru_stime

    took: list[float] = []
    start, before = time.perf_counter(), processor()
    yield took
    took += [time.perf_counter() - start, processor() - before]


def say(name: str, figure: str, good: bool) -> bool:
    print(f"{name:58} {figure}  {'ok' if good else 'MISSED'}", flush=True)
    return good


def main() -> int:
    good = True
    with served() as url:
        ours(url, 1, 1, "warm")
        for jobs, goal in ((16, 0.95), (64, 0.9)):
            count = 4 * jobs
            seconds, used = ours(url, count, jobs, f"ideal {jobs}")
            share = SECONDS * count / jobs / seconds
            good &= say(f"{count} calls of 5 s, {jobs} at once", f"{share:.3f} of ideal (goal {goal})", share >= goal)
            _, plain = bare(url, count, jobs)
            more = 1_000 * (used - plain) / count
            figure = f"{1_000 * used / count:.1f} ms a call, the SDK alone {1_000 * plain / count:.1f} (goal +2)"
            good &= say("  processor time", figure, more <= 2)
        for seconds, count in ((1.0, 500), (2.0, 300)):
            told(url, f"/set/16/{seconds}")
            took, _ = ours(url, count, 64, f"limited {seconds}")
            counts = told(url)
            share = seconds * count / 16 / took
            name = f"{count} calls of {seconds:.0f} s, 64 at once where 16 are allowed"
            good &= say(name, f"{share:.3f} of what is allowed (goal 0.8)", share >= 0.8)
            refused = counts["refused"] / count
            good &= say("  refused (429)", f"{refused:.1%} of calls (goal 5 %); none lost", refused <= 0.05)
    return 0 if good else 1


if __name__ == "__main__":
    if "--serve" in sys.argv:
        asyncio.run(serve())
    sys.exit(main())
