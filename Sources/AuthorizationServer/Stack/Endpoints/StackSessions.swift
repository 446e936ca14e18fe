import Access
import Configuration
import JSON
import Storage

/// The session endpoints (contract, section 10).
struct StackSessions: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// Lists, refreshes or ends sessions of the user who calls.
    func respond() async -> ControlResponse {
        let caller: StackCaller
        switch await StackCallerReader(context: context, request: request).readRequired() {
        case .failure(let fault): return writer.fault(fault)
        case .success(let found): caller = found
        }
        return switch request.endpoint {
        case .stackSessionRefresh: await refresh(caller)
        case .stackCurrentSession: await signOut(caller)
        case .stackSession: await end(request.parameter, caller)
        default: await list(caller)
        }
    }

    private var writer: StackResponse { StackResponse(request: request) }

    private func refresh(_ caller: StackCaller) async -> ControlResponse {
        guard let token = request.value(of: "x-stack-refresh-token"), !token.isEmpty else {
            return writer.fault(Self.gone("refresh_token.missing"))
        }
        let result = await RefreshGrant(context: context).refresh(
            token,
            by: OAuthClient(project: caller.project)
        )
        switch result {
        case .success(let answer):
            var body: JSONObject = ["access_token": .string(answer.accessToken)]
            // A project that rotates must tell its client the successor here too.
            body["refresh_token"] = answer.refreshToken.map { .string($0) }
            return .json(body, note: ControlNote(subject: answer.subject))
        case .failure(let fault):
            return writer.fault(StackFault(fault, hasVerifier: true))
        }
    }

    private func signOut(_ caller: StackCaller) async -> ControlResponse {
        guard let user = caller.user else {
            return writer.fault(.accessTokenExpired(nil, expiry: nil))
        }
        if user.isSessionOver { return writer.fault(Self.gone("session.over")) }
        switch await end(session: user.sessionID) {
        case .failure(let fault): return writer.unavailable(fault)
        // Another sign-out was faster: for its user the outcome is the same.
        case .success(let ended) where ended.isEmpty: return writer.fault(Self.gone("session.over"))
        case .success: return .json(["success": true], note: ControlNote(subject: user.id))
        }
    }

    private func list(_ caller: StackCaller) async -> ControlResponse {
        guard let user = caller.user else { return writer.fault(Self.userNeeded) }
        if user.isSessionOver { return writer.fault(.accessTokenExpired(nil, expiry: nil)) }
        guard asksForSelf(user) else {
            return writer.text("Clients see their own sessions only.", status: 403)
        }
        let sessions: [SessionRecord]
        do throws(StorageFault) {
            sessions = try await context.store.read { try $0.sessions(userID: user.id) }
        } catch {
            return writer.unavailable(error)
        }
        let now = context.now
        let items = sessions.filter { $0.isAlive(at: now) }.map { session in
            JSONValue.object([
                "id": .string(session.id),
                "user_id": .string(session.userID),
                "created_at": .integer(session.createdAt),
                "last_used_at": .integer(session.lastUsedAt),
                "is_impersonation": false,
                "is_current_session": .boolean(session.id == user.sessionID),
                "last_used_at_end_user_ip_info": .object(["ip": .string(session.address)]),
            ])
        }
        return .json(["items": .array(items), "is_paginated": false])
    }

    private func end(_ id: String, _ caller: StackCaller) async -> ControlResponse {
        guard let user = caller.user else { return writer.fault(Self.userNeeded) }
        if user.isSessionOver { return writer.fault(.accessTokenExpired(nil, expiry: nil)) }
        guard asksForSelf(user) else {
            return writer.text("Clients end their own sessions only.", status: 403)
        }
        if id == user.sessionID {
            return writer.fault(
                StackFault(
                    .cannotDeleteCurrentSession,
                    "The current session is ended by DELETE .../sessions/current."
                )
            )
        }
        let notFound = writer.text("There is no such session.", status: 404)
        do throws(StorageFault) {
            let owner = try await context.store.read { try $0.session(id: id)?.userID }
            guard owner == user.id else { return notFound }
        } catch {
            return writer.unavailable(error)
        }
        switch await end(session: id) {
        case .failure(let fault): return writer.unavailable(fault)
        case .success(let ended): return ended.isEmpty ? notFound : .json(["success": true])
        }
    }

    private func end(session id: String) async -> Result<[String], StorageFault> {
        let ending = SessionEnding(context: context)
        let now = context.now
        do throws(StorageFault) {
            let ended = try await context.store.write {
                try ending.end(session: id, at: now, in: $0)
            }
            await ending.publish(ended, of: id)
            return .success(ended)
        } catch {
            return .failure(error)
        }
    }

    /// Whether `user_id`, where it is given, is the caller's own.
    private func asksForSelf(_ user: StackUser) -> Bool {
        let query = (try? request.queryParameters()) ?? Parameters()
        return query["user_id"].map { $0 == user.id || $0 == "me" } ?? true
    }

    private static func gone(_ detail: String) -> StackFault {
        StackFault(
            .refreshTokenNotFound,
            "The refresh token is not known, or its session is over. Sign in again.",
            detail: detail
        )
    }

    private static let userNeeded = StackFault(
        .userAuthenticationRequired,
        "This endpoint needs x-stack-access-token."
    )
}
