import Access
import Bytes
import Configuration
import Storage

/// The way of a browser from authorize to the code: to a provider or a page of ours, and back.
///
/// Steps never call one another: each ends with what is stored and where the browser goes, and
/// ``next(after:)`` alone decides what is still missing.
struct SignInFlow: Sendable {
    let context: ServerContext

    /// Where a flow begins.
    struct Start: Sendable {
        /// Where the browser goes.
        var location: String
        /// Set on the browser; empty in JSON mode.
        var cookies: [ControlField]
    }

    /// Stores the attempt, and says where the browser goes.
    ///
    /// Without a `provider` the person has to choose; pending flows are counted by `address`, the
    /// client's network.
    func begin(
        _ request: AuthorizationRequest,
        _ client: OAuthClient,
        provider: ProviderSettings?,
        providerScopes: [String] = [],
        address: String
    ) async -> Result<Start, FlowFault> {
        let state = OpaqueToken.make(.state, random: context.random)
        let browser = OpaqueToken.make(.state, random: context.random)
        let flow = PendingFlow(
            request: request,
            providerID: provider?.id,
            nonce: OpaqueToken.make(.state, random: context.random),
            codeVerifier: OpaqueToken.make(.state, random: context.random),
            providerScopes: providerScopes,
            binding: request.isJSONMode ? nil : Self.binding(of: browser)
        )
        let location: String
        switch await destination(of: flow, state: state, client, provider) {
        case .failure(let fault): return .failure(fault)
        case .success(let url): location = url
        }
        if let fault = await store(flow, state: state, address: address) { return .failure(fault) }
        guard !request.isJSONMode else { return .success(Start(location: location, cookies: [])) }
        var cookie = BrowserCookie.flow(state: state, settings: context.settings)
        cookie.isCrossSite =
            provider.map { context.providers[$0.id]?.usesFormPost ?? false } ?? false
        return .success(
            Start(
                location: location,
                cookies: [cookie.setting(browser, maxAgeSeconds: Self.lifetime / 1000)]
            )
        )
    }

    /// Where the browser goes for a provider, or to choose one.
    func destination(
        of flow: PendingFlow,
        state: String,
        _ client: OAuthClient,
        _ provider: ProviderSettings?
    ) async -> Result<String, FlowFault> {
        guard let provider else { return .success(page(.chooseProvider, state)) }
        if provider.kind == .local { return .success(page(.signIn, state)) }
        guard let outside = context.providers[provider.id] else {
            return .failure(.providerNotFound)
        }
        do throws(ProviderFault) {
            return .success(
                try await outside.authorizationURL(
                    ProviderAuthorizationRequest(
                        state: state,
                        nonce: flow.nonce,
                        codeVerifier: flow.codeVerifier,
                        redirectURI: callbackURL(of: provider, client),
                        extraScopes: flow.providerScopes
                    )
                )
            )
        } catch {
            return .failure(FlowFault(error))
        }
    }

    /// The address of one of our pages for a flow.
    func page(_ endpoint: Endpoint, _ state: String) -> String {
        context.settings.url + endpoint.paths(dressipiPrefix: "")[0] + "?"
            + FormCoding.query([("flow", state)])
    }

    /// Where a provider sends the browser back: a different address for each provider, so that an
    /// answer of one cannot be taken for another's (RFC 9700 §4.4).
    func callbackURL(of provider: ProviderSettings, _ client: OAuthClient) -> String {
        let path = client.dialect == .stack ? "/api/v1/auth/oauth/callback/" : "/oauth2/callback/"
        return context.settings.url + path + provider.id
    }

    private func store(
        _ flow: PendingFlow,
        state: String,
        address: String
    ) async -> FlowFault? {
        let now = context.now
        let record = FlowRecord(
            hash: OpaqueToken.hash(state),
            address: address,
            createdAt: now,
            expiresAt: now + Self.lifetime,
            sealedPayload: context.seal(flow.json, for: .flow)
        )
        let kept = context.settings.limits.pendingFlowsPerAddress
        do throws(StorageFault) {
            try await context.store.write { transaction in
                try transaction.insertFlow(record, keepingPerAddress: kept)
            }
            return nil
        } catch {
            return FlowFault(error)
        }
    }

    /// What a cookie's value is compared by.
    static func binding(of value: String) -> String {
        Base64URL.encode(OpaqueToken.hash(value).span).span.text()
    }

    /// Ten minutes in milliseconds: longer than anyone takes to find a password, shorter than a
    /// stolen link stays of use.
    static let lifetime: Int64 = 600_000
}

extension FlowFault {
    /// What a fault of the store means to a browser.
    init(_ fault: StorageFault) {
        switch fault {
        case .overloaded: self = .overloaded
        default: self = .broken(detail: "store")
        }
    }
}
