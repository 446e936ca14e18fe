import Bytes
import HTTP
import Testing

/// How connections end: announced, refused, broken, lost.
@Suite("HTTP/2: the end of a connection")
struct EndingTests {
    @Test(
        "A shutdown is announced, then made, and running streams go on",
        arguments: Delivery.allCases
    )
    func gracefulShutdown(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        try pair.client.request(goodHead)
        pair.settle()
        pair.server.session.announceShutdown()
        pair.settle()
        #expect(pair.client.events == ["draining"] && pair.client.session.isDraining)
        #expect(!pair.server.session.isFinished && !pair.client.session.isFinished)
        pair.server.session.shutDown(.noError)
        pair.settle()
        #expect(pair.client.events == ["draining"])
        pair.server.answer = (204, nil)
        pair.server.respond(1)
        pair.settle()
        #expect(pair.client.events.last == "closed 1 noError")
        #expect(pair.server.session.isFinished && pair.client.session.isFinished)
        #expect(pair.clientFault == nil && pair.serverFault == nil)
        let goaways = pair.toClient.filter { $0.type == Frame.goaway }.map { "\($0)" }
        #expect(goaways == ["GOAWAY 2147483647 noError", "GOAWAY 1 noError"])
    }

    @Test("Streams beyond the last of a GOAWAY were not processed", arguments: Delivery.allCases)
    func lastStream(_ delivery: Delivery) throws {
        let pair = try HTTP2Pair(delivery)
        try pair.client.request(goodHead)
        pair.settle()
        pair.server.session.shutDown(.noError)
        // Crosses the GOAWAY on the wire.
        try pair.client.request(goodHead)
        pair.settle()
        #expect(pair.server.events.count == 1)
        #expect(pair.client.events == ["draining", "closed 2 refusedStream"])
    }

    @Test("Requests that wait for others are given back at once when GOAWAY comes")
    func waitingRequests() throws {
        var limits = http2Limits
        limits.streamCount = 1
        let pair = try HTTP2Pair(server: limits)
        pair.settle()
        try pair.client.request(goodHead)
        try pair.client.request(goodHead)
        pair.settle()
        pair.server.session.shutDown(.noError)
        pair.settle()
        #expect(pair.client.events == ["draining", "closed 2 refusedStream"])
        pair.server.answer = (204, nil)
        pair.server.respond(1)
        pair.settle()
        #expect(pair.client.events.last == "closed 1 noError" && pair.client.events.count == 4)
        #expect(pair.client.session.isFinished)
        #expect(throws: HTTP2Fault.self) { try pair.client.request(goodHead) }
    }

    @Test("A GOAWAY with an error is not one of libnghttp2's")
    func ownError() throws {
        let pair = try HTTP2Pair()
        try pair.client.request(goodHead)
        pair.settle()
        pair.server.session.shutDown(.enhanceYourCalm)
        pair.settle()
        #expect(pair.serverFault == nil)
        #expect(pair.toClient.last.map { "\($0)" } == "GOAWAY 1 enhanceYourCalm")
        #expect(pair.server.openSlots == [1])
    }

    @Test("A client says goodbye")
    func clientShutdown() throws {
        let pair = try HTTP2Pair()
        pair.server.answer = (204, nil)
        try pair.client.request(goodHead)
        pair.settle()
        pair.client.session.shutDown(.noError)
        pair.settle()
        #expect(pair.client.session.isFinished && pair.server.session.isFinished)
    }

