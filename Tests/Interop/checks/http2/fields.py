"""RFC 9113, sections 8.2 and 8.3: fields and pseudo-fields, and what of them may reach a back end."""

from kit.http2 import blocks, frames
from kit.http2.suite import Failed, Skipped, Suite

SUITE = Suite("RFC 9113 §8.2, 8.3, fields")
STANDARD = blocks.fields()


def malformed(clause, title, fields):
    def work(peer):
        wire = peer.open()
        wire.send(frames.headers(1, blocks.encode(fields)))
        wire.malformed(1)
        peer.nothing_passed()

    SUITE.add(f"RFC 9113 §{clause}", f"{title} is malformed", work)


def extra(clause, title, *pairs):
    malformed(clause, title, STANDARD + list(pairs))


def passes(clause, title, pairs, holds=lambda seen: True):
    """It is answered with 200, and the back end sees what it should."""

    def work(peer):
        wire = peer.open()
        wire.send(frames.headers(1, blocks.encode(pairs)))
        wire.response(1, 200)
        if peer.backend and not holds(peer.one_passed()):
            raise Failed(f"the back end saw {peer.seen[0].line!r} {peer.seen[0].fields}")

    SUITE.add(f"RFC 9113 §{clause}", title, work)


# 8.2: names

for name in ("Upper", "x-Upper", "X", "COOKIE"):
    extra("8.2.1", f"a name in upper case, {name!r},", (name, "x"))
for byte in (0x00, 0x09, 0x0A, 0x0D, 0x20, 0x22, 0x28, 0x2C, 0x2F, 0x3A, 0x3B, 0x40, 0x5B, 0x7B, 0x7F, 0x80, 0xFF):
    name = b"x" + bytes((byte,)) + b"y"
    extra("8.2.1", f"{bytes((byte,))!r} in a name", (name, "x"))
extra("8.2.1", "a name that ends with a colon", ("host:", "evil"))
extra("8.2.1", "an empty name", ("", "x"))
extra("8.2.1", "a name with a whole HTTP/1.1 field in it", ("x: y\r\ntransfer-encoding", "chunked"))

# Values

for byte in (0x00, 0x0A, 0x0D):
    value = b"a" + bytes((byte,)) + b"b"
    extra("8.2.1", f"{bytes((byte,))!r} in a value", ("x-value", value))
for byte in (0x01, 0x08, 0x0B, 0x1F, 0x7F):
    # RFC 9110 §5.5: to be refused or made harmless.
    def control(peer, byte=byte):
        wire = peer.open()
        wire.send(frames.headers(1, blocks.encode(STANDARD + [("x-value", b"a" + bytes((byte,)) + b"b")])))
        try:
            wire.malformed(1)
        except Failed as fault:
            wire.notes.clear()
            wire.response(1, 200)
            wire.notes.append(f"control {byte:#04x} in a value went through ({fault})")

    SUITE.add("RFC 9110 §5.5", f"control byte {byte:#04x} in a value is refused", control)
for title, value in [("starts with a space", " x"), ("ends with a space", "x "), ("starts with a tab", "\tx"), ("ends with a tab", "x\t"), ("is a space", " ")]:
    extra("8.2.1", f"a value that {title}", ("x-value", value))
extra("8.2.1", "CR LF and a field in a value", ("x-value", "a\r\nx-smuggled: yes"))
extra("8.2.1", "CR LF CR LF and a request in a value", ("x-value", "a\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"))
passes("8.2.1", "an empty value, a tab within and bytes beyond ASCII are taken", STANDARD + [("x-empty", ""), ("x-tab", "a\tb"), ("x-high", b"\xe4\xf6")])
passes("8.2.1", "names of every character of a token are taken", STANDARD + [("x!#$%&'*+-.^_`|~09az", "1")])

# 8.2.2: what belongs to a connection

for name, value in [
    ("connection", "keep-alive"), ("connection", "x-hop"), ("connection", ""), ("proxy-connection", "keep-alive"),
    ("keep-alive", "timeout=5"), ("transfer-encoding", "chunked"), ("transfer-encoding", "identity"),
    ("upgrade", "websocket"), ("upgrade", "h2c"), ("te", "gzip"), ("te", "trailers, deflate"), ("te", "Trailers;q=0.5"), ("te", "chunked"),
]:  # fmt: skip
    extra("8.2.2", f"{name}: {value}", (name, value))
passes("8.2.2", "te: trailers is taken", STANDARD + [("te", "trailers")])


