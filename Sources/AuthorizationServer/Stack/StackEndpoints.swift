import Access
import Configuration
import EventLoop
import JOSE
import JSON

/// The Stack endpoints: method first, then each one's own order (contract, section 2.2).
struct StackEndpoints: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// The answer, with the fields that every one has.
    func respond() async -> ControlResponse {
        let writer = StackResponse(request: request)
        if request.method == "OPTIONS" {
            return writer.finished(ControlResponse(status: 200))
        }
        guard methods.contains(request.method == "HEAD" ? "GET" : request.method) else {
            let allowed = (methods + ["OPTIONS"]).joined(separator: ", ")
            return writer.finished(
                .text(
                    "The method is not allowed here.",
                    status: 405,
                    fields: [ControlField("allow", allowed)]
                )
            )
        }
        if let wait = limited() { return writer.finished(wait) }
        return writer.finished(await answer())
    }

    private func answer() async -> ControlResponse {
        switch request.endpoint {
        case .stackAuthorize:
            await StackAuthorize(context: context, request: request).respond()
        case .stackCallback:
            await ProviderReturn(context: context, request: request, dialect: .stack).respond()
        case .stackToken:
            await StackToken(context: context, request: request).respond()
        case .stackCrossDomainAuthorize:
            await StackCrossDomain(context: context, request: request).respond()
        case .stackCurrentProject:
            await StackProject(context: context, request: request).respond()
        case .stackCurrentUser:
            await StackCurrentUser(context: context, request: request).respond()
        case .stackKeySet:
            StackKeySet(context: context, request: request).respond()
        default:
            await StackSessions(context: context, request: request).respond()
        }
    }

    private var methods: [String] {
        switch request.endpoint {
        case .stackAuthorize, .stackCurrentProject, .stackCurrentUser, .stackKeySet,
            .stackSessions:
            ["GET"]
        case .stackCallback: ["GET", "POST"]
        case .stackCurrentSession, .stackSession: ["DELETE"]
        default: ["POST"]
        }
    }

    private func limited() -> ControlResponse? {
        let purpose: RequestLimits.Purpose
        switch request.endpoint {
        case .stackAuthorize, .stackCrossDomainAuthorize: purpose = .authorize
        case .stackToken, .stackSessionRefresh: purpose = .token
        default: return nil
        }
        return context.limited(request, purpose).map { seconds in
            .text(
                "Too many requests. Try again later.",
                status: 429,
                fields: [ControlField("retry-after", String(seconds))],
                note: ControlNote(error: "rate_limited")
            )
        }
    }
}

extension ServerContext {
    /// Seconds until the address of the request may ask again, or `nil` where it may now.
    func limited(_ request: ControlRequest, _ purpose: RequestLimits.Purpose) -> Int64? {
        let rate = purpose == .authorize ? settings.limits.authorizeRate : settings.limits.tokenRate
        return guards.limits.take(
            .address(request.clientAddress.networkKey, purpose),
            rate: rate,
            now: now
        )
    }
}
