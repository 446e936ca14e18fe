import Access
import Bytes
import Configuration
import HTTP

extension Exchange {
    /// Finds the route and decides: the cheap questions first, the token last.
    func decide() {
        do throws(Refusal) {
            if snapshot.settings.listeners[listenerIndex].purpose
                == .redirectToHTTPS
            {
                return redirectToHTTPS()
            }
            let head = head
            try findDestination(head)
            if endpoint != nil { return try chooseConsultation() }
            guard let route else { throw Refusal(.routeNotFound) }
            if Self.isPreflight(head), !route.settings.corsOrigins.isEmpty {
                if !route.settings.passesCORSPreflight {
                    return choose(.preflight)
                }
                return proceed(route)
            }
            guard route.allows(head.methodBytes) else { throw Refusal(.methodNotAllowed) }
            try Self.checkBodySize(route, head)
            let rule = route.rule(for: head.method, spelt: head.methodBytes)
            self.rule = rule
            if rule.settings.access != .public {
                guard try checkToken(route, rule, head) else { return }
            }
            proceed(route)
        } catch {
            refuseOrShadow(error)
        }
    }

    /// A pre-flight of a script of another origin (Fetch, "CORS-preflight request").
    private static func isPreflight(_ head: RequestHead) -> Bool {
        head.method == .options && head.fields.first(.origin) != nil
            && head.fields.first(.accessControlRequestMethod) != nil
    }

    /// Says where the request belongs: an endpoint of the authorization server, or a route.
    private func findDestination(_ head: RequestHead) throws(Refusal) {
        let snapshot = snapshot
        let host = host
        var path = CanonicalPath()
        swap(&path, &self.path)
        let found = snapshot.access.findDestination(
            method: head.method,
            rawPath: head.pathBytes,
            host: host.span,
            path: &path
        )
        swap(&path, &self.path)
        switch found.destination {
        case .endpoint(let match): endpoint = match
        case .route(let index): routeIndex = index
        case nil: break
        }
        if let refusal = found.refusal { throw refusal }
    }

    /// Sends the client to `https`.
    ///
    /// What its path is matters to the log alone: secrets in the query of an endpoint are left out of
    /// it here too.
    private func redirectToHTTPS() {
        if snapshot.access.endpoints != nil {
            try? findDestination(head)
            routeIndex = nil
        }
        choose(.redirectToHTTPS)
    }

    private static func checkBodySize(_ route: Route, _ head: RequestHead) throws(Refusal) {
        guard let limit = route.settings.bodySizeLimit, case .length(let length) = head.framing
        else { return }
        if length > UInt64(limit) {
            throw Refusal(.bodyTooLarge)
        }
    }

    /// Lets the request through to what the route does.
    private func proceed(_ route: Route) {
        switch route.settings.action {
        case .forward(let upstream):
            group = worker.upstreams.group(upstream, of: snapshot)
            perform(machine.allowed())
        case .respond(let status, let body):
            choose(.text(status: status, body: body))
        }
    }

    /// Answers here.
    func choose(_ answer: Answer) {
        self.answer = answer
        perform(machine.answerChosen(isRequestOpen: !isRequestComplete))
    }

    /// Refuses, whatever the route says.
    func refuse(_ refusal: Refusal) {
        self.refusal = refusal
        choose(.refusal(refusal))
    }

    /// Refuses, or on a shadow route notes what would have been refused and lets it through.
    ///
    /// What is about framing, path, method and limits is never relaxed.
    func refuseOrShadow(_ refusal: Refusal) {
        self.refusal = refusal
        guard let route, route.settings.isShadow, refusal.reason.isRelaxedByShadow else {
            return refuse(refusal)
        }
        isShadowed = true
        if machine.isAwaitingVerdict {
            // Back to deciding, so that what follows is what follows a decision.
            _ = machine.verdictArrived()
        }
        proceed(route)
    }
}

extension Reason {
    /// Whether a shadow route only notes it.
    fileprivate var isRelaxedByShadow: Bool {
        switch self {
        case .authorizationUnavailable, .bodyTooLarge, .clientCertificateRequired, .headTooLarge,
            .methodNotAllowed,
            .methodNotImplemented, .rateLimited, .requestMalformed, .routeNotFound,
            .verificationBudgetExhausted:
            false
        case .algorithmNotAllowed, .audienceMismatch, .claimInvalid, .claimMismatch,
            .claimMissing, .clientMismatch, .crossSiteRequest, .headerUnsupported,
            .issuerNotAllowed, .issuerUnknown, .keyUnknown, .keyUnsuitable, .keysUnavailable,
            .projectMismatch, .proofInvalid, .scopeInsufficient, .signatureInvalid,
            .signatureMalformed, .subjectAnonymous, .subjectRestricted, .tokenAmbiguous,
            .tokenEncrypted, .tokenExpired, .tokenMalformed, .tokenMissing, .tokenNotYetValid,
            .tokenRevoked, .tokenTooLarge, .tokenTypeMismatch:
            true
        }
    }
}
