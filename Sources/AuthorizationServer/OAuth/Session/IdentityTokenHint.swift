import Configuration
import JOSE
import JSON

/// An ID token of ours that comes back to say who is meant (`id_token_hint`, OpenID Connect
/// RP-Initiated Logout §2); its time may be over.
struct IdentityTokenHint: Sendable {
    /// The client that it was made for.
    let clientID: String
    /// The user.
    let subject: String
    /// `sid`.
    let sessionID: String

    /// Reads it; `nil` where it is none of ours, or its key is gone.
    init?(_ text: String, _ context: ServerContext) {
        let bytes = [UInt8](text.utf8)
        do throws(TokenFault) {
            let parsed = try CompactToken(bytes.span, sizeMax: Self.sizeMax)
            let header = try TokenHeader(parsed, ignoringHeaderKeys: false)
            let key = try context.keys.keySet(of: .server).key(for: header)
            try SignatureCheck.verify(parsed, header, key)
            let claims = try Claims(parsed)
            // `typ` keeps access tokens out, which the same keys sign.
            guard header.type == "jwt", let issuer = claims.issuer,
                JSONText.isExactly(issuer, context.settings.url), claims.audiences.count == 1,
                let subject = claims.subject, let sessionID = claims.object["sid"]?.string
            else { return nil }
            clientID = claims.audiences[0]
            self.subject = subject
            self.sessionID = sessionID
        } catch {
            return nil
        }
    }

    /// Sixteen KiB, as of access tokens.
    private static let sizeMax = 16 * 1024
}
