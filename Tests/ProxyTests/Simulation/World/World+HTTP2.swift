import Bytes
import HTTP

@testable import Proxy

// What holds in every run for connections of HTTP/2.

extension World {
    var plannedPeers: [any PlannedPeer] { peers + http2Peers }

    /// Requests that HTTP/2 peers have begun: each has one line at most.
    var streamCount: Int { http2Peers.reduce(0) { $0 + $1.streams.count } }

    /// Requests that the gateway has answered: each has one line at least.
    var answeredCount: Int {
        http2Peers.reduce(0) { $0 + $1.answeredCount }
            + peers.reduce(0) { $0 + $1.outcomes.count }
    }

    /// What connections of HTTP/2 are at, for a report.
    var http2State: String {
        worker.connections.compactMap { $0 as? HTTP2Connection }.map { connection in
            let ids = connection.streams.compactMap { $0?.id }
            return
                " [streams \(ids) held \(connection.credit.heldCount) owed \(connection.credit.owedCount) "
                + "inside head: \(connection.session?.isInsideHead == true)]"
        }.joined()
    }

    /// Timers that streams keep while nobody needs them.
    var restingTimerCount: Int { worker.freeHTTP2Streams.count { $0.timer != nil } }

    /// Streams in reserve hold nothing.
    func checkRestingStreams() {
        for stream in worker.freeHTTP2Streams {
            let isFree =
                stream.connection == nil && stream.exchange == nil && stream.outgoing == nil
                && stream.heldCount == 0
            if !isFree { return violations.append("a stream in reserve holds something") }
        }
        if worker.freeHTTP2Streams.count > 256 {
            violations.append("\(worker.freeHTTP2Streams.count) streams in reserve")
        }
    }

    func checkHTTP2Memory() {
        guard violations.count < 4 else { return }
        for case let connection as HTTP2Connection in worker.connections {
            let streams = connection.streams.compactMap(\.self)
            if streams.count != connection.streamCount {
                violations.append("\(connection.streamCount) of \(streams.count) streams")
            }
            let held = streams.reduce(0) { $0 + $1.heldCount }
            if held != connection.credit.heldCount {
                violations.append("\(connection.credit.heldCount) of \(held) bytes held")
            }
            // What is given back late, and the window that is open then.
            if held > 2 << 20 {
                violations.append("\(held) bytes held")
            }
            let pending = connection.pending?.buffer.capacity ?? 0
            if pending > 1 << 18 {
                violations.append("a buffer of \(pending) bytes")
            }
            for stream in streams {
                check(stream)
            }
        }
    }

    private func check(_ stream: HTTP2Stream) {
        // Our own answers are as long as the conf makes them.
        let outgoing = stream.exchange?.answer == nil ? stream.outgoing?.buffer.count ?? 0 : 0
        if outgoing > 1 << 16 {
            violations.append("\(outgoing) bytes of a response held")
        }
        let up = stream.exchange?.upstream as? HTTP1UpstreamConnection
        let most = max(up?.received?.buffer.capacity ?? 0, up?.outputCount ?? 0)
        if most > 1 << 18 {
            violations.append("a buffer of \(most) bytes")
        }
    }
}
