import Bytes
import Configuration
public import JSON

/// A route's rule against what a token proved.
public enum AccessEvaluator {
    /// The refusal of the first demand that the token does not meet, or `nil` where it meets all.
    ///
    /// Who it is comes before what he may.
    public static func evaluate(_ rule: Route.Rule, _ token: VerifiedToken) -> Refusal? {
        if let own = token.own, let refusal = evaluate(rule, own, clientID: token.clientID) {
            return refusal
        }
        for test in rule.scopes where !holds(test, token) {
            return Refusal(.scopeInsufficient)
        }
        for requirement in rule.settings.claims {
            if let refusal = evaluate(requirement, token.claims) {
                return refusal
            }
        }
        return nil
    }

    /// The refusal of a proof that was good once and is not good now, or here, or `nil`.
    public static func recheck(
        _ token: VerifiedToken,
        _ rule: Route.Rule,
        now: Int64
    ) -> Refusal? {
        if !rule.settings.issuers.contains(token.issuer) { return Refusal(.issuerNotAllowed) }
        if now >= token.expiry { return Refusal(.tokenExpired, detail: "claim.exp") }
        if now < token.start { return Refusal(.tokenNotYetValid, detail: "claim.nbf") }
        return nil
    }

    /// The scopes that the rule demands and the token lacks, one blank between.
    public static func missingScopes(_ rule: Route.Rule, _ token: VerifiedToken) -> [UInt8] {
        var missing: [[UInt8]] = []
        for test in rule.scopes where !holds(test, token) {
            switch test {
            case .allOf(let scopes): missing += scopes.filter { !token.scopes.contains($0) }
            case .anyOf(let scopes): missing += scopes
            }
        }
        return Array(missing.joined(separator: [UInt8(ascii: " ")]))
    }

    /// What is asked of tokens of our own only.
    private static func evaluate(
        _ rule: Route.Rule,
        _ own: OwnClaims,
        clientID: [UInt8]
    ) -> Refusal? {
        if !isListed(own.projectID, rule.projects) { return Refusal(.projectMismatch) }
        if !isListed(clientID, rule.clients) { return Refusal(.clientMismatch) }
        if own.isAnonymous {
            return rule.settings.allowsAnonymous ? nil : Refusal(.subjectAnonymous)
        }
        if own.isRestricted, !rule.settings.allowsRestricted { return Refusal(.subjectRestricted) }
        return nil
    }

    /// Whether a list, where there is one, holds an id.
    private static func isListed(_ id: [UInt8], _ list: [[UInt8]]) -> Bool {
        if list.isEmpty { return true }
        for listed in list where listed.span.isEqual(to: id.span) {
            return true
        }
        return false
    }

    private static func holds(_ test: Route.ScopeTest, _ token: VerifiedToken) -> Bool {
        switch test {
        case .allOf(let scopes):
            for scope in scopes where !has(scope, token) {
                return false
            }
            return true
        case .anyOf(let scopes):
            for scope in scopes where has(scope, token) {
                return true
            }
            return false
        }
    }

    private static func has(_ scope: [UInt8], _ token: VerifiedToken) -> Bool {
        for held in token.scopes where held.span.isEqual(to: scope.span) {
            return true
        }
        return false
    }

    private static func evaluate(
        _ requirement: ClaimRequirement,
        _ claims: JSONObject
    ) -> Refusal? {
        let detail = "claim.required"
        guard let value = claims.value(at: requirement.path) else {
            return Refusal(.claimMismatch, detail: detail)
        }
        for wanted in requirement.values where matches(value, wanted) {
            return nil
        }
        return Refusal(.claimMismatch, detail: detail)
    }

    private static func matches(_ value: JSONValue, _ wanted: ClaimValue) -> Bool {
        switch (value, wanted) {
        case (.array(let members), _): members.contains { isEqual($0, wanted) }
        default: isEqual(value, wanted)
        }
    }

    private static func isEqual(_ value: JSONValue, _ wanted: ClaimValue) -> Bool {
        switch (value, wanted) {
        case (.boolean(let held), .boolean(let asked)): held == asked
        // Beyond 2^53 several integers are one `Double`: none of them is the one asked for.
        case (.integer(let held), .number(let asked)): Double(exactly: held) == asked
        case (.real(let held), .number(let asked)): held == asked
        case (.string(let held), .string(let asked)): JSONText.isExactly(held, asked)
        default: false
        }
    }
}

extension JSONObject {
    /// The value at the end of a way through objects.
    public func value(at path: [String]) -> JSONValue? {
        var object = self
        for name in path.dropLast() {
            guard case .object(let inner)? = object[name] else { return nil }
            object = inner
        }
        return path.last.flatMap { object[$0] }
    }
}
