import Access
import Configuration
import JSON

/// `GET /api/v1/projects/current`: what the SDK fetches when it is constructed.
struct StackProject: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// What we lack is `false`; our local accounts are a provider like any other.
    func respond() async -> ControlResponse {
        switch await StackCallerReader(context: context, request: request).readRequired() {
        case .failure(let fault): return StackResponse(request: request).fault(fault)
        case .success(let caller):
            let providers = caller.project.providers.map { index in
                JSONValue.object(["id": .string(context.settings.providers[index].id)])
            }
            return .json([
                "id": .string(caller.project.id),
                "display_name": .string(caller.project.name),
                "config": .object([
                    "sign_up_enabled": .boolean(caller.project.allowsSignUp),
                    "credential_enabled": false,
                    "magic_link_enabled": false,
                    "passkey_enabled": false,
                    "client_team_creation_enabled": false,
                    "client_user_deletion_enabled": false,
                    "allow_user_api_keys": false,
                    "allow_team_api_keys": false,
                    "oauth_providers": .array(providers),
                ]),
            ])
        }
    }
}
