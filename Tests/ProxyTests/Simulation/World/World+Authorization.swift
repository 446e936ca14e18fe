import Access
import JOSE

@testable import Configuration
@testable import Proxy

// What a simulation has of an authorization server: its hosts and paths, its own issuer, and somebody
// who answers in its place.

extension World {
    /// The settings with an authorization server, whose tokens `/secure/` takes too.
    static func withAuthorization(_ settings: Settings) -> Settings {
        var settings = settings
        settings.authorizationServer = authorizationServer
        var own = settings.issuers[0]
        own.identifier = "https://auth.test"
        own.keys = .own(.server)
        settings.issuers.append(own)
        for index in settings.routes.indices where settings.routes[index].path == "/secure" {
            settings.routes[index].rule.issuers.append(settings.issuers.count - 1)
        }
        return settings
    }

    private static var authorizationServer: AuthorizationServerSettings {
        let tokens = TokenSettings(
            accessTokenLifetime: .seconds(600),
            refreshTokenIdle: .seconds(600),
            refreshTokenLifetime: .seconds(600),
            rotatesRefreshTokens: true,
            refreshReuseGrace: .zero,
            takesParametersInQuery: false
        )
        let client = ClientSettings(
            id: "c",
            name: "",
            dialect: .oauth,
            project: 0,
            secretHash: nil,
            grantTypes: [],
            redirectURIs: [],
            postLogoutRedirectURIs: [],
            corsOrigins: [],
            audience: nil,
            grantableScopes: [],
            defaultScopes: [],
            requiresConsent: false,
            introspectsAny: false,
            tokens: tokens
        )
        let rate = RateSettings(perSecond: 1, burst: 1)
        return AuthorizationServerSettings(
            url: "https://auth.test",
            hosts: ["auth.test"],
            store: .sqlite(path: "/x"),
            sealingKey: .file(path: "/x"),
            signingAlgorithm: "ES256",
            keyRotation: .seconds(1),
            providers: [],
            projects: [],
            clients: [client],
            dressipiPrefix: "/oauth",
            limits: AuthorizationLimitSettings(
                authorizeRate: rate,
                tokenRate: rate,
                pendingFlowsPerAddress: 1,
                passwordFailureCount: 1,
                passwordFailureRest: .seconds(1)
            )
        )
    }

    /// What the pretended authorization server answers: the request's own words and body.
    static func echo(_ request: ControlRequest) -> ControlResponse {
        ControlResponse(
            status: 200,
            fields: [
                ControlField("content-type", "application/octet-stream"),
                ControlField("x-endpoint", request.endpoint.rawValue),
                ControlField("x-parameter", request.parameter),
                ControlField("x-asked", "\(request.method) \(request.path)"),
                ControlField("x-plan", request.value(of: "x-plan") ?? "none"),
                ControlField("x-split", "a\r\nx-evil: b"),
                ControlField("content-length", "7"),
            ],
            body: request.body,
            note: ControlNote(error: "none", clientID: "c", subject: "u")
        )
    }
}

extension Scenario {
    /// What was wrong with what the authorization server's client got.
    func judgeConsulted(
        _ outcome: SimulatedPeer.Outcome,
        _ request: RequestPlan,
        _ peer: PeerPlan
    ) -> String? {
        let isTooLarge = request.body.count > Exchange.controlBodySizeMax
        guard outcome.status == 200 else {
            var statuses = [503]
            if isTooLarge { statuses = [413] }
            if !peer.isGood { statuses += [400, 408, 413] }
            return statuses.contains(outcome.status) ? nil : "status \(outcome.status) of ours"
        }
        if isTooLarge { return "a body that is too large was taken" }
        guard outcome.head.value("x-plan") == "\(request.id)" else { return "another's answer" }
        guard outcome.head.value("x-evil") == nil, outcome.head.value("x-split") == nil,
            outcome.head.values("date").count == 1
        else { return "fields \(outcome.head.fields)" }
        let path = request.target.split(separator: "?")[0]
        guard outcome.head.value("x-asked") == "\(request.method) \(path)" else {
            return "asked \(outcome.head.fields)"
        }
        guard outcome.isComplete else { return peer.isGood ? "a cut answer" : nil }
        let body = request.method == "HEAD" ? [] : request.body
        return outcome.body == body ? nil : "another body"
    }
}
