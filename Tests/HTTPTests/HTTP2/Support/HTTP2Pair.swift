import HTTP

/// How bytes go from one side of a pair to the other.
enum Delivery: CaseIterable {
    case whole
    /// Every byte alone.
    case singly
    /// One frame at a time is produced.
    case frameByFrame
}

/// A client and a server that talk to each other in memory.
final class HTTP2Pair {
    let client: ClientRecorder
    let server: ServerRecorder
    let delivery: Delivery
    var clientFault: HTTP2Fault?
    var serverFault: HTTP2Fault?
    /// All frames that went by.
    var toServer: [ReadFrame] = []
    var toClient: [ReadFrame] = []

    init(
        _ delivery: Delivery = .whole,
        client: HTTP2Limits = http2Limits,
        server: HTTP2Limits = http2Limits
    ) throws {
        self.client = try ClientRecorder(client)
        self.server = try ServerRecorder(server)
        self.delivery = delivery
    }

    /// Lets both talk until neither has anything to say.
    func settle() {
        let limit = delivery == .frameByFrame ? 1 : Int.max
        for _ in 0..<10_000 {
            let request = client.drain(upTo: limit)
            clientFault = clientFault ?? request.fault
            toServer += frames(request.output)
            serverFault = serverFault ?? server.feed(request.output, cutAt: cuts(request.output))
            let response = server.drain(upTo: limit)
            serverFault = serverFault ?? response.fault
            toClient += frames(response.output)
            clientFault = clientFault ?? client.feed(response.output, cutAt: cuts(response.output))
            if request.output.isEmpty, response.output.isEmpty {
                return
            }
        }
    }

    private func cuts(_ bytes: [UInt8]) -> [Int] {
        delivery == .singly && bytes.count > 1 ? Array(1..<bytes.count) : []
    }
}
