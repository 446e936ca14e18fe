import Access
import Configuration

/// The endpoints of plain OAuth 2.1 and OpenID Connect: method first, then rate, then each one's own
/// order.
struct OAuthEndpoints: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// The answer, with the fields that every one has.
    func respond() async -> ControlResponse {
        if request.endpoint == .signedOut {
            return await PageEndpoints(context: context, request: request).respond()
        }
        if request.method == "OPTIONS", let answer = crossOrigin.preflight(methods: methods) {
            return finished(answer)
        }
        guard methods.contains(request.method == "HEAD" ? "GET" : request.method) else {
            return finished(
                .text(
                    "The method is not allowed here.",
                    status: 405,
                    fields: [ControlField("allow", allowed.joined(separator: ", "))]
                )
            )
        }
        if let wait = limited() { return finished(wait) }
        return finished(await answer())
    }

    private func answer() async -> ControlResponse {
        switch request.endpoint {
        case .authorize:
            await OAuthAuthorize(context: context, request: request).respond()
        case .callback:
            await ProviderReturn(context: context, request: request, dialect: .oauth).respond()
        case .token:
            await OAuthToken(context: context, request: request).respond()
        case .revoke:
            await OAuthRevocation(context: context, request: request).respond()
        case .introspect:
            await OAuthIntrospection(context: context, request: request).respond()
        case .userInfo:
            await OAuthUserInfo(context: context, request: request).respond()
        case .logout:
            await OAuthLogout(context: context, request: request).respond()
        case .authorizationServerMetadata:
            ServerMetadata(context: context).response(isOpenID: false)
        case .openIDConfiguration:
            ServerMetadata(context: context).response(isOpenID: true)
        case .keySet:
            ServerMetadata(context: context).keySetResponse()
        default:
            ControlResponse(status: 404)
        }
    }

    private var methods: [String] {
        switch request.endpoint {
        case .authorizationServerMetadata, .openIDConfiguration, .keySet: ["GET"]
        case .introspect, .revoke, .token: ["POST"]
        default: ["GET", "POST"]
        }
    }

    /// As `Allow` has it.
    private var allowed: [String] {
        let options = crossOrigin.callers == .nobody ? [] : ["OPTIONS"]
        return methods.flatMap { $0 == "GET" ? ["GET", "HEAD"] : [$0] } + options
    }

    private var crossOrigin: CrossOrigin {
        let callers: CrossOrigin.Callers =
            switch request.endpoint {
            case .authorizationServerMetadata, .keySet, .openIDConfiguration: .everyone
            case .token, .userInfo: .registered(.oauth)
            default: .nobody
            }
        return CrossOrigin(context: context, request: request, callers: callers)
    }

    private func limited() -> ControlResponse? {
        let purpose: RequestLimits.Purpose
        switch request.endpoint {
        case .authorize, .callback, .logout: purpose = .authorize
        case .revoke, .token: purpose = .token
        default: return nil
        }
        guard let seconds = context.limited(request, purpose) else { return nil }
        return OAuthFlowAnswer(context: context, request: request)
            .refusal(.tooMany(retryAfter: seconds), page: .tooManyAttempts)
    }

    /// `Referrer-Policy`: the address of an answer may hold a code.
    private func finished(_ response: ControlResponse) -> ControlResponse {
        response.adding(
            [
                ControlField("cache-control", "no-store"),
                ControlField("x-content-type-options", "nosniff"),
                ControlField("referrer-policy", "no-referrer"),
            ] + crossOrigin.fields(for: response)
        )
    }
}