@SUITE.case("RFC 9113 §8.2.2", "the answer has no field of a connection")
def answer_fields(peer):
    wire = peer.open()
    for stream, path in ((1, "/"), (3, "/early"), (5, "/trailers")):
        wire.get(stream, path)
        answer = wire.response(stream)
        wrong = [name for name, _ in answer.fields if name in ("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade")]
        if wrong:
            raise Failed(f"the answer has {wrong}")
        if any(name != name.lower() for name, _ in answer.fields):
            raise Failed("the answer has names in upper case")
        if [name for name, _ in answer.fields if name.startswith(":")] != [":status"] or answer.fields[0][0] != ":status":
            raise Failed(f"the pseudo-fields of the answer: {answer.fields[:3]}")


# 8.2.3

passes("8.2.3", "cookie crumbs reach HTTP/1.1 as one field, joined by '; '", STANDARD + [("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("cookie", "c=3; d=4")],
       lambda seen: seen.field("cookie") == ["a=1; b=2; c=3; d=4"])  # fmt: skip

# 8.3: pseudo-fields

for name in (":method", ":scheme", ":authority", ":path"):
    rest = [pair for pair in STANDARD if pair[0] != name]
    own = [pair for pair in STANDARD if pair[0] == name]
    malformed("8.3", f"{name} behind a regular field", rest + [("x-first", "1")] + own)
    malformed("8.3.1", f"{name} twice", own + STANDARD)
    malformed("8.3.1", f"{name} twice with different values", STANDARD[:4] + [(name, "other")])
    if name != ":authority":
        malformed("8.3.1", f"a request without {name}", rest)
for title, pair in [("an unknown pseudo-field", (":unknown", "x")), (":status in a request", (":status", "200")), (":host", (":host", "localhost")), ("an empty pseudo-field name", (":", "x")), (":protocol without CONNECT", (":protocol", "websocket"))]:
    malformed("8.3", title, STANDARD + [pair])
malformed("8.3", "a request with no pseudo-field", [("host", "localhost")])
malformed("8.3", "a request with no field at all", [])


def target(title, is_fine=False, **changes):
    fields = blocks.fields(**changes)
    if is_fine:
        passes("8.3.1", f"{title} is taken", fields)
    else:
        malformed("8.3.1", title, fields)


for title, path in [
    ("an empty :path", ""), (":path that does not start with a slash", "index"), (":path * of GET", "*"),
    (":path with a space", "/a b"), (":path with a whole HTTP/1.1 request line", "/ HTTP/1.1\r\nhost: evil\r\n\r\nGET /smuggled"),
    (":path with a line feed", "/a\nb"), (":path with NUL", "/a\0b"), (":path with a tab", "/a\tb"), (":path with DEL", "/\x7f"),
    (":path with a fragment", "/a#b"), (":path of an absolute URI", "http://evil/"), (":path with bytes beyond ASCII", b"/\xe4"),
]:  # fmt: skip
    target(title, path=path)
for title, method in [
    ("an empty :method", ""), (":method with a space", "GET /x"), (":method with CR LF", "GET\r\nx: y"),
    (":method with a whole request line", "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\nGET"), (":method with a colon", "GE:T"), (":method with a slash", "G/T"),
]:  # fmt: skip
    target(title, method=method)
for title, scheme in [
    ("an empty :scheme", ""), (":scheme with a space", "ht tp"), (":scheme with CR LF", "https\r\nx: y"),
    (":scheme with a slash", "https://evil/"), (":scheme that starts with a digit", "1http"),
]:  # fmt: skip
    target(title, scheme=scheme)
for title, authority in [
    (":authority with user information", "user@localhost"), (":authority with user and password", "user:secret@localhost"),
    (":authority with a slash", "localhost/evil"), (":authority with a space", "local host"), (":authority with CR LF", "localhost\r\nx-smuggled: 1"),
    (":authority with NUL", "local\0host"), (":authority with a question mark", "localhost?x"), (":authority with #", "localhost#x"),
    (":authority with a port that is none", "localhost:port"), (":authority with a comma", "localhost,evil"),
]:  # fmt: skip
    target(title, authority=authority)
target(":path with a query", True, path="/a/b?c=d&e=%20")
target(":authority with a port", True, authority="localhost:8443")
target(":authority of an IPv6 address", True, authority="[::1]:8443")
target("a method that nobody knows", True, method="PROPFIND")


@SUITE.case("RFC 9113 §8.3.1", ":scheme that is neither http nor https is refused")
def other_scheme(peer):
    wire = peer.open()
    wire.get(1, scheme="ftp")
    try:
        wire.malformed(1)
    except Failed as fault:
        wire.response(1)
        wire.notes.append(f"answered with {wire.responses[1].status} ({fault})")


@SUITE.case("RFC 9113 §8.3.1", "OPTIONS * is taken, or refused with a status")
def options(peer):
    wire = peer.open()
    wire.get(1, "*", method="OPTIONS")
    wire.response(1)


# Hosts (RFC 9113 §8.3.1 and RFC 9110 §7.2)

extra("8.3.1", "host that differs from :authority", ("host", "evil.example"))
extra("8.3.1", "host twice", ("host", "localhost"), ("host", "localhost"))
passes("8.3.1", "host that equals :authority is taken, and reaches the back end once", STANDARD + [("host", "localhost")],
       lambda seen: len(seen.field("host")) == 1)  # fmt: skip
passes("8.3.1", ":authority reaches the back end as host", blocks.fields(authority="one.test:81"),
       lambda seen: seen.field("host") == ["one.test:81"])  # fmt: skip
passes("8.3.1", "host in the place of :authority is taken", blocks.fields(authority=None, extra=[("host", "two.test")]),
       lambda seen: seen.field("host") == ["two.test"])  # fmt: skip
malformed("8.3.1", "a request with neither :authority nor host", blocks.fields(authority=None))
malformed("8.3.1", "an empty :authority and no host", blocks.fields(authority=""))
malformed("8.3.1", "an empty :authority beside host", blocks.fields(authority="", extra=[("host", "localhost")]))
malformed("8.3.1", "two hosts without :authority", blocks.fields(authority=None, extra=[("host", "a"), ("host", "b")]))
malformed("8.3.1", "host with CR LF", blocks.fields(authority=None, extra=[("host", "a\r\nx-smuggled: 1")]))

# What a request of HTTP/2 may never turn into on its way to HTTP/1.1


@SUITE.case("RFC 9113 §10.3", "the framing of what goes on is the server's own: one content-length, or chunked")
def framing(peer):
    if not peer.backend:
        raise Skipped("no back end of ours")
    wire = peer.open()
    wire.open_post(1)
    wire.send(frames.data(1, b"0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n", end=True))
    wire.response(1, 200)
    wire.send(frames.headers(3, blocks.post("/", ("content-length", "4")), end=False), frames.data(3, b"abcd", end=True))
    wire.response(3, 200)
    if [one.path for one in peer.seen] != ["/", "/"]:
        raise Failed(f"the back end saw {[one.line for one in peer.seen]}")
    for one, wanted in zip(peer.seen, (b"0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n", b"abcd")):
        if one.body != wanted or len(one.field("content-length") + one.field("transfer-encoding")) != 1:
            raise Failed(f"the back end saw {one.fields} {one.body!r}")


@SUITE.case("RFC 9113 §10.3", "a GET with DATA is framed for the back end, or refused")
def body_of_get(peer):
    wire = peer.open()
    wire.send(frames.headers(1, blocks.get(), end=False), frames.data(1, b"GET /smuggled HTTP/1.1\r\n\r\n", end=True))
    try:
        wire.response(1)
    except Failed:
        peer.nothing_passed()
    if peer.backend and len(peer.seen) > 1:
        raise Failed(f"the back end saw {[one.line for one in peer.seen]}")


@SUITE.case("RFC 9113 §8.3.1", "many fields and a long value are taken")
def many(peer):
    wire = peer.open()
    fields = [(f"x-field-{at}", "v" * 20) for at in range(50)] + [("x-long", "w" * 4000)]
    wire.get(1, "/", *fields)
    wire.response(1, 200)
    if peer.backend and len(peer.one_passed().field("x-long")[0]) != 4000:
        raise Failed(f"the back end saw {len(peer.seen[0].fields)} fields")


@SUITE.case("RFC 9113 §10.5.1", "a field section beyond the limit is answered with 431, or its stream reset; the connection lives")
def too_large(peer):
    wire = peer.open()
    # 105 kB in a HEADERS frame and six CONTINUATION frames: more than eight are a flood to some.
    parts = [blocks.get()] + [blocks.literal(f"x-field-{at}", "v" * 15000) for at in range(7)]
    wire.send(frames.headers(1, parts[0] + parts[1], whole=False))
    wire.send(*(frames.continuation(1, one, one is parts[-1]) for one in parts[2:]))
    deadline = lambda: wire.has_ended(1) or 1 in wire.resets or wire.is_closed  # noqa: E731
    try:
        wire.until(deadline, "refusal")
    except Failed:
        if not (wire.is_closed or wire.goaways):
            raise
        wire.notes.append(f"the whole connection ended: {wire.story()}")
    if wire.has_ended(1) and wire.responses[1].status != 431:
        raise Failed(f"answered with {wire.responses[1].status}")
    peer.nothing_passed()
    if not wire.notes:
        wire.alive()
