import Bytes
import HTTP
import Testing

/// A client's and a server's session in conversation.
@Suite("HTTP/2: sessions")
struct SessionTests {
    @Test("A request without a body and its response", arguments: Delivery.allCases)
    func plainRequest(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        pair.server.answer = (200, OutgoingBody(bytes: bytes("hello")))
        try pair.client.request(goodHead + [("Accept", "*/*")])
        pair.settle()
        #expect(
            pair.server.events == [
                "request 1 GET example.org /a?b=c path=/a query=b=c get http2 origin none complete"
                    + " accept=*/*",
                "closed 1 noError",
            ]
        )
        #expect(
            pair.client.events == [
                "response 1 200 http2 chunked server=test", "data 1 hello", "end 1",
                "closed 1 noError",
            ]
        )
        #expect(pair.clientFault == nil && pair.serverFault == nil)
    }

    @Test("A response without a body is complete with its head", arguments: Delivery.allCases)
    func emptyResponse(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        pair.server.answer = (204, nil)
        try pair.client.request(goodHead)
        pair.settle()
        #expect(
            pair.client.events == [
                "response 1 204 http2 none complete server=test", "closed 1 noError",
            ]
        )
    }

    @Test("Bodies and trailers go both ways", arguments: Delivery.allCases)
    func trailers(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        let answer = OutgoingBody(bytes: bytes("pong"), trailers: [("grpc-status", "0")])
        pair.server.answer = (200, answer)
        let question = OutgoingBody(bytes: bytes("ping"), trailers: [("x-sum!", "1")])
        try pair.client.request(goodPost, method: .post, body: question)
        pair.settle()
        #expect(
            pair.server.events.dropFirst()
                == ["data 1 ping", "trailers 1 x-sum=1!", "end 1", "closed 1 noError"]
        )
        #expect(
            pair.client.events.dropFirst()
                == ["data 1 pong", "trailers 1 grpc-status=0", "end 1", "closed 1 noError"]
        )
    }

    @Test("Trailers can follow on nothing", arguments: Delivery.allCases)
    func trailersAlone(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        pair.server.answer = (200, OutgoingBody(trailers: [("grpc-status", "12")]))
        try pair.client.request(goodHead)
        pair.settle()
        #expect(
            pair.client.events == [
                "response 1 200 http2 chunked server=test", "trailers 1 grpc-status=12", "end 1",
                "closed 1 noError",
            ]
        )
    }

    @Test(
        "A body of 300 000 bytes passes windows of 64 KiB, in order",
        arguments: [Delivery.whole, .frameByFrame]
    )
    func largeBodies(_ delivery: Delivery) throws {
        var small = http2Limits
        small.streamWindow = 65_535
        small.connectionWindow = 65_535
        let pair = try HTTP2Pair(delivery, client: small, server: small)
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        pair.server.answer = (200, OutgoingBody(bytes: body))
        try pair.client.request(goodPost, method: .post, body: OutgoingBody(bytes: body))
        pair.settle()
        #expect(pair.server.received[1] == body)
        #expect(pair.client.received[1] == body)
        #expect(pair.client.events.last == "closed 1 noError")
        #expect(pair.clientFault == nil && pair.serverFault == nil)
    }

    @Test("Interim responses come before the final one", arguments: Delivery.allCases)
    func information(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        pair.server.information = 103
        pair.server.answer = (200, nil)
        try pair.client.request(goodHead)
        pair.settle()
        #expect(
            pair.client.events == [
                "information 1 103 http2 none link=</a>",
                "response 1 200 http2 none complete server=test", "closed 1 noError",
            ]
        )
    }

    @Test("An extended CONNECT becomes a tunnel", arguments: Delivery.allCases)
    func extendedConnect(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        pair.settle()
        #expect(pair.client.session.hasSettings && pair.client.session.allowsExtendedConnect)
        var tunnel = OutgoingBody(bytes: bytes("down"), isWhole: false)
        pair.server.answer = (200, tunnel)
        tunnel.bytes = bytes("up")
        let head = [(":method", "CONNECT"), (":protocol", "websocket")] + goodHead[1...]
        let slot = try pair.client.request(head, method: .connect, body: tunnel)
        pair.settle()
        #expect(pair.server.events[0].contains(" upgrade extended "))
        #expect(pair.server.events[1...] == ["data 1 up"])
        #expect(
            pair.client.events == ["response 1 200 http2 none upgrade server=test", "data 1 down"]
        )
        pair.client.outgoing[slot] = OutgoingBody(bytes: bytes("bye"))
        pair.client.session.resumeBody(1)
        pair.settle()
        #expect(pair.server.events[1...] == ["data 1 upbye", "end 1"])
        pair.server.outgoing[1] = OutgoingBody()
        pair.server.session.resumeBody(1)
        pair.settle()
        #expect(pair.server.events.last == "closed 1 noError")
        #expect(pair.client.events.suffix(2) == ["end 1", "closed 1 noError"])
    }

    @Test("A body that waits is asked for again when it says so", arguments: Delivery.allCases)
    func deferredBody(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        pair.server.answer = (200, OutgoingBody(bytes: bytes("one "), isWhole: false))
        try pair.client.request(goodHead)
        pair.settle()
        #expect(!pair.server.session.wantsToWrite)
        #expect(pair.client.events.last == "data 1 one ")
        pair.server.outgoing[1] = OutgoingBody(bytes: bytes("two"))
        pair.server.session.resumeBody(1)
        #expect(pair.server.session.wantsToWrite)
        pair.settle()
        #expect(pair.client.events.suffix(3) == ["data 1 one two", "end 1", "closed 1 noError"])
    }

    @Test("A body that fails resets its stream", arguments: Delivery.allCases)
    func failingBody(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        pair.server.answer = (200, OutgoingBody(fails: true))
        try pair.client.request(goodHead)
        pair.settle()
        #expect(pair.client.events.last == "closed 1 internalError")
        #expect(pair.server.events.last == "closed 1 internalError")
    }

    @Test("Either side can reset a stream, and the others go on", arguments: Delivery.allCases)
    func resets(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        for _ in 0..<3 {
            try pair.client.request(goodHead)
        }
        pair.settle()
        pair.client.session.reset(1, .cancel)
        pair.server.session.reset(3, .internalError)
        pair.settle()
        #expect(pair.server.events.contains("closed 1 cancel"))
        #expect(pair.client.events.contains("closed 1 cancel"))
        #expect(pair.client.events.contains("closed 2 internalError"))
        pair.server.answer = (200, nil)
        pair.server.respond(3)
        pair.settle()
        #expect(
            pair.client.events.suffix(2).first == "response 3 200 http2 none complete server=test"
        )
        #expect(pair.client.openSlots.isEmpty && pair.server.openSlots.isEmpty)
    }

    @Test(
        "A request without a slot is refused, and its sender may send it again",
        arguments: Delivery.allCases
    )
    func refusedStream(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        pair.server.accepts = false
        try pair.client.request(goodHead)
        pair.settle()
        #expect(pair.client.events == ["closed 1 refusedStream"])
        #expect(pair.server.events.count == 1)
    }

    @Test("Requests beyond the peer's limit wait for streams to end", arguments: Delivery.allCases)
    func streamLimit(_ delivery: Delivery) throws {
        var limits = http2Limits
        limits.streamCount = 2
        let pair = try HTTP2Pair(delivery, server: limits)
        #expect(pair.client.session.streamCountMax == 100)
        pair.settle()
        #expect(pair.client.session.streamCountMax == 2)
        for _ in 0..<3 {
            try pair.client.request(goodHead)
        }
        pair.settle()
        #expect(pair.server.events.count == 2)
        pair.server.answer = (204, nil)
        pair.server.respond(1)
        pair.settle()
        #expect(pair.server.openSlots == [2])
        #expect(pair.client.events.contains("response 3 204 http2 none complete server=test"))
    }

    @Test("A response to HEAD may have a length and no body", arguments: Delivery.allCases)
    func headRequest(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        var head = goodHead
        head[0].1 = "HEAD"
        try pair.client.request(head, method: .head)
        pair.settle()
        let fields = fieldList([(":status", "200"), ("content-length", "5")])
        pair.server.session.respond(1, fields, hasBody: false)
        pair.settle()
        #expect(
            pair.client.events == [
                "response 1 200 http2 none complete content-length=5", "closed 1 noError",
            ]
        )
    }

    @Test("A list of fields keeps names in lower case, numbers and secrets")
    func fieldLists() throws {
        let pair = try HTTP2Pair()
        try pair.client.request(goodHead)
        pair.settle()
        var list = HTTP2FieldList()
        list.add(":status", decimal: 200)
        list.add("content-length", decimal: 0)
        list.add("server", "x")
        let name = bytes("Set-Cookie")
        let value = bytes("a=B")
        list.add(name.span, value.span, isNeverIndexed: true)
        list.add("date", value.span)
        #expect(list.count == 5)
        pair.server.session.respond(1, list, hasBody: false)
        pair.settle()
        #expect(
            pair.client.events[0]
                == "response 1 200 http2 none complete content-length=0 server=x set-cookie=a=B!"
                + " date=a=B"
        )
        list.removeAll()
        #expect(list.count == 0)
    }

    @Test("Calls for a stream that is gone are passed over")
    func goneStreams() throws {
        let pair = try HTTP2Pair()
        pair.server.answer = (204, nil)
        try pair.client.request(goodHead)
        pair.settle()
        let list = fieldList([(":status", "200")])
        for stream: Int32 in [1, 3, 99, 2] {
            pair.server.session.respond(stream, list, hasBody: true)
            pair.server.session.inform(stream, list)
            pair.server.session.resumeBody(stream)
            pair.server.session.consumeStream(stream, 5)
            pair.server.session.reset(stream, .cancel)
            #expect(pair.server.session.windowLeft(stream) == 0)
            pair.client.session.resumeBody(stream)
            pair.client.session.consumeStream(stream, 5)
        }
        pair.settle()
        #expect(pair.clientFault == nil && pair.serverFault == nil)
        #expect(pair.client.events.last == "closed 1 noError")
    }

    @Test("Slots are used again, and each is closed once")
    func manyRequests() throws {
        let pair = try HTTP2Pair()
        pair.server.answer = (200, OutgoingBody(bytes: bytes("x")))
        for _ in 0..<50 {
            for _ in 0..<20 {
                try pair.client.request(goodHead)
            }
            pair.settle()
        }
        #expect(pair.client.events.filter { $0.hasPrefix("closed") }.count == 1000)
        #expect(!pair.client.events.contains { $0.hasPrefix("CLOSED") })
        #expect(pair.client.openSlots.isEmpty && pair.server.openSlots.isEmpty)
    }
}
