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
            await StackCallback(context: context, request: request).respond()
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

/// `GET /api/v1/projects/current`: what the SDK fetches when it is constructed.
struct StackProject: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// What we lack is `false`; our local accounts are a provider like any other.
    func respond() async -> ControlResponse {
        switch await StackCallerReader(context: context, request: request).readRequired() {
        case .failure(let fault): return StackResponse(request: request).fault(fault)
        case .success(let caller):
            let providers = caller.project.providers.map { index in
                JSONValue.object(["id": .string(context.settings.providers[index].id)])
            }
            return .json([
                "id": .string(caller.project.id),
                "display_name": .string(caller.project.name),
                "config": .object([
                    "sign_up_enabled": .boolean(caller.project.allowsSignUp),
                    "credential_enabled": false,
                    "magic_link_enabled": false,
                    "passkey_enabled": false,
                    "client_team_creation_enabled": false,
                    "client_user_deletion_enabled": false,
                    "allow_user_api_keys": false,
                    "allow_team_api_keys": false,
                    "oauth_providers": .array(providers),
                ]),
            ])
        }
    }
}

/// `GET /api/v1/projects/{project}/.well-known/jwks.json` (contract, section 11).
struct StackKeySet: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// The project's public keys; those of restricted and anonymous users where they are asked for.
    func respond() -> ControlResponse {
        guard let client = context.clients.client(request.parameter, speaking: .stack) else {
            return .text("There is no such project here.", status: 404)
        }
        let query = (try? request.queryParameters()) ?? Parameters()
        let withAnonymous = query["include_anonymous"] == "true"
        let withRestricted = withAnonymous || query["include_restricted"] == "true"
        var classes: [UserClass] = [.normal]
        if withRestricted { classes.append(.restricted) }
        if withAnonymous { classes.append(.anonymous) }
        let keys = classes.flatMap { userClass in
            context.keys.keySet(of: .project(id: client.id, userClass)).keys.compactMap {
                $0.json().map { JSONValue.object($0) }
            }
        }
        return .json(
            ["keys": .array(keys)],
            fields: [ControlField("cache-control", "public, max-age=3600")]
        )
    }
}
