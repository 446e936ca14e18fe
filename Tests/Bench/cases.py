"""The lines of the table: which requests, over what, and who can answer them."""

import dataclasses


@dataclasses.dataclass
class Case:
    """One line of the table."""

    name: str
    title: str
    path: str
    servers: tuple
    tls: bool = True
    tokens: str = ""
    connections: int = 64
    # Requests at a time on each connection, over HTTP/2; 0 says HTTP/1.1.
    streams: int = 0
    closes: bool = False
    status: str = "200"
    # A gRPC call instead of a GET; answered by the gRPC origin.
    is_unary: bool = False
    # Bytes of each answer's body; counted over HTTP/2 alone.
    answer_bytes: int = 0
    # Requests that fill caches and pools before the clock starts.
    warm_up: int = 2000
    # The path for servers that do not check the token here, where it is another.
    unchecked_path: str = ""
    # Servers known to drop connections here; what they answered is what counts.
    droppers: tuple = ()

    def path_at(self, server_name):
        return self.path if server_name == "gatehouse" else self.unchecked_path or self.path


class WrongCount(Exception):
    """The numbers of a run contradict each other: the run proves nothing."""


def expect(what, found, wanted):
    if found != wanted:
        raise WrongCount(f"{what}: {found}, not {wanted}")


# The origins' small answers, in bytes of body.
ORDERS_BYTES, UNARY_BYTES = 100, 105
ALL = ("gatehouse", "nginx", "haproxy")
CHECKING = ("gatehouse", "nginx-lua", "haproxy")
CASES = [
    Case("plain", "plain HTTP/1.1", "/public/1", ALL, tls=False),
    Case("tls", "TLS 1.3", "/public/1", ALL),
    Case("token", "TLS + RS256, same token", "/orders/1", ("gatehouse", "nginx", "nginx-lua", "haproxy"),
         tokens="tokens-1.txt"),
    Case("token-1000", "TLS + RS256, 1 000 tokens", "/orders/1", CHECKING, tokens="tokens-1000.txt"),
    Case("token-20000", "TLS + RS256, 20 000 tokens", "/orders/1", CHECKING,
         tokens="tokens-20000.txt"),
    Case("forged", "TLS + forged tokens", "/orders/1", CHECKING, tokens="forged.txt", status="401",
         droppers=("haproxy",)),
    Case("forged-plain", "forged tokens, no TLS", "/orders/1", CHECKING, tls=False,
         tokens="forged.txt", status="401"),
    Case("handshake", "full handshake + 1 request", "/public/1", ALL, closes=True, warm_up=200),
    Case("body", "1 MiB body over TLS", "/public/large", ALL, connections=16, warm_up=100),
]  # fmt: skip

# Sixteen connections of sixteen streams: what `h2load` is usually asked for, and what a browser's
# pages or a mobile back end's pool look like to a gateway.
HTTP2 = ("gatehouse", "nginx", "haproxy", "nghttpx")
HTTP2_CASES = [
    Case("h2", "HTTP/2, no token", "/public/1", HTTP2, connections=16, streams=16,
         answer_bytes=ORDERS_BYTES, warm_up=10_000),
    Case("h2-token", "HTTP/2 + RS256, same token; peers do not check it", "/orders/1", HTTP2,
         connections=16, streams=16, tokens="tokens-1.txt", unchecked_path="/public/1",
         answer_bytes=ORDERS_BYTES, warm_up=10_000),
    Case("h2-unary", "gRPC unary call", "/bench.Echo/Unary", HTTP2, connections=16, streams=16,
         is_unary=True, answer_bytes=UNARY_BYTES, warm_up=10_000),
    Case("h2-body", "HTTP/2, 1 MiB body", "/public/large", HTTP2, connections=16, streams=16,
         answer_bytes=1 << 20, warm_up=512),
]  # fmt: skip
IDLE = Case("idle", "KiB per idle TLS connection", "/public/1", ALL, connections=2000)
