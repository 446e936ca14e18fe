/// Who carries a request outside: ``OutboundClient``, or a test's issuer.
public protocol OutboundTransport: Sendable {
    /// The response to a request, or why there is none.
    func result(of request: OutboundRequest) async -> Result<OutboundResponse, OutboundFault>
}

extension OutboundClient: OutboundTransport {}
