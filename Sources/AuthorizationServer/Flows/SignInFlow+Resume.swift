import Access
import Bytes
import Configuration
import Storage

/// A flow that a browser has come back to.
struct ResumedFlow: Sendable {
    var flow: PendingFlow
    var state: String
    var client: OAuthClient
    var expiresAt: Int64
    /// Who began it.
    var address: String
    /// The value of the cookie that binds the browser; `nil` in JSON mode.
    var browser: String?
}

extension SignInFlow {
    /// The flow of a state, where this browser may go on with it.
    ///
    /// Looked at only: somebody who has the state and not the cookie must not end it for its owner.
    func resume(_ state: String, _ request: ControlRequest) async -> Result<ResumedFlow, FlowFault>
    {
        let record: FlowRecord?
        let hash = OpaqueToken.hash(state)
        do throws(StorageFault) {
            record = try await context.store.read { transaction in
                try transaction.flow(hash: hash)
            }
        } catch {
            return .failure(FlowFault(error))
        }
        guard let record, let json = context.open(record.sealedPayload, for: .flow),
            let flow = PendingFlow(json: json),
            let client = context.clients.client(flow.request.clientID)
        else { return .failure(.stateUnknown) }
        let browser = request.cookie(
            BrowserCookie.flow(state: state, settings: context.settings).name
        )
        if let binding = flow.binding {
            guard let browser else { return .failure(.bindingMissing) }
            let given = Array(Self.binding(of: browser).utf8)
            let wanted = Array(binding.utf8)
            guard given.span.constantTimeEquals(wanted.span) else {
                return .failure(.bindingMissing)
            }
        }
        return .success(
            ResumedFlow(
                flow: flow,
                state: state,
                client: client,
                expiresAt: record.expiresAt,
                address: record.address,
                browser: flow.binding == nil ? nil : browser
            )
        )
    }

    /// Takes the flow for good: of two that try, one has it.
    func take(_ resumed: ResumedFlow) async -> FlowFault? {
        let hash = OpaqueToken.hash(resumed.state)
        do throws(StorageFault) {
            let taken = try await context.store.write { transaction in
                try transaction.takeFlow(hash: hash) != nil
            }
            guard taken else { return .stateUnknown }
            return context.now < resumed.expiresAt ? nil : .expired
        } catch {
            return FlowFault(error)
        }
    }

    /// Keeps what has changed of a flow.
    func update(_ resumed: ResumedFlow) async -> FlowFault? {
        let hash = OpaqueToken.hash(resumed.state)
        let sealed = context.seal(resumed.flow.json, for: .flow)
        do throws(StorageFault) {
            let isThere = try await context.store.write { transaction -> Bool in
                try transaction.updateFlow(hash: hash, sealedPayload: sealed)
            }
            return isThere ? nil : .stateUnknown
        } catch {
            return FlowFault(error)
        }
    }

    /// Binds a flow that began in JSON mode to the first browser that opens a page of it.
    ///
    /// - Returns: The cookie to set, or `nil` where the flow is bound already.
    func bind(_ resumed: inout ResumedFlow) async -> Result<ControlField?, FlowFault> {
        guard resumed.flow.binding == nil else { return .success(nil) }
        let browser = OpaqueToken.make(.state, random: context.random)
        resumed.flow.binding = Self.binding(of: browser)
        resumed.browser = browser
        if let fault = await update(resumed) { return .failure(fault) }
        let left = max(1, (resumed.expiresAt - context.now) / 1000)
        return .success(
            BrowserCookie.flow(state: resumed.state, settings: context.settings)
                .setting(browser, maxAgeSeconds: left)
        )
    }

    /// The person came back from a provider outside.
    func returned(
        from provider: ProviderSettings,
        _ parameters: Parameters,
        _ resumed: ResumedFlow
    ) async -> Result<ProviderIdentity, FlowFault> {
        guard resumed.flow.providerID == provider.id else { return .failure(.providerMismatch) }
        guard let outside = context.providers[provider.id] else {
            return .failure(.providerNotFound)
        }
        var values: [String: String] = [:]
        for name in parameters.names {
            values[name] = parameters[name]
        }
        do throws(ProviderFault) {
            return .success(
                try await outside.identity(
                    for: ProviderCallback(
                        parameters: values,
                        redirectURI: callbackURL(of: provider, resumed.client),
                        nonce: resumed.flow.nonce,
                        codeVerifier: resumed.flow.codeVerifier,
                        extraScopes: resumed.flow.providerScopes
                    )
                )
            )
        } catch {
            return .failure(FlowFault(error))
        }
    }
}
