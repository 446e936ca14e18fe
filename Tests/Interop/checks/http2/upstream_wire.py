"""RFC 9113, sections 3 to 7, the other way round: a proxy as the client of a server that breaks rules."""

import queue
import threading
import time

from kit.http2 import blocks, frames
from kit.http2.frames import Code
from kit.http2.suite import Failed, Skipped, Suite
from kit.http2.upstream import OK

SUITE = Suite("RFC 9113 §3-7, as a client")
FAILED = (502, 503, 504)


def served(link, number):
    """Answers all that comes."""
    link.greet()
    while True:
        stream = link.request()
        link.whole(stream)
        link.answer(stream)


def refused(reply):
    """The client must be told: an error, or an answer that breaks off."""
    if reply.is_whole and reply.status not in FAILED:
        raise Failed(f"the client got {reply}")


def fatal(clause, title, codes, make, greeting=True):
    """`make` gives what the server sends behind a request on a stream."""
    codes = codes if isinstance(codes, tuple) else (codes,)
    names = " or ".join(code.name for code in codes)

    def work(peer):
        def script(link, number):
            link.greet(*(() if greeting else (None,)))
            stream = link.request()
            link.send(make(stream))
            return link.connection_error(*codes)

        reply = peer.ask(script)
        told = peer.scripted.result()
        refused(reply)
        if not told:
            peer.notes.append("closed without GOAWAY")

    SUITE.add(f"RFC 9113 §{clause}", f"client: {title} is a connection error {names}", work)


def stream_fault(clause, title, codes, make):
    codes = codes if isinstance(codes, tuple) else (codes,)

    def work(peer):
        def script(link, number):
            link.greet()
            stream = link.request()
            link.send(make(stream))
            link.stream_error(stream, *codes)

        reply = peer.ask(script)
        peer.scripted.result()
        refused(reply)

    SUITE.add(f"RFC 9113 §{clause}", f"client: {title} is an error {' or '.join(code.name for code in codes)}", work)


def fine(clause, title, make, body=b"fine\n", settings=()):
    """`make` gives a whole answer that is to pass."""

    def work(peer):
        def script(link, number):
            link.greet(*settings)
            stream = link.request()
            link.send(make(stream))
            try:
                link.alive()
            except Failed:
                # Behind GOAWAY the proxy may go; an error it may not say.
                if not link.is_closed or link.goaways and link.goaways[-1].code != Code.NO_ERROR:
                    raise

        reply = peer.ask(script)
        peer.scripted.result()
        if reply.status != 200 or not reply.is_whole or reply.body != body:
            raise Failed(f"the client got {reply}")

    SUITE.add(f"RFC 9113 §{clause}", f"client: {title}", work)


def answer(stream, body=b"fine\n", block=OK):
    return frames.headers(stream, block, end=False) + frames.data(stream, body, end=True)


HEAD_OPEN = lambda stream: frames.headers(stream, OK, end=False)  # noqa: E731
PROTOCOL, SIZE, FLOW, CLOSED = Code.PROTOCOL_ERROR, Code.FRAME_SIZE_ERROR, Code.FLOW_CONTROL_ERROR, Code.STREAM_CLOSED


# 3.4


@SUITE.case("RFC 9113 §3.4", "client: the preface, SETTINGS first, pushes declined; SETTINGS are acknowledged")
def preface(peer):
    def script(link, number):
        link.greet((3, 100), (0xFF00, 1))
        stream = link.request()
        link.until(lambda: link.settings_acks == 1, "ACK of SETTINGS")
        link.answer(stream)
        return link.settings

    reply = peer.ask(script)
    said = peer.scripted.result()
    if reply.status != 200:
        raise Failed(f"the client got {reply}")
    if said.get(frames.ENABLE_PUSH, 1) != 0:
        peer.notes.append("pushes are not declined by ENABLE_PUSH 0")


