import Access
import Bytes
import Configuration
import EventLoop
import HTTP
import JOSE

/// One request on its way through the decision, told step by step.
struct Explanation {
    private let snapshot: AccessSnapshot
    private let question: ExplainCommand.Question
    private var refusal: Refusal?

    init(
        _ settings: Settings,
        _ issuers: [Issuer],
        _ question: ExplainCommand.Question
    ) {
        snapshot = AccessSnapshot(settings, issuers: issuers)
        self.question = question
    }

    /// Tells the whole way.
    ///
    /// - Returns: Whether the request would be let through.
    mutating func explain(_ token: [UInt8]?) throws(StartFault) -> Bool {
        Console.write("request    \(question.method) \(question.path) (host \(question.host))")
        let index: Int
        switch findDestination() {
        case nil: return conclude(nil)
        case .endpoint(let match):
            pass("endpoint", "\(match.endpoint.name), answered by the authorization server")
            return conclude(nil)
        case .route(let found): index = found
        }
        let route = snapshot.routes[index]
        let method = Array(question.method.utf8)
        let name = route.name
        pass("route", name.span.text())
        guard route.allows(method.span) else {
            fail("method", Refusal(.methodNotAllowed))
            return conclude(route)
        }
        pass("method", question.method)
        let rule = route.rule(for: Method(method.span), spelt: method.span)
        Console.write("access     \(rule.settings.access.rawValue)")
        if rule.settings.access == .public {
            return conclude(route)
        }
        guard let token, !token.isEmpty else {
            if rule.settings.access == .required {
                fail("token", Refusal(.tokenMissing))
            }
            return conclude(route)
        }
        let verified = assess(token.span, rule)
        if let verified {
            evaluate(rule, verified)
            showIdentity(route, verified)
        }
        return conclude(route)
    }

    private mutating func findDestination() -> Destination? {
        var path = CanonicalPath()
        let method = Array(question.method.utf8)
        let raw = Array(question.path.prefix { $0 != "?" }.utf8)
        var host: [UInt8] = []
        let spelt = Array(question.host.utf8)
        HostName.appendNormalized(spelt.span, to: &host)
        let found = snapshot.findDestination(
            method: Method(method.span),
            rawPath: raw.span,
            host: host.span,
            path: &path
        )
        if let refused = found.refusal {
            fail(refused.reason == .requestMalformed ? "path" : "route", refused)
            return nil
        }
        pass("path", path.sent.text())
        return found.destination
    }

    /// Performs every check, those after the first that fails too.
    private mutating func assess(_ token: Span<UInt8>, _ rule: Route.Rule) -> VerifiedToken? {
        var assessment = TokenAssessment(
            TokenAssessment.Context(
                issuers: snapshot.issuers,
                accepted: rule.settings.issuers,
                now: WallTime.now().secondsSince1970,
                tokenSizeMax: snapshot.tokenSizeMax
            ),
            verifier: TokenSignatureVerifier()
        )
        for check in TokenCheck.allCases {
            switch assessment.perform(check, on: token) {
            case .passed: pass("\(check.title)", describe(check, assessment))
            case .failed(let refusal): fail("\(check.title)", refusal)
            case .notReached: Console.write("  -    \(check.title): needs what failed above")
            }
        }
        if let issuer = assessment.issuer, snapshot.issuers[issuer].ownRealm != nil {
            Console.write("  -    revoked: only the running gateway knows")
        }
        guard refusal == nil else { return nil }
        return try? assessment.performSignature(on: token)
    }

    private func describe(_ check: TokenCheck, _ assessment: TokenAssessment) -> String {
        switch check {
        case .claims: "sub \(assessment.claims?.subject ?? "absent")"
        case .header: "alg \(assessment.header?.algorithmName ?? "?")"
        case .issuerKnown: assessment.claims?.issuer ?? ""
        case .key: "kid \(assessment.key?.keyID ?? "none")"
        case .times: "exp \(assessment.claims?.expiry.map(String.init) ?? "absent")"
        case .algorithm, .audience, .issuerAllowed, .shape, .signature, .signatureShape,
            .tokenType:
            ""
        }
    }

    private mutating func evaluate(_ rule: Route.Rule, _ token: VerifiedToken) {
        guard let refused = AccessEvaluator.evaluate(rule, token) else {
            pass("rule", "scopes and claims")
            return
        }
        let missing = AccessEvaluator.missingScopes(rule, token).span.text()
        fail("rule", refused, note: missing.isEmpty ? "" : "lacks \(missing)")
    }

    private func showIdentity(_ route: Route, _ token: VerifiedToken) {
        Console.write("identity headers:")
        let lines = IdentityHeaders.list(
            for: token,
            issuer: snapshot.issuers[token.issuer],
            route: route.settings
        )
        for line in lines {
            Console.write("  \(line)")
        }
    }

    private func conclude(_ route: Route?) -> Bool {
        guard let refusal else {
            Console.write("decision   allow")
            return true
        }
        let isShadow = route?.settings.isShadow ?? false
        let detail = refusal.detail.isEmpty ? "" : " (\(refusal.detail))"
        let word = isShadow ? "would_refuse" : "refuse"
        Console.write("decision   \(word) \(refusal.status) \(refusal.reason.word)\(detail)")
        return isShadow
    }

    private func pass(_ name: String, _ note: String) {
        Console.write("  pass \(name)\(note.isEmpty ? "" : ": \(note)")")
    }

    private mutating func fail(_ name: String, _ refused: Refusal, note: String = "") {
        if refusal == nil {
            refusal = refused
        }
        let detail = refused.detail.isEmpty ? "" : " (\(refused.detail))"
        let more = note.isEmpty ? "" : ", \(note)"
        Console.write("  FAIL \(name): \(refused.reason.word)\(detail)\(more)")
    }
}
