import EventLoop
import JSON
import Outbound

/// Asks a provider's servers, within ``ProviderLimits``.
struct ProviderCalls: Sendable {
    /// What carries requests, and tells the time.
    let tools: ProviderTools

    /// What a place answered, whatever its status.
    struct Answer: Sendable {
        var status: Int
        var mediaType: String
        var body: [UInt8]
    }

    /// Asks once.
    ///
    /// - Throws: ``ProviderFault/temporarilyUnavailable(detail:)`` for no answer, 429 and 5xx.
    func ask(_ request: OutboundRequest, what: String) async throws(ProviderFault) -> Answer {
        switch await attempt(request, what: what) {
        case .answered(let answer): return answer
        case .failed(let fault, _): throw fault
        }
    }

    /// Asks what changes nothing, and again where that may help.
    func askRepeatedly(
        _ request: OutboundRequest,
        what: String
    ) async throws(ProviderFault) -> Answer {
        let end = tools.instant() + Timeout(ProviderLimits.callTimeTotal)
        var wait = ProviderLimits.retryWait
        var retryCount = 0
        while true {
            switch await attempt(request, what: what) {
            case .answered(let answer):
                return answer
            case .failed(let fault, let isRetriable):
                guard isRetriable, retryCount < ProviderLimits.retryCountMax, !Task.isCancelled,
                    tools.instant() + Timeout(wait) < end
                else { throw fault }
            }
            await tools.sleep(wait)
            wait *= 2
            retryCount += 1
        }
    }

    /// The JSON of a body.
    ///
    /// - Throws: ``ProviderFault/broken(detail:)``.
    static func json(_ bytes: [UInt8], what: String) throws(ProviderFault) -> JSONValue {
        let limits = JSONLimits(size: bytes.count, depth: ProviderLimits.depth)
        do throws(JSONFault) {
            return try JSONValue.parse(bytes.span, limits: limits)
        } catch {
            throw .broken(detail: "\(what): not strict JSON: \(error)")
        }
    }

    private enum Attempt {
        case answered(Answer)
        case failed(ProviderFault, isRetriable: Bool)
    }

    private func attempt(_ request: OutboundRequest, what: String) async -> Attempt {
        switch await tools.transport.result(of: request) {
        case .success(let response) where response.status == 429 || response.status >= 500:
            let detail = "\(what): status \(response.status)"
            return .failed(.temporarilyUnavailable(detail: detail), isRetriable: true)
        case .success(let response):
            return .answered(
                Answer(
                    status: response.status,
                    mediaType: Self.mediaType(of: response),
                    body: response.body
                )
            )
        case .failure(let fault):
            return .failed(Self.fault(fault, what: what), isRetriable: fault.isRetriable)
        }
    }

    private static func mediaType(of response: OutboundResponse) -> String {
        let value = response.firstValue(of: "content-type") ?? ""
        return value.prefix { $0 != ";" && $0 != " " }.lowercased()
    }

    /// No answer is an outage, unless what came, or what we were told to ask, cannot be right.
    private static func fault(_ fault: OutboundFault, what: String) -> ProviderFault {
        let detail = "\(what): \(fault.logDetail)"
        switch fault {
        case .plaintextRefused, .protocolRefused, .requestMalformed, .responseMalformed,
            .responseTooLarge:
            return .broken(detail: detail)
        case .cancelled, .clientClosed, .connectionLost, .internalFailure, .nameUnresolved,
            .peerTooSlow, .peerUnreachable, .peerUnverified, .queueFull, .responseTruncated,
            .tlsFailed:
            return .temporarilyUnavailable(detail: detail)
        }
    }
}

extension ProviderCalls {
    /// Describes a question for JSON.
    static func request(
        _ endpoint: ProviderEndpoint,
        fields: [OutboundHeader] = [],
        sizeMax: Int
    ) -> OutboundRequest {
        OutboundRequest(
            url: endpoint.url,
            headers: [OutboundHeader(name: "Accept", value: "application/json")] + fields,
            timeout: ProviderLimits.callTimeout,
            responseSizeMax: sizeMax,
            allowsPlainHTTP: endpoint.isPlain
        )
    }
}