fatal("3.4", "a server whose first frame is not SETTINGS", PROTOCOL, lambda stream: frames.ping() + answer(stream), greeting=False)
fatal("3.4", "a server that answers in HTTP/1.1", (PROTOCOL, SIZE), lambda stream: b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", greeting=False)
fatal("3.4", "an ACK of SETTINGS as the first frame", PROTOCOL, lambda stream: frames.settings(ack=True) + answer(stream), greeting=False)

# 4

fine("4.1", "unknown frames and flags are ignored", lambda stream: frames.frame(0xB1, 0xFF, 0, b"x") + frames.frame(0xB1, 0, stream) + frames.frame(frames.HEADERS, 0xD6, stream, OK) + frames.frame(0xEE, 1, stream, b"y") + frames.frame(frames.DATA, 0xF7, stream, b"fine\n"))
fine("4.1", "the reserved bit of stream ids is ignored", lambda stream: answer(stream | 1 << 31))
for what, make in [
    ("DATA", lambda stream: HEAD_OPEN(stream) + frames.data(stream, bytes(16385))),
    ("HEADERS", lambda stream: frames.headers(stream, OK + blocks.literal("x", "v" * 16400))),
    ("an unknown frame", lambda stream: frames.frame(0xB1, 0, 0, bytes(16385))),
    ("PING", lambda stream: frames.frame(frames.PING, 0, 0, bytes(16385))),
]:
    fatal("4.2", f"{what} beyond 16384 bytes", SIZE, make)
for what, make in [
    ("DATA", lambda stream: frames.data(stream, b"x")),
    ("PING", lambda stream: frames.ping()),
    ("another stream's CONTINUATION", lambda stream: frames.continuation(stream + 2, b"")),
    ("an unknown frame", lambda stream: frames.frame(0xB1, 0, stream)),
]:
    fatal("4.3", f"{what} in the midst of a field block", PROTOCOL, lambda stream, make=make: frames.headers(stream, OK, end=False, whole=False) + make(stream))
fatal("4.3", "a field block that cannot be decoded", Code.COMPRESSION_ERROR, lambda stream: frames.headers(stream, OK + b"\x80"))
fatal("4.3", "trailers that cannot be decoded", Code.COMPRESSION_ERROR, lambda stream: HEAD_OPEN(stream) + frames.headers(stream, b"\xbe"))
fatal("4.3", "a table size beyond what we said", Code.COMPRESSION_ERROR, lambda stream: frames.headers(stream, blocks.size_update(1 << 20) + OK))
fine("4.3", "a head over CONTINUATION", lambda stream: frames.headers(stream, b"", end=False, whole=False) + frames.continuation(stream, OK, False) + frames.continuation(stream, blocks.literal("x-a", "1")) + frames.data(stream, b"fine\n", end=True))

# 5

for what, make in [
    ("DATA on an idle stream", lambda stream: frames.data(stream + 100, b"x")),
    ("HEADERS on an idle stream", lambda stream: frames.headers(stream + 100, OK)),
    ("RST_STREAM on an idle stream", lambda stream: frames.rst_stream(stream + 100)),
    ("WINDOW_UPDATE on an idle stream", lambda stream: frames.window_update(stream + 100, 1)),
    ("HEADERS on an even stream that was not promised", lambda stream: frames.headers(2, OK)),
    ("DATA on an even stream", lambda stream: frames.data(2, b"x")),
    ("HEADERS on stream 0", lambda stream: frames.headers(0, OK)),
    ("DATA on stream 0", lambda stream: frames.data(0, b"x")),
    ("RST_STREAM on stream 0", lambda stream: frames.rst_stream(0)),
    ("PRIORITY on stream 0", lambda stream: frames.priority(0)),
    ("CONTINUATION without HEADERS", lambda stream: frames.continuation(stream, OK)),
    ("SETTINGS on a stream", lambda stream: frames.frame(frames.SETTINGS, 0, stream)),
    ("PING on a stream", lambda stream: frames.frame(frames.PING, 0, stream, bytes(8))),
    ("GOAWAY on a stream", lambda stream: frames.frame(frames.GOAWAY, 0, stream, bytes(8))),
    ("PUSH_PROMISE, declined by ENABLE_PUSH 0,", lambda stream: frames.push_promise(stream, 2, blocks.get())),
    ("padding longer than DATA", lambda stream: HEAD_OPEN(stream) + frames.frame(frames.DATA, frames.PADDED, stream, b"\xffabc")),
    ("padding longer than HEADERS", lambda stream: frames.frame(frames.HEADERS, 0x0C, stream, b"\xff" + OK)),
    ("ENABLE_PUSH 1 from a server", lambda stream: frames.settings((frames.ENABLE_PUSH, 1))),
    ("ENABLE_PUSH 2", lambda stream: frames.settings((frames.ENABLE_PUSH, 2))),
    ("MAX_FRAME_SIZE below 16384", lambda stream: frames.settings((frames.MAX_FRAME_SIZE, 16383))),
    ("MAX_FRAME_SIZE beyond 2^24-1", lambda stream: frames.settings((frames.MAX_FRAME_SIZE, 1 << 24))),
    ("ENABLE_CONNECT_PROTOCOL 2", lambda stream: frames.settings((frames.ENABLE_CONNECT_PROTOCOL, 2))),
    ("WINDOW_UPDATE by 0 of the connection", lambda stream: frames.window_update(0, 0)),
]:
    fatal("5, 6", what, PROTOCOL, make)
for what, make in [
    ("RST_STREAM of 3 bytes", lambda stream: frames.frame(frames.RST_STREAM, 0, stream, bytes(3))),
    ("SETTINGS of 7 bytes", lambda stream: frames.frame(frames.SETTINGS, 0, 0, bytes(7))),
    ("an ACK of SETTINGS with a payload", lambda stream: frames.frame(frames.SETTINGS, 1, 0, bytes(6))),
    ("PING of 7 bytes", lambda stream: frames.ping(bytes(7))),
    ("GOAWAY of 7 bytes", lambda stream: frames.frame(frames.GOAWAY, 0, 0, bytes(7))),
    ("WINDOW_UPDATE of 3 bytes", lambda stream: frames.frame(frames.WINDOW_UPDATE, 0, 0, bytes(3))),
]:
    fatal("6", what, SIZE, make)
for what, make in [
    ("INITIAL_WINDOW_SIZE beyond 2^31-1", lambda stream: frames.settings((frames.INITIAL_WINDOW_SIZE, 1 << 31))),
    ("a window of the connection beyond 2^31-1", lambda stream: frames.window_update(0, frames.WINDOW_MAX)),
]:
    fatal("6.5, 6.9", what, FLOW, make)


@SUITE.case("RFC 9113 §6.9.1", "client: DATA beyond the proxy's window is an error FLOW_CONTROL_ERROR")
def overrun(peer):
    def script(link, number):
        link.greet()
        stream = link.request()
        link.alive()
        window = max(link.settings.get(frames.INITIAL_WINDOW_SIZE, 65535), 65535 + link.grants.get(0, 0))
        if window > 64 << 20:
            raise Skipped("the proxy's windows are beyond 64 MiB")
        # More than both windows at once: what is given back meanwhile cannot make up for all of it.
        blob = frames.data(stream, bytes(16384))
        link.send(HEAD_OPEN(stream), blob * (8 * window // 16384 + 8))
        link.stream_error(stream, FLOW)

    slow = peer.ask_slowly(script)
    try:
        peer.scripted.result()
    finally:
        slow.close()


for what, make in [
    ("HEADERS behind END_STREAM", lambda stream: frames.headers(stream, OK) + frames.headers(stream, OK)),
    ("DATA behind END_STREAM", lambda stream: frames.headers(stream, OK) + frames.data(stream, b"x")),
]:

    def behind_end(peer, make=make):
        """The request's stream is closed by then: a connection error, or nothing at all (MAY)."""

        def script(link, number):
            link.greet()
            stream = link.request()
            link.whole(stream)
            link.send(make(stream))
            try:
                link.alive()
            except Failed:
                if link.goaways and link.goaways[-1].code not in (CLOSED, PROTOCOL):
                    raise

        reply = peer.ask(script)
        peer.scripted.result()
        if reply.status not in (200, *FAILED):
            raise Failed(f"the client got {reply}")

    SUITE.add("RFC 9113 §5.1", f"client: {what} is STREAM_CLOSED, or discarded", behind_end)

stream_fault("6.9", "WINDOW_UPDATE by 0 of a stream", PROTOCOL, lambda stream: HEAD_OPEN(stream) + frames.window_update(stream, 0))
stream_fault("6.9", "a window of a stream beyond 2^31-1", FLOW, lambda stream: HEAD_OPEN(stream) + frames.window_update(stream, frames.WINDOW_MAX))
stream_fault("6.3", "PRIORITY of 4 bytes", SIZE, lambda stream: HEAD_OPEN(stream) + frames.frame(frames.PRIORITY, 0, stream, bytes(4)))

fine("6.1, 6.2", "padding of HEADERS and DATA is taken off", lambda stream: frames.headers(stream, OK, end=False, padding=50) + frames.data(stream, b"fi", padding=255) + frames.data(stream, padding=3) + frames.data(stream, b"ne\n", padding=0, end=True))
fine("6.3", "PRIORITY from a server changes nothing", lambda stream: frames.priority(stream, 1) + answer(stream))
fine("6.5", "SETTINGS amid an answer are taken", lambda stream: HEAD_OPEN(stream) + frames.settings((1, 0), (4, 1), (5, 20000)) + frames.data(stream, b"fine\n", end=True))
fine("6.7", "PING amid an answer is answered", lambda stream: HEAD_OPEN(stream) + frames.ping(b"12345678") + frames.data(stream, b"fine\n", end=True))
fine("6.8", "GOAWAY that names the stream lets it end", lambda stream: frames.goaway(stream) + answer(stream))
fine("6.8", "GOAWAY with 2^31-1 lets it end", lambda stream: frames.goaway(frames.WINDOW_MAX) + answer(stream))
fine("6.9", "WINDOW_UPDATE for a stream that has ended is ignored", lambda stream: answer(stream) + frames.window_update(stream, 5) + frames.rst_stream(stream, Code.NO_ERROR))
fine("7", "RST_STREAM NO_ERROR behind a whole answer changes nothing", lambda stream: answer(stream) + frames.rst_stream(stream, 0))

# What the proxy itself must keep to


@SUITE.case("RFC 9113 §6.9.2", "client: the proxy sends no more of a body than our window allows")
def obeys_window(peer):
    body = bytes(range(256)) * 2

    def script(link, number):
        link.greet((frames.INITIAL_WINDOW_SIZE, 100))
        stream = link.request()
        # Before our SETTINGS are acknowledged, the proxy may use the window that it knew.
        link.until(lambda: link.settings_acks == 1, "ACK of SETTINGS")
        link.alive()
        early = len(link.bodies.get(stream, b""))
        if early not in (100, len(body)):
            raise Failed(f"{early} bytes came into a window of 100")
        if early == 100:
            link.send(frames.window_update(stream, 30))
            link.until(lambda: len(link.bodies[stream]) >= 130, "30 bytes more")
            link.alive()
            if len(link.bodies[stream]) != 130:
                raise Failed(f"{len(link.bodies[stream])} bytes came, 130 were allowed")
            link.send(frames.window_update(stream, 1000))
        link.whole(stream)
        link.answer(stream)
        return link.bodies[stream], early

    reply = peer.ask(script, method="POST", body=body)
    came, early = peer.scripted.result()
    if came != body or reply.status != 200:
        raise Failed(f"{len(came)} bytes of {len(body)} came; the client got {reply}")
    if early != 100:
        peer.notes.append("the body was sent before our SETTINGS were known")


@SUITE.case("RFC 9113 §4.2", "client: the proxy sends no frame beyond 16384 bytes, and gives every byte of a body")
def obeys_size(peer):
    body = bytes(60000)

    def script(link, number):
        link.greet()
        stream = link.request()
        link.whole(stream)
        link.answer(stream)
        return max(link.sizes), len(link.bodies[stream])

    peer.ask(script, method="POST", body=body)
    largest, total = peer.scripted.result()
    if largest > 16384 or total != len(body):
        raise Failed(f"frames of {largest} bytes, {total} in all")


@SUITE.case("RFC 9113 §6.9", "client: the proxy gives windows back: an answer of 3 MiB comes whole")
def gives_back(peer):
    def script(link, number):
        link.greet()
        stream = link.request()
        link.send(HEAD_OPEN(stream))
        sent, own = 0, lambda: link.settings.get(frames.INITIAL_WINDOW_SIZE, 65535) + link.grants.get(stream, 0)
        while sent < 3 << 20:
            room = min(own(), 65535 + link.grants.get(0, 0)) - sent
            if room <= 0:
                if link.next(time.monotonic() + 2) is None:
                    raise Failed(f"closed after {sent} bytes")
                continue
            part = min(16384, room, (3 << 20) - sent)
            link.send(frames.data(stream, bytes(part)))
            sent += part
        link.send(frames.data(stream, end=True))

    reply = peer.ask(script)
    peer.scripted.result()
    if not reply.is_whole or len(reply.body) != 3 << 20:
        raise Failed(f"{len(reply.body)} bytes came")


@SUITE.case("RFC 9113 §5.1.2", "client: the proxy keeps to our limit of one stream at a time")
def obeys_limit(peer):
    worst = [0]
    release = threading.Event()

    def script(link, number):
        link.greet((frames.MAX_CONCURRENT_STREAMS, 1))
        link.request()
        link.until(lambda: link.settings_acks == 1, "ACK of SETTINGS")
        release.set()
        # The other requests come now; those that began before the limit was known may stand.
        link.alive()
        known = set(link.requests)
        for stream in known:
            link.whole(stream)
        for _ in range(20):
            link.alive()
        if len(set(link.requests) - known) > 0:
            worst[0] = 1
        for stream in list(link.requests):
            link.answer(stream)
        while True:
            stream = link.request()
            link.alive()
            link.answer(stream)

    results = queue.Queue()
    peer.scripted.begin(script)
    threads = []
    for at in range(4):
        if at == 1:
            release.wait(2)
        thread = threading.Thread(target=lambda: results.put(peer.plain_ask()))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join(8)
    replies = [results.get() for _ in range(results.qsize())]
    if worst[0]:
        raise Failed("a second stream was opened beside the first")
    if [one.status for one in replies] != [200] * 4:
        raise Failed(f"the clients got {[str(one) for one in replies]}")


# 6.4, 6.8, 8.7: what was not processed may be tried again


def tried_again(title, make, method="GET", body=None, closes=True):
    def work(peer):
        def script(link, number):
            link.greet()
            stream = link.request()
            if number == 1:
                link.send(make(stream))
                if closes:
                    link.socket.close()
                    return None
                while True:
                    stream = link.request()
                    link.whole(stream)
                    link.answer(stream)
            link.whole(stream)
            link.answer(stream)
            return None

        reply = peer.ask(script, method=method, body=body)
        if reply.status != 200:
            raise Failed(f"the client got {reply}")

    SUITE.add("RFC 9113 §8.7", f"client: {title} is tried again", work)


tried_again("a GET refused by REFUSED_STREAM", lambda stream: frames.rst_stream(stream, Code.REFUSED_STREAM), closes=False)
tried_again("a GET beyond the last stream of GOAWAY", lambda stream: frames.goaway(0))
tried_again("a POST without body refused by REFUSED_STREAM", lambda stream: frames.rst_stream(stream, Code.REFUSED_STREAM), "POST", b"", closes=False)


@SUITE.case("RFC 9113 §8.7", "client: a POST that may have been processed is not tried again")
def not_again(peer):
    def script(link, number):
        link.greet()
        stream = link.request()
        link.whole(stream)
        link.send(frames.goaway(stream, Code.INTERNAL_ERROR))
        link.socket.close()

    reply = peer.ask(script, method="POST", body=b"once", again=False)
    if peer.scripted.connections != 1:
        raise Failed(f"{peer.scripted.connections} attempts")
    if reply.status not in FAILED:
        raise Failed(f"the client got {reply}")


for code in (Code.NO_ERROR, Code.PROTOCOL_ERROR, Code.INTERNAL_ERROR, Code.CANCEL, Code.ENHANCE_YOUR_CALM, Code.HTTP_1_1_REQUIRED, 0xBEEF):

    def reset_amid(peer, code=code):
        def script(link, number):
            link.greet()
            stream = link.request()
            link.send(HEAD_OPEN(stream), frames.data(stream, b"half of it"))
            link.alive()
            link.send(frames.rst_stream(stream, code))
            link.alive()

        reply = peer.ask(script)
        if reply.is_whole and reply.status not in FAILED:
            raise Failed(f"the client got {reply}")

    SUITE.add("RFC 9113 §8.1", f"client: an answer cut by RST_STREAM {frames.code_name(code)} does not look whole to the client", reset_amid)


@SUITE.case("RFC 9113 §8.1", "client: an answer cut by the end of the connection does not look whole to the client")
def cut(peer):
    def script(link, number):
        link.greet()
        stream = link.request()
        link.send(HEAD_OPEN(stream), frames.data(stream, b"half of it"))
        link.alive()
        link.socket.close()

    reply = peer.ask(script, again=False)
    if reply.is_whole and reply.status not in FAILED:
        raise Failed(f"the client got {reply}")


@SUITE.case("RFC 9113 §8.1", "client: RST_STREAM NO_ERROR behind an early answer: the answer reaches the client")
def early(peer):
    def script(link, number):
        link.greet((frames.INITIAL_WINDOW_SIZE, 10))
        stream = link.request()
        link.send(answer(stream), frames.rst_stream(stream, Code.NO_ERROR))
        link.alive()

    reply = peer.ask(script, method="POST", body=bytes(300000), again=False)
    peer.scripted.result()
    if reply.status != 200 or reply.body != b"fine\n":
        raise Failed(f"the client got {reply}")
