import Access
import Configuration
import JSON

/// Lets scripts of other origins read our answers (WHATWG Fetch, CORS): those that a client has
/// registered (`cors_origins`), or all.
///
/// Cookies never count for it: no answer allows credentials.
struct CrossOrigin: Sendable {
    let context: ServerContext
    let request: ControlRequest
    let callers: Callers

    /// Whose scripts.
    enum Callers: Sendable, Equatable {
        case everyone
        case nobody
        /// Those of a dialect's clients.
        case registered(OAuthClient.Dialect)
    }

    /// The answer to a preflight, or `nil` where scripts have nothing to ask.
    func preflight(methods: [String]) -> ControlResponse? {
        guard callers != .nobody else { return nil }
        var fields = self.fields(for: nil)
        if fields.contains(where: { $0.name == "access-control-allow-origin" }) {
            fields += [
                ControlField("access-control-allow-methods", methods.joined(separator: ", ")),
                ControlField("access-control-allow-headers", Self.requestFields),
                ControlField("access-control-max-age", Self.maxAge),
            ]
        }
        return ControlResponse(status: 204, fields: fields)
    }

    /// The fields of an answer.
    ///
    /// Once the client is known its own origins count, before that those of any client: it is told
    /// why it is refused.
    func fields(for response: ControlResponse?) -> [ControlField] {
        switch callers {
        case .nobody: return []
        case .everyone: return [ControlField("access-control-allow-origin", "*")]
        case .registered(let dialect):
            let vary = ControlField("vary", "origin")
            guard let origin = request.value(of: "origin"),
                clients(dialect, response).contains(where: { client in
                    client.registration?.corsOrigins.contains { JSONText.isExactly($0, origin) }
                        ?? false
                })
            else { return [vary] }
            return [
                vary,
                ControlField("access-control-allow-origin", origin),
                ControlField("access-control-expose-headers", "retry-after, www-authenticate"),
            ]
        }
    }

    private func clients(
        _ dialect: OAuthClient.Dialect,
        _ response: ControlResponse?
    ) -> [OAuthClient] {
        if let id = response?.note.clientID,
            let known = context.clients.client(id, speaking: dialect)
        {
            return [known]
        }
        return context.clients.all(speaking: dialect)
    }

    private static let requestFields = "authorization, content-type, x-api-key, x-dressipi-jwt"
    /// A day in seconds; browsers cut it to what they like.
    private static let maxAge = "86400"
}