    @Test("A connection that breaks closes every stream once, towards either side")
    func brokenConnection() throws {
        let server = try ServerRecorder()
        let streams = [1, 3, 5].flatMap { headers($0, goodPost, endsStream: false) }
        #expect(server.feed(clientPreface + streams + data(0, "x")) == nil)
        let end = server.drain()
        #expect(end.fault == .closed(.protocolError))
        #expect(frames(end.output).last.map { "\($0)" } == "GOAWAY 5 protocolError")
        #expect(server.events.suffix(3).sorted() == (1...3).map { "closed \($0) protocolError" })
        #expect(server.openSlots.isEmpty)
        #expect(server.session.isFinished && !server.session.wantsToWrite)
        // From then on it says the same, and does nothing.
        #expect(server.feed(headers(7, goodHead)) == .closed(.protocolError))
        #expect(server.drain().output.isEmpty && server.drain().fault == nil)
        #expect(server.events.filter { $0.hasPrefix("closed") }.count == 3)
        server.session.respond(1, fieldList([(":status", "200")]), hasBody: false)
        server.session.shutDown(.noError)
        #expect(!server.session.wantsToWrite)
    }

    @Test("A transport that is gone closes every stream once")
    func abandoned() throws {
        let pair = try HTTP2Pair()
        try pair.client.request(goodHead)
        pair.settle()
        try pair.client.request(goodHead)
        pair.client.session.abandon(.connectError, handler: pair.client)
        pair.server.session.abandon(.cancel, handler: pair.server)
        #expect(pair.client.events == ["closed 1 connectError", "closed 2 refusedStream"])
        #expect(pair.server.events.last == "closed 1 cancel")
        #expect(pair.client.openSlots.isEmpty && pair.server.openSlots.isEmpty)
        #expect(pair.client.session.isFinished && !pair.client.session.wantsToWrite)
        #expect(throws: HTTP2Fault.closed(.connectError)) {
            try pair.client.request(goodHead)
        }
        #expect(pair.client.feed(serverPreface) == .closed(.connectError))
    }

    @Test("Streams of a peer that goes without a word are the handler's to abandon")
    func silentSession() throws {
        let server = try ServerRecorder()
        #expect(!server.session.isFinished && server.session.wantsToWrite)
        #expect(server.session.isInsideHead)
        #expect(server.feed(clientPreface) == nil)
        #expect(!server.session.isInsideHead)
        let head = headers(1, goodHead)
        #expect(server.feed(Array(head.dropLast())) == nil)
        #expect(server.session.isInsideHead)
        #expect(server.feed(Array(head.suffix(1))) == nil)
        #expect(!server.session.isInsideHead)
        #expect(server.feed(frame(Frame.headers, flags: 1, stream: 3, [0x82])) == nil)
        #expect(server.session.isInsideHead)
        #expect(server.feed(frame(Frame.continuation, flags: 4, stream: 3, [0x87])) == nil)
        #expect(!server.session.isInsideHead)
    }

    @Test("The preface is whole once SETTINGS are", arguments: [1, 23, 24, 30])
    func prefaceProgress(_ count: Int) throws {
        let server = try ServerRecorder()
        #expect(server.feed(Array((magic + settings()).prefix(count))) == nil)
        #expect(server.session.isInsideHead)
        #expect(server.feed(Array((magic + settings()).dropFirst(count))) == nil)
        #expect(!server.session.isInsideHead)
    }

    @Test("Errors have the codes of RFC 9113 §7")
    func codes() {
        #expect(HTTP2ErrorCode.allCases.map(\.rawValue) == Array(0...13))
        #expect(HTTP2Fault.flooded(.resets).code == .enhanceYourCalm)
        #expect(HTTP2Fault.badPreface.code == .protocolError)
        #expect(HTTP2Fault.outOfMemory.code == .internalError)
        #expect(HTTP2Fault.closed(.frameSizeError).code == .frameSizeError)
    }

    @Test("An unknown code of a peer counts as an internal error")
    func unknownCode() throws {
        let server = try ServerRecorder()
        let open = headers(1, goodPost, endsStream: false)
        let reset = frame(Frame.reset, stream: 1, word(0x1234))
        #expect(server.feed(clientPreface + open + reset) == nil)
        #expect(server.events.last == "closed 1 internalError")
    }
}
