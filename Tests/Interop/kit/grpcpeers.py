"""A gRPC server and client by grpcio, with bytes for messages: no generated code is needed."""

import concurrent.futures
import hashlib
import json
import threading
import time

import grpc

DETAILS = "grpc-status-details-bin"


class Notes:
    """What the server saw of calls, by the id that the client gave each (metadata `x-call`)."""

    def __init__(self):
        self.condition = threading.Condition()
        self.seen = {}

    def note(self, call, **values):
        with self.condition:
            self.seen.setdefault(call, {}).update(values)
            self.condition.notify_all()

    def wait(self, call, name, seconds=5):
        """The value under the name, or None when it does not come."""
        with self.condition:
            self.condition.wait_for(lambda: name in self.seen.get(call, {}), seconds)
            return self.seen.get(call, {}).get(name)


def metadata_of(context):
    """The call's metadata as JSON can hold it: lists of text, binary ones in hexadecimal."""
    found = {}
    for name, value in context.invocation_metadata():
        found.setdefault(name, []).append(value.hex() if isinstance(value, bytes) else value)
    return found


class Shop(grpc.GenericRpcHandler):
    """Every service; the method decides what is done."""

    def __init__(self, name):
        self.name, self.notes = name, Notes()

    def service(self, details):
        method = details.method.rsplit("/", 1)[1]
        kinds = {
            "Echo": grpc.unary_unary_rpc_method_handler(self.echo),
            "Seen": grpc.unary_unary_rpc_method_handler(self.report),
            "Fail": grpc.unary_unary_rpc_method_handler(self.fail),
            "Hang": grpc.unary_unary_rpc_method_handler(self.hang),
            "Collect": grpc.stream_unary_rpc_method_handler(self.collect),
            "Spread": grpc.unary_stream_rpc_method_handler(self.spread),
            "Talk": grpc.stream_stream_rpc_method_handler(self.talk),
        }
        return kinds.get(method)

    def note(self, context, **values):
        call = dict(context.invocation_metadata()).get("x-call")
        if call:
            self.notes.note(call, **values)

    def echo(self, request, context):
        """Gives the message back, and what is called x-mirror in both kinds of metadata."""
        mirrored = [(name, value) for name, value in context.invocation_metadata() if name.startswith("x-mirror")]
        context.send_initial_metadata([*mirrored, ("x-server", self.name)])
        context.set_trailing_metadata(mirrored)
        return request

    def report(self, request, context):
        return json.dumps({"metadata": metadata_of(context), "server": self.name, "left": context.time_remaining(), "peer": context.peer()}).encode()

    def fail(self, request, context):
        asked = json.loads(request)
        if asked.get("details"):
            context.set_trailing_metadata([(DETAILS, bytes(range(256)) * (asked["details"] // 256))])
        context.abort(grpc.StatusCode[asked["code"]], asked["message"])

    def hang(self, request, context):
        ended = threading.Event()
        context.add_callback(ended.set)
        self.note(context, begun=True, left=context.time_remaining())
        begun = time.monotonic()
        ended.wait(30)
        self.note(context, cancelled=time.monotonic() - begun)
        return b""

    def collect(self, requests, context):
        count, digest = 0, hashlib.sha256()
        for message in requests:
            count += 1
            digest.update(message)
        return json.dumps([count, digest.hexdigest()]).encode()

    def spread(self, request, context):
        asked = json.loads(request)
        context.add_callback(lambda: self.note(context, ended=time.monotonic()))
        for index in range(asked["count"]):
            yield index.to_bytes(4, "big") + bytes(asked.get("size", 0))
            self.note(context, sent=index + 1)
            time.sleep(asked.get("pause", 0))

    def talk(self, requests, context):
        context.add_callback(lambda: self.note(context, ended=time.monotonic()))
        self.note(context, begun=True)
        for message in requests:
            yield message


class Server:
    """A running server; `port` 0 picks a free one."""

    def __init__(self, port=0, name="a", tls=None, health=None, workers=160):
        self.shop = Shop(name)
        self.notes = self.shop.notes
        self.server = grpc.server(
            concurrent.futures.ThreadPoolExecutor(workers), handlers=[self.shop],
            compression=grpc.Compression.NoCompression,
            options=[("grpc.max_concurrent_streams", 1000), ("grpc.so_reuseport", 1)],
        )  # fmt: skip
        if health is not None:
            from grpc_health.v1 import health_pb2_grpc

            health_pb2_grpc.add_HealthServicer_to_server(health, self.server)
        address = f"localhost:{port}" if tls else f"127.0.0.1:{port}"
        if tls:
            certificate, key = (open(path, "rb").read() for path in tls)
            credentials = grpc.ssl_server_credentials([(key, certificate)])
            self.port = self.server.add_secure_port(address, credentials)
        else:
            self.port = self.server.add_insecure_port(address)
        self.server.start()

    def stop(self, grace=0):
        return self.server.stop(grace)


class Client:
    """A channel of its own, and the methods of one service on it."""

    def __init__(self, gate, service, token=None, plain=False, compression=None, options=()):
        settings = [("grpc.use_local_subchannel_pool", 1), *options]
        if plain:
            self.channel = grpc.insecure_channel(f"127.0.0.1:{gate.plain_port}", options=settings, compression=compression)
        else:
            with open(gate.certificate, "rb") as file:
                credentials = grpc.ssl_channel_credentials(file.read())
            self.channel = grpc.secure_channel(f"localhost:{gate.port}", credentials, options=settings, compression=compression)
        self.service = service
        self.bearer = [("authorization", f"Bearer {token}")] if token else []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.channel.close()

    def call(self, kind, method, message, metadata=(), timeout=20, **more):
        """`kind` is unary_unary and so on; streams of the client are iterators."""
        stub = getattr(self.channel, kind)(f"/{self.service}/{method}")
        return stub(message, metadata=[*self.bearer, *metadata], timeout=timeout, **more)

    def echo(self, message=b"hello", **more):
        return self.call("unary_unary", "Echo", message, **more)

    def seen(self, metadata=(), **more):
        return json.loads(self.call("unary_unary", "Seen", b"", metadata=metadata, **more))

    def fault(self, work):
        """The status, message and trailing metadata of a call that should fail; None if it did not."""
        try:
            work()
        except grpc.RpcError as fault:
            return fault
        return None


class Turns:
    """A client stream that is fed from outside: an iterator that waits."""

    def __init__(self):
        self.condition = threading.Condition()
        self.waiting, self.closed = [], False

    def put(self, message):
        with self.condition:
            self.waiting.append(message)
            self.condition.notify()

    def end(self):
        with self.condition:
            self.closed = True
            self.condition.notify()

    def __iter__(self):
        return self

    def __next__(self):
        with self.condition:
            self.condition.wait_for(lambda: self.waiting or self.closed)
            if self.waiting:
                return self.waiting.pop(0)
            raise StopIteration
