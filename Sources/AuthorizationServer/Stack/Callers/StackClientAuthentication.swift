import Access
import Bytes
import Configuration
import JSON

/// Finds the project that asks for tokens: from the body, HTTP Basic or the project's header fields
/// (decision 8); said in two places, it must be the same.
struct StackClientAuthentication: Sendable {
    let context: ServerContext
    let request: ControlRequest
    let body: Parameters

    /// The client, its key checked.
    func client(needsSecret: Bool) throws(StackFault) -> OAuthClient {
        let basic = try readBasic()
        let header = request.value(of: "x-stack-project-id")
        let id = try agreed([body["client_id"], basic?.id, header])
        let key = try agreed([
            body["client_secret"], basic?.secret,
            request.value(of: "x-stack-publishable-client-key"),
        ])
        guard let id, let client = context.clients.stackClient(id) else { throw unknown }
        guard let key, key != PublishableKey.sentinel else {
            if client.project.requiresPublishableClientKey {
                throw .publishableKeyRequired(client.project)
            }
            if key == nil, needsSecret, header == nil { throw unknown }
            return client
        }
        guard PublishableKey.isValid(key, for: client.project) else { throw unknown }
        return client
    }

    private func readBasic() throws(StackFault) -> (id: String, secret: String?)? {
        guard let field = request.value(of: "authorization"), BasicCredentials.isBasic(field) else {
            return nil
        }
        guard let credentials = BasicCredentials(field) else { throw unknown }
        // A project id holds nothing that either reading would change.
        return (credentials.plain.id, credentials.plain.secret)
    }

    /// The one value of several places, or `nil` where none says it.
    private func agreed(_ values: [String?]) throws(StackFault) -> String? {
        let said = values.compactMap { $0 }
        guard let first = said.first else { return nil }
        let expected = Array(first.utf8)
        for other in said.dropFirst() {
            let bytes = Array(other.utf8)
            guard bytes.span.constantTimeEquals(expected.span) else {
                throw StackFault(
                    .invalidOAuthClient,
                    "The client is said in two places, and they differ.",
                    details: ["client_id": .null],
                    oauthError: "invalid_request",
                    detail: "client.two_places"
                )
            }
        }
        return first
    }

    private var unknown: StackFault {
        StackFault(
            .invalidOAuthClient,
            "The client_id or the client_secret is not right.",
            details: ["client_id": .null],
            detail: "client.unknown_or_secret"
        )
    }
}
