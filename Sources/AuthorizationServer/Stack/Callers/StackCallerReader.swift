import Access
import Bytes
import Configuration
import JOSE
import JSON
import Storage

/// Reads the header fields in the order of the rules: a header mistake is reported before a missing
/// parameter.
struct StackCallerReader: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// The caller, or `nil` where no access type is said.
    ///
    /// With `isLenient` keys without an access type are let pass (decision 8), as on authorize and
    /// token.
    func read(isLenient: Bool) async -> Result<StackCaller?, StackFault> {
        do throws(StackFault) {
            guard let type = request.value(of: "x-stack-access-type") else {
                if !isLenient, Self.keyFields.contains(where: { request.value(of: $0) != nil }) {
                    throw StackFault(
                        .projectKeyWithoutAccessType,
                        "A key came without x-stack-access-type."
                    )
                }
                return .success(nil)
            }
            return .success(try await read(type))
        } catch {
            return .failure(error)
        }
    }

    /// The caller of an endpoint that needs one.
    func readRequired() async -> Result<StackCaller, StackFault> {
        switch await read(isLenient: false) {
        case .failure(let fault): .failure(fault)
        case .success(nil):
            .failure(
                StackFault(.accessTypeRequired, "This endpoint needs x-stack-access-type.")
            )
        case .success(let caller?): .success(caller)
        }
    }

    private func read(_ type: String) async throws(StackFault) -> StackCaller {
        guard ["admin", "client", "server"].contains(type) else {
            throw StackFault(
                .invalidAccessType,
                "x-stack-access-type must be client, server or admin."
            )
        }
        guard let projectID = request.value(of: "x-stack-project-id"), !projectID.isEmpty else {
            throw StackFault(
                .accessTypeWithoutProjectID,
                "x-stack-access-type came without x-stack-project-id.",
                details: ["request_type": .string(type)]
            )
        }
        var user: StackUser?
        if let token = request.value(of: "x-stack-access-token"), !token.isEmpty {
            user = try await self.user(of: token, projectID: projectID)
            if let user {
                try checkKind(of: user)
            }
        }
        guard let client = context.clients.client(projectID, speaking: .stack) else {
            throw StackFault(
                .currentProjectNotFound,
                "There is no such project here.",
                details: ["project_id": .string(projectID)]
            )
        }
        try checkKey(type, client.project)
        let branch = request.value(of: "x-stack-branch-id") ?? "main"
        guard branch == "main" else {
            throw StackFault(
                .branchDoesNotExist,
                "There is no such branch.",
                details: ["branch_id": .string(branch)]
            )
        }
        return StackCaller(project: client.project, user: user)
    }

    private func checkKey(_ type: String, _ project: ProjectSettings) throws(StackFault) {
        let details: JSONObject = ["project_id": .string(project.id)]
        switch type {
        case "client":
            guard let key = request.value(of: "x-stack-publishable-client-key") else {
                guard project.requiresPublishableClientKey else { return }
                throw .publishableKeyRequired(project)
            }
            guard PublishableKey.isValid(key, for: project) else {
                throw StackFault(
                    .invalidPublishableClientKey,
                    "The publishable client key is not this project's.",
                    details: details
                )
            }
        // Gatehouse gives no server or admin keys: whatever comes is none of them.
        case "server":
            throw request.value(of: "x-stack-secret-server-key") == nil
                ? StackFault(.serverAuthenticationRequired, "A secret server key is needed.")
                : StackFault(
                    .invalidSecretServerKey,
                    "The secret server key is not this project's.",
                    details: details
                )
        default:
            throw request.value(of: "x-stack-super-secret-admin-key") == nil
                ? StackFault(.adminAuthenticationRequired, "An admin key is needed.")
                : StackFault(
                    .invalidSuperSecretAdminKey,
                    "The admin key is not this project's.",
                    details: details
                )
        }
    }

    private func checkKind(of user: StackUser) throws(StackFault) {
        let allowsAnonymous = request.value(of: "x-stack-allow-anonymous-user") == "true"
        if user.isAnonymous, !allowsAnonymous {
            throw StackFault(
                .anonymousAuthenticationNotAllowed,
                "Anonymous users are let in only with x-stack-allow-anonymous-user: true."
            )
        }
    }

    private static let keyFields = [
        "x-stack-publishable-client-key", "x-stack-secret-server-key",
        "x-stack-super-secret-admin-key", "x-stack-admin-access-token",
    ]
}

extension StackCallerReader {
    /// The user of an access token, for a project.
    func user(of token: String, projectID: String) async throws(StackFault) -> StackUser {
        let own: OwnToken
        do throws(OwnTokenFault) {
            own = try context.verifier.verify(token, now: context.clock())
        } catch {
            throw StackFault(error)
        }
        let claims = own.claims.object
        guard case .project(let actual, let userClass) = own.realm else {
            throw StackFault(.unparsableAccessToken, "The access token is not a project's.")
        }
        guard actual == projectID else {
            throw StackFault(
                .invalidProjectForAccessToken,
                "The access token belongs to another project.",
                details: [
                    "expected_project_id": .string(projectID),
                    "actual_project_id": .string(actual),
                ]
            )
        }
        if userClass == .restricted, request.value(of: "x-stack-allow-restricted-user") != "true",
            request.value(of: "x-stack-allow-anonymous-user") != "true"
        {
            throw StackFault(
                .restrictedUserNotAllowed,
                "Restricted users are let in only with x-stack-allow-restricted-user: true.",
                details: ["restricted_reason": claims["restricted_reason"] ?? .null]
            )
        }
        guard let id = own.claims.subject, let session = claims["refresh_token_id"]?.string else {
            throw StackFault(.unparsableAccessToken, "The access token lacks claims.")
        }
        return StackUser(
            id: id,
            sessionID: session,
            isAnonymous: userClass == .anonymous,
            isSessionOver: await isOver(session)
        )
    }

    private func isOver(_ session: String) async -> Bool {
        let now = context.now
        do throws(StorageFault) {
            let record = try await context.store.read {
                transaction -> SessionRecord? in
                try transaction.session(id: session)
            }
            return record.map { !$0.isAlive(at: now) } ?? true
        } catch {
            // A store that cannot be asked lets nobody in.
            return true
        }
    }
}

extension StackFault {
    /// What a token that is none is called here.
    init(_ fault: OwnTokenFault) {
        switch fault {
        case .expired(let claims):
            self = .accessTokenExpired(claims.object, expiry: claims.expiry)
        case .foreign, .unparsable:
            self.init(.unparsableAccessToken, "The access token is none of ours.")
        }
    }

    /// An access token whose time, or session, is over.
    static func accessTokenExpired(_ claims: JSONObject?, expiry: Int64?) -> StackFault {
        StackFault(
            .accessTokenExpired,
            "The access token has expired. Refresh it and try again.",
            details: [
                "expired_at_millis": expiry.map { .integer($0 * 1000) } ?? .null,
                "project_id": claims?["project_id"] ?? .null,
                "user_id": claims?["sub"] ?? .null,
                "refresh_token_id": claims?["refresh_token_id"] ?? .null,
            ]
        )
    }

    static func publishableKeyRequired(_ project: ProjectSettings) -> StackFault {
        StackFault(
            .publishableClientKeyRequired,
            "This project demands its publishable client key.",
            details: ["project_id": .string(project.id)]
        )
    }
}
