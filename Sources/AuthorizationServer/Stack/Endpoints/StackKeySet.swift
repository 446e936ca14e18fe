import Access
import Configuration
import JOSE
import JSON

/// `GET /api/v1/projects/{project}/.well-known/jwks.json` (contract, section 11).
struct StackKeySet: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// The project's public keys; those of restricted and anonymous users where they are asked for.
    func respond() -> ControlResponse {
        guard let client = context.clients.client(request.parameter, speaking: .stack) else {
            return .text("There is no such project here.", status: 404)
        }
        let query = (try? request.queryParameters()) ?? Parameters()
        let withAnonymous = query["include_anonymous"] == "true"
        let withRestricted = withAnonymous || query["include_restricted"] == "true"
        var classes: [UserClass] = [.normal]
        if withRestricted { classes.append(.restricted) }
        if withAnonymous { classes.append(.anonymous) }
        let keys = classes.flatMap { userClass in
            context.keys.keySet(of: .project(id: client.id, userClass)).keys.compactMap {
                $0.json().map { JSONValue.object($0) }
            }
        }
        return .json(
            ["keys": .array(keys)],
            fields: [ControlField("cache-control", "public, max-age=3600")]
        )
    }
}
