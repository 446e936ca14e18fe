import Access
import Bytes
import Configuration
import JOSE

/// The two Dressipi endpoints (contract, section 20): method first, then rate.
struct DressipiEndpoints: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// The answer, with the fields that both have.
    func respond() async -> ControlResponse {
        let isAuthorize = request.endpoint == .dressipiAuthorize
        let method = isAuthorize ? "GET" : "POST"
        let crossOrigin = CrossOrigin(
            context: context,
            request: request,
            callers: .registered(.dressipi)
        )
        if request.method == "OPTIONS", let answer = crossOrigin.preflight(methods: [method]) {
            return finished(answer, crossOrigin)
        }
        guard request.method == method || (isAuthorize && request.isGet) else {
            return finished(
                .text(
                    "The method is not allowed here.",
                    status: 405,
                    fields: [
                        ControlField("allow", isAuthorize ? "GET, HEAD, OPTIONS" : "POST, OPTIONS")
                    ]
                ),
                crossOrigin
            )
        }
        if let seconds = context.limited(request, isAuthorize ? .authorize : .token) {
            return finished(OAuthFault.tooMany(retryAfter: seconds).response, crossOrigin)
        }
        let response =
            isAuthorize
            ? await DressipiAuthorize(context: context, request: request).respond()
            : await DressipiToken(context: context, request: request).respond()
        return finished(noted(response), crossOrigin)
    }

    private func finished(
        _ response: ControlResponse,
        _ crossOrigin: CrossOrigin
    ) -> ControlResponse {
        response.adding(
            [
                ControlField("cache-control", "no-store"),
                ControlField("x-content-type-options", "nosniff"),
                ControlField("referrer-policy", "no-referrer"),
            ] + crossOrigin.fields(for: response)
        )
    }

    /// `x-api-key` counts for nothing here; that one came, and which, is for the operator's eyes.
    private func noted(_ response: ControlResponse) -> ControlResponse {
        guard let key = request.values(of: "x-api-key").first else { return response }
        let bytes = [UInt8](key.utf8)
        let mark = "api_key:" + TokenFingerprint.text(of: bytes.span).span.text()
        var response = response
        response.note.detail =
            response.note.detail.isEmpty ? mark : response.note.detail + " " + mark
        return response
    }
}

/// What both Dressipi endpoints demand.
enum DressipiRules {
    /// The one redirect URI that there is: the answer is given to whoever asks, in the body.
    ///
    /// No other dialect takes it: out-of-band redirects are retired practice.
    static let redirectURI = "urn:ietf:wg:oauth:2.0:oob:auto"

    /// The client of the parameters, its rate observed.
    static func client(
        _ parameters: Parameters,
        _ context: ServerContext
    ) throws(OAuthFault) -> OAuthClient {
        if parameters.duplicate != nil {
            throw OAuthFault(
                .invalidRequest,
                "A parameter stands twice.",
                detail: "request.duplicate"
            )
        }
        guard let id = parameters["client_id"] else { throw missing("client_id") }
        guard let client = context.clients.client(id, speaking: .dressipi) else {
            throw OAuthFault(
                .invalidClient,
                "No client of these endpoints has that client_id.",
                detail: "client.unknown"
            )
        }
        if let seconds = context.limited(client) { throw .tooMany(retryAfter: seconds) }
        return client
    }

    static func missing(_ name: String) -> OAuthFault {
        OAuthFault(.invalidRequest, "\(name) is missing.", detail: "request.missing")
    }

    static var redirectURIWrong: OAuthFault {
        OAuthFault(
            .invalidRequest,
            "redirect_uri must be \(redirectURI).",
            detail: "redirect.unregistered"
        )
    }
}
