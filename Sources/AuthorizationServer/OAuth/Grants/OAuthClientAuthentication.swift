import Access
import Bytes
import Configuration
import Cryptography

/// Finds the client that asks, and has it prove itself (RFC 6749 §2.3): HTTP Basic, its secret in the
/// body, or, of a public client, its id alone.
struct OAuthClientAuthentication: Sendable {
    let context: ServerContext
    let request: ControlRequest
    let form: Parameters

    /// The client, its secret checked.
    func client() throws(OAuthFault) -> OAuthClient {
        if form["client_assertion"] != nil || form["client_assertion_type"] != nil {
            throw OAuthFault(
                .invalidClient,
                "Client assertions are not supported.",
                status: 401,
                detail: "client.assertion"
            )
        }
        let fields = request.values(of: "authorization")
        guard fields.count <= 1 else { throw Self.twoPlaces }
        guard let field = fields.first else {
            guard let id = form["client_id"] else {
                throw OAuthFault(
                    .invalidClient,
                    "The request names no client.",
                    status: 401,
                    detail: "client.missing"
                )
            }
            return try find(id, secrets: form["client_secret"].map { [$0] } ?? [], usesBasic: false)
        }
        if form["client_secret"] != nil { throw Self.twoPlaces }
        guard BasicCredentials.isBasic(field), let basic = BasicCredentials(field) else {
            throw wrong(usesBasic: true, detail: "client.authorization_field")
        }
        // A client's id holds nothing that decoding would change.
        let id = basic.decoded?.id ?? basic.plain.id
        if let said = form["client_id"], said != id { throw Self.twoPlaces }
        var secrets = [basic.plain.secret]
        if let decoded = basic.decoded?.secret, decoded != basic.plain.secret {
            secrets.append(decoded)
        }
        return try find(id, secrets: secrets == [""] ? [] : secrets, usesBasic: true)
    }

    /// The client of an id; `secrets` are every reading of what was shown, none for a client that
    /// shows nothing.
    private func find(
        _ id: String,
        secrets: [String],
        usesBasic: Bool
    ) throws(OAuthFault) -> OAuthClient {
        let client = context.clients.client(id, speaking: .oauth)
        let known = client?.registration?.secretHash
        // Whoever is not known is compared as well: the time says nothing of which ids there are.
        let wanted = known ?? Self.nobody
        var isRight = false
        for secret in secrets {
            let given = SHA256.digest([UInt8](secret.utf8).span)
            isRight = given.span.constantTimeEquals(wanted.span) || isRight
        }
        guard let client else { throw wrong(usesBasic: usesBasic, detail: "client.unknown") }
        let isProved = known == nil ? secrets.isEmpty : isRight
        guard isProved else {
            var fault = wrong(usesBasic: usesBasic, detail: "client.secret")
            fault.clientID = client.id
            throw fault
        }
        return client
    }

    private func wrong(usesBasic: Bool, detail: String) -> OAuthFault {
        OAuthFault(
            .invalidClient,
            "The client is not known, or has not proved itself.",
            status: 401,
            fields: usesBasic
                ? [ControlField("www-authenticate", "Basic realm=\"clients\", charset=\"UTF-8\"")]
                : [],
            detail: detail
        )
    }

    private static let twoPlaces = OAuthFault(
        .invalidRequest,
        "The client proves itself in one way only.",
        detail: "client.two_places"
    )

    /// No secret has this digest.
    private static let nobody = [UInt8](repeating: 0, count: 32)
}

extension OAuthClient {
    /// Whether it has a secret.
    var isConfidential: Bool { registration?.secretHash != nil }
}
