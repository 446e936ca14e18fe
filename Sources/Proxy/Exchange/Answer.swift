import Access

/// A response that the gateway writes itself.
enum Answer {
    /// The authorization server's.
    indirect case control(ControlResponse)
    /// A pre-flight, answered for the upstream.
    case preflight
    /// The same target under `https`.
    case redirectToHTTPS
    /// A refusal: a problem document, and a challenge where one is due.
    case refusal(Refusal)
    /// What `respond` says.
    case text(status: Int, body: String)
    /// An upstream that failed: a problem document.
    case upstreamFailure(UpstreamFailure)

    /// The status of the response.
    var status: Int {
        switch self {
        case .control(let response): response.status
        case .preflight: 204
        case .redirectToHTTPS: 308
        case .refusal(let refusal): refusal.status
        case .text(let status, _): status
        case .upstreamFailure(let failure): failure.status
        }
    }
}
