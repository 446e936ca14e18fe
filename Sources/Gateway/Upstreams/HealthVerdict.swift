import Configuration
import Outbound

/// What an answer to a check says about the server.
enum HealthVerdict: Hashable {
    /// Requests may go there.
    case healthy
    /// None should; the detail is for the log.
    case unhealthy(detail: String)
}

extension HealthProbe {
    /// Judges an answer to the probe.
    func verdict(on response: OutboundResponse) -> HealthVerdict {
        switch self {
        case .http:
            (200..<400).contains(response.status)
                ? .healthy : .unhealthy(detail: "status \(response.status)")
        case .grpc: GRPCHealthCall.verdict(on: response)
        }
    }

    /// The probe as a request to `origin` (`https://HOST:PORT`), all but the bounds.
    func request(
        to origin: String,
        version: OutboundVersion,
        timeout: Duration,
        responseSizeMax: Int
    ) -> OutboundRequest {
        switch self {
        case .http(let method, let path):
            OutboundRequest(
                method: method,
                url: origin + path,
                timeout: timeout,
                responseSizeMax: responseSizeMax,
                version: version
            )
        case .grpc(let service):
            OutboundRequest(
                method: "POST",
                url: origin + GRPCHealthCall.path,
                headers: GRPCHealthCall.fields(timeout: timeout),
                body: GRPCHealthCall.message(askingFor: service),
                timeout: timeout,
                responseSizeMax: min(responseSizeMax, GRPCHealthCall.responseSizeMax),
                version: version
            )
        }
    }
}
