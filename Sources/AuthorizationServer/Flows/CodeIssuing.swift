import Configuration
import Storage

/// Makes codes (RFC 6749 §4.1.2).
struct CodeIssuing: Sendable {
    let context: ServerContext

    /// Stores what a code stands for, and returns the code.
    func issue(
        _ payload: CodePayload,
        for client: OAuthClient
    ) async -> Result<String, StorageFault> {
        let code = OpaqueToken.make(.code, random: context.random)
        let now = context.now
        let record = CodeRecord(
            hash: OpaqueToken.hash(code),
            projectID: client.project.id,
            clientID: client.id,
            challenge: payload.request.challenge,
            createdAt: now,
            expiresAt: now + Self.lifetime,
            sealedPayload: context.seal(payload.json, for: .code)
        )
        do throws(StorageFault) {
            try await context.store.write { transaction in
                try transaction.insertCode(record)
            }
            return .success(code)
        } catch {
            return .failure(error)
        }
    }

    /// A minute in milliseconds: a code is redeemed by a program, at once.
    static let lifetime: Int64 = 60_000
}
