import Access
import Bytes
import EventLoop
import HTTP

// A request to the authorization server: taken in whole, handed over as a value, answered with what
// comes back.

extension Exchange {
    /// The most bytes of a body that is handed over whole.
    ///
    /// Forms and JSON of OAuth have a few hundred,
    /// with assertions a few thousand; what is more is not meant for us, and each waits in memory.
    static let controlBodySizeMax = 65_536

    /// The detail of a refusal because too many wait already.
    static let busyDetail = "control.busy"

    /// Sends the request to the authorization server, once it is here whole.
    ///
    /// - Throws: ``Refusal`` where its body is known to be too large.
    func chooseConsultation() throws(Refusal) {
        if case .length(let length) = head.framing, length > UInt64(Self.controlBodySizeMax) {
            throw Refusal(.bodyTooLarge)
        }
        perform(machine.consultationChosen(isRequestOpen: !isRequestComplete))
    }

    /// Has the peer send its body.
    func collect() {
        if head.expectsContinue {
            downstream?.sendContinue()
        }
    }

    /// Takes of the first `available` bytes, which are the body's.
    ///
    /// - Returns: How many were taken; none where they are too many in all.
    func collectBody(_ bytes: Span<UInt8>, first available: Int) -> Int {
        bytesReceived += Int64(available)
        guard collected.count + available <= Self.controlBodySizeMax else {
            isOverBodyLimit = true
            return 0
        }
        collected.append(bytes.extracting(0..<available))
        return available
    }

    /// Hands the whole request over, and waits.
    func consult() {
        guard let endpoint, let number = worker.file(self, .respond(controlRequest(endpoint)))
        else {
            return refuse(Refusal(.authorizationUnavailable, detail: Self.busyDetail))
        }
        collected = []
        ticket = number
        downstream?.setExchangeDeadline(worker.loop.now + snapshot.timeouts.control)
    }

    /// Answers with what the authorization server said.
    func answer(with response: ControlResponse) {
        guard machine.isConsulting else { return }
        guard (200...599).contains(response.status) else {
            return refuse(Refusal(.authorizationUnavailable, detail: "control.answer"))
        }
        choose(.control(response))
    }

    private func controlRequest(_ match: EndpointTable.Match) -> ControlRequest {
        ControlRequest(
            endpoint: match.endpoint,
            parameter: decodedPath(match.parameter),
            method: head.methodBytes.text(),
            path: decodedPath(0..<path.matched.count),
            query: query,
            fields: controlFields,
            body: collected,
            clientAddress: client,
            isConfidential: isConfidential,
            requestID: String(decoding: requestID, as: UTF8.self)
        )
    }

    private var query: String? {
        guard head.hasQuery else { return nil }
        return head.queryBytes.text()
    }

    /// Every field as it was sent; bytes that are no UTF-8 are replaced, so that they can equal
    /// nothing that is compared with them.
    private var controlFields: [ControlField] {
        let block = head.fields
        var fields: [ControlField] = []
        fields.reserveCapacity(block.count)
        for index in 0..<block.count {
            let name = block.name(at: index)
            var lowercased: [UInt8] = []
            for place in 0..<name.count {
                lowercased.append(ASCII.lowercased(name[place]))
            }
            let value = block.value(at: index)
            fields.append(ControlField(lowercased.span.text(), value.text()))
        }
        return fields
    }

    /// Whether passwords and tokens may be answered: the client spoke `https`, to us or by the word of
    /// a trusted proxy; or it never left this machine.
    private var isConfidential: Bool {
        if scheme.utf8CodeUnitCount == 5 { return true }
        return client.isLoopback && downstream?.peerAddress.isLoopback == true
    }

    /// A part of the path with its percent-triplets undone.
    ///
    /// The path is canonical: each triplet is whole, and none is a slash.
    private func decodedPath(_ part: Range<Int>) -> String {
        let path = path
        var bytes: [UInt8] = []
        var index = part.lowerBound
        while index < part.upperBound {
            let byte = path.matched[index]
            if byte == UInt8(ascii: "%"), index + 2 < part.upperBound,
                let high = ASCII.hexValue(path.matched[index + 1]),
                let low = ASCII.hexValue(path.matched[index + 2])
            {
                bytes.append(high << 4 | low)
                index += 3
            } else {
                bytes.append(byte)
                index += 1
            }
        }
        return bytes.span.text()
    }
}
