import EventLoop
import Outbound

/// Why a fetch brought no key set, by who is at fault.
enum KeySetFetchFault: Error, Hashable, Sendable {
    // Ours.

    /// The `jwks_file` could not be read.
    case fileUnreadable(SystemFault)

    // The way's.

    /// There was no response.
    case outbound(OutboundFault, url: String)

    // The issuer's.

    /// The discovery document is not one.
    case discoveryMalformed(detail: String, url: String)
    /// The discovery document speaks for somebody else.
    case issuerMismatch(found: String, url: String)
    /// The set is not JSON, not a key set, or has no key that could be used.
    case keysUnusable(detail: String)
    /// The response has another status than 200.
    case status(Int, url: String)

    /// One line for the operator's log.
    var logDetail: String {
        switch self {
        case .discoveryMalformed(let detail, let url): "\(url): \(detail)"
        case .fileUnreadable(let fault): "\(fault)"
        case .issuerMismatch(let found, let url): "\(url): its issuer is \"\(found)\""
        case .keysUnusable(let detail): detail
        case .outbound(let fault, let url): "\(url): \(fault.logDetail)"
        case .status(let status, let url):
            "\(url): status \(status)"
                + ((300..<400).contains(status) ? " (redirects are not followed)" : "")
        }
    }

    /// One word for a metric's label.
    var metricLabel: String {
        switch self {
        case .discoveryMalformed: "discovery_malformed"
        case .fileUnreadable: "file_unreadable"
        case .issuerMismatch: "issuer_mismatch"
        case .keysUnusable: "keys_unusable"
        case .outbound(let fault, _): fault.metricLabel
        case .status: "status"
        }
    }
}
