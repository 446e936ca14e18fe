import Access
import Configuration
import Storage

/// Somebody has proved who they are, at a provider or at our own page.
struct SignedIn: Sendable {
    var request: AuthorizationRequest
    var client: OAuthClient
    var identity: ProviderIdentity
    /// Milliseconds since 1970.
    var authenticatedAt: Int64
    /// Whether they said yes on the consent page just now.
    var isConsented = false
    /// The flow that it happened in, or `nil` where the browser was signed in already.
    var flow: ResumedFlow?
    /// Whether a page may be shown; not with `prompt=none`.
    var mayAsk = true
    var address: String
}

/// What a browser is told next.
enum NextStep: Sendable {
    /// The consent page.
    case consent(location: String, cookies: [ControlField])
    /// Back to the application, with a code.
    case code(location: String)
}

extension SignInFlow {
    /// Decides what is still missing: consent, or nothing.
    ///
    /// Nothing is written of accounts here (decision 6); a refusal that `/token` would give is given
    /// already, so that the person hears of it.
    func next(after signedIn: SignedIn) async -> Result<NextStep, FlowFault> {
        let rules = AccountRules(project: signedIn.client.project)
        let outlook: Outlook
        do throws(StorageFault) {
            outlook = try await context.store.read { transaction -> Outlook in
                let plan = try rules.plan(
                    for: signedIn.identity,
                    request: signedIn.request,
                    in: transaction
                )
                return Outlook(
                    plan: plan,
                    needsConsent: try needsConsent(signedIn, plan, in: transaction)
                )
            }
        } catch {
            return .failure(FlowFault(error))
        }
        if case .failure(let fault) = outlook.plan { return .failure(.account(fault)) }
        if outlook.needsConsent {
            return signedIn.mayAsk ? await askConsent(signedIn) : .failure(.consentRequired)
        }
        return await issueCode(signedIn)
    }

    /// What `/token` would do, and whether the person must be asked first.
    private struct Outlook: Sendable {
        var plan: Result<AccountPlan, AccountFault>
        var needsConsent: Bool
    }

    private func needsConsent(
        _ signedIn: SignedIn,
        _ plan: Result<AccountPlan, AccountFault>,
        in transaction: borrowing Transaction
    ) throws(StorageFault) -> Bool {
        guard signedIn.client.requiresConsent, !signedIn.isConsented else { return false }
        guard !signedIn.request.demandsConsent, case .success(let plan) = plan,
            let user = plan.user,
            let given = try transaction.consent(userID: user.id, clientID: signedIn.client.id)
        else { return true }
        let held = try transaction.scopeGrants(userID: user.id).map(\.scope)
        let wanted = ScopePolicy.granted(
            requested: signedIn.request.scopes,
            client: signedIn.client,
            held: held
        )
        return !wanted.allSatisfy(given.scopes.contains)
    }

    private func askConsent(_ signedIn: SignedIn) async -> Result<NextStep, FlowFault> {
        let state = signedIn.flow?.state ?? OpaqueToken.make(.state, random: context.random)
        let browser =
            signedIn.flow?.browser ?? OpaqueToken.make(.state, random: context.random)
        var flow =
            signedIn.flow?.flow
            ?? PendingFlow(request: signedIn.request, nonce: "", codeVerifier: "")
        flow.identity = signedIn.identity
        flow.authenticatedAt = signedIn.authenticatedAt
        flow.binding = Self.binding(of: browser)
        let now = context.now
        let record = FlowRecord(
            hash: OpaqueToken.hash(state),
            address: signedIn.address,
            createdAt: now,
            expiresAt: now + Self.lifetime,
            sealedPayload: context.seal(flow.json, for: .flow)
        )
        let kept = context.settings.limits.pendingFlowsPerAddress
        do throws(StorageFault) {
            try await context.store.write { transaction in
                _ = try transaction.takeFlow(hash: record.hash)
                try transaction.insertFlow(record, keepingPerAddress: kept)
            }
        } catch {
            return .failure(FlowFault(error))
        }
        let cookie = BrowserCookie.flow(state: state, settings: context.settings)
        return .success(
            .consent(
                location: page(.consent, state),
                cookies: [cookie.setting(browser, maxAgeSeconds: Self.lifetime / 1000)]
            )
        )
    }

    private func issueCode(_ signedIn: SignedIn) async -> Result<NextStep, FlowFault> {
        let payload = CodePayload(
            request: signedIn.request,
            subject: .identity(signedIn.identity),
            authenticatedAt: signedIn.authenticatedAt,
            isConsented: signedIn.isConsented,
            isNewAccount: signedIn.flow?.flow.isNewAccount ?? false
        )
        switch await CodeIssuing(context: context).issue(payload, for: signedIn.client) {
        case .failure(let fault): return .failure(FlowFault(fault))
        case .success(let code):
            return .success(
                .code(location: context.answerURL(signedIn.request, signedIn.client, code: code))
            )
        }
    }
}

extension ServerContext {
    /// The address of the authorization response: the application's own, with code and state.
    func answerURL(
        _ request: AuthorizationRequest,
        _ client: OAuthClient,
        code: String
    ) -> String {
        var pairs = [("code", code)]
        if !request.state.isEmpty {
            pairs.append(("state", request.state))
        }
        if client.dialect == .oauth {
            pairs.append(("iss", settings.url))
        }
        return WebAddress(request.redirectURI)?.settingQuery(pairs) ?? request.redirectURI
    }
}

extension AccountPlan {
    /// The user that exists already, if one does.
    var user: UserRecord? {
        switch self {
        case .attach(let user), .signIn(let user, _), .upgrade(let user): user
        case .signUp: nil
        }
    }
}
