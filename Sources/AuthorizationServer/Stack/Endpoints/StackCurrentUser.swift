import Access
import Configuration
import JSON
import Storage

/// `GET /api/v1/users/me`: the user of the access token.
struct StackCurrentUser: Sendable {
    let context: ServerContext
    let request: ControlRequest

    /// What the SDK's user object is made of; what we do not have is `false` or `null`.
    func respond() async -> ControlResponse {
        let writer = StackResponse(request: request)
        let caller: StackCaller
        switch await StackCallerReader(context: context, request: request).readRequired() {
        case .failure(let fault): return writer.fault(fault)
        case .success(let found): caller = found
        }
        guard let user = caller.user else {
            return writer.fault(
                StackFault(.userAuthenticationRequired, "This endpoint needs x-stack-access-token.")
            )
        }
        guard !user.isSessionOver else {
            return writer.fault(.accessTokenExpired(nil, expiry: nil))
        }
        do throws(StorageFault) {
            let found = try await context.store.read { transaction -> Found? in
                guard let record = try transaction.user(id: user.id), !record.isDisabled else {
                    return nil
                }
                return Found(
                    user: record,
                    accounts: try transaction.providerAccounts(userID: user.id),
                    hasPassword: try transaction.passwordHash(userID: user.id) != nil
                )
            }
            guard let found else { return writer.fault(.accessTokenExpired(nil, expiry: nil)) }
            return .json(json(found), note: ControlNote(subject: user.id))
        } catch {
            return writer.unavailable(error)
        }
    }

    private struct Found: Sendable {
        var user: UserRecord
        var accounts: [ProviderAccountRecord]
        var hasPassword: Bool
    }

    private func json(_ found: Found) -> JSONObject {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        let user = found.user
        let subject = TokenSubject(user)
        let reason = subject.restrictedReason.map { JSONValue.object(["type": .string($0)]) }
        return [
            "id": .string(user.id),
            "primary_email": text(user.email),
            "primary_email_verified": .boolean(user.isEmailVerified),
            "primary_email_auth_enabled": .boolean(user.signsInByEmail),
            "display_name": text(user.displayName),
            "profile_image_url": text(user.profileImageURL),
            "signed_up_at_millis": .integer(user.createdAt),
            "last_active_at_millis": .integer(user.lastActiveAt),
            "has_password": .boolean(found.hasPassword),
            "auth_with_email": false,
            "otp_auth_enabled": false,
            "passkey_auth_enabled": false,
            "requires_totp_mfa": false,
            "is_anonymous": .boolean(user.isAnonymous),
            "is_restricted": .boolean(subject.isRestricted),
            "restricted_reason": reason ?? .null,
            "selected_team": .null,
            "selected_team_id": .null,
            "client_metadata": .null,
            "client_read_only_metadata": .null,
            "oauth_providers": .array(
                found.accounts.map { account in
                    .object([
                        "id": .string(account.providerID),
                        "account_id": .string(account.accountID),
                        "email": text(account.email),
                    ])
                }
            ),
        ]
    }
}

extension StackResponse {
    /// The store does not answer.
    func unavailable(_ fault: StorageFault) -> ControlResponse {
        .text(
            "The server cannot answer at the moment. Try again in a few seconds.",
            status: 503,
            fields: [ControlField("retry-after", "5")],
            note: ControlNote(error: "unavailable", detail: fault.description)
        )
    }
}
