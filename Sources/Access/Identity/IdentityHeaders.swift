import Bytes
public import Configuration
import JSON

/// Writes what a verified token says of its bearer, as field lines for an upstream.
public enum IdentityHeaders {
    /// Gives the lines of a route for a token, each ended by CRLF, some at a time.
    ///
    /// The family's lines are made once for each token and kept beside it.
    public static func withLines(
        for token: VerifiedToken,
        issuer: Issuer,
        route: RouteSettings,
        _ body: (Span<UInt8>) -> Void
    ) {
        let set = route.identityHeaderSet
        if set != .none {
            let key = setKey(set)
            if !token.identityBlocks.contains(where: { $0.set == key }) {
                let lines = familyLines(set, token, issuer.settings)
                token.identityBlocks.append(IdentityBlock(set: key, lines: lines))
            }
            for block in token.identityBlocks where block.set == key {
                body(block.lines.span)
            }
        }
        for header in route.identityHeaders {
            guard let value = token.claims.value(at: header.claimPath) else { continue }
            let text = self.text(value, separator: header.separator)
            let line = self.line(header.name, text)
            body(line.span)
        }
    }

    /// The same lines as pairs, for `explain`.
    public static func list(
        for token: VerifiedToken,
        issuer: Issuer,
        route: RouteSettings
    ) -> [String] {
        var all: [UInt8] = []
        withLines(for: token, issuer: issuer, route: route) { all.append($0) }
        return all.span.text().split(separator: "\r\n").map(String.init)
    }

    private static func setKey(_ set: IdentityHeaderSet) -> UInt8 {
        switch set {
        case .authRequest: 1
        case .forwarded: 2
        case .none: 0
        case .remoteUser: 3
        case .stack: 4
        }
    }

    private static func familyLines(
        _ set: IdentityHeaderSet,
        _ token: VerifiedToken,
        _ issuer: IssuerSettings
    ) -> [UInt8] {
        var lines: [UInt8] = []
        for member in IdentityFamily.members(of: set) {
            lines += line(member.name, content(member.content, token, issuer))
        }
        return lines
    }

    private static func content(
        _ content: IdentityFamily.Content,
        _ token: VerifiedToken,
        _ issuer: IssuerSettings
    ) -> [UInt8] {
        switch content {
        case .branchID: token.own?.branchID ?? trusted("branch_id", token, issuer)
        case .claim(let name): token.claims[name].map { text($0, separator: ",") } ?? []
        case .clientID: token.clientID
        case .email: verifiedEmail(token)
        case .issuer: token.issuerIdentifier
        case .projectID:
            issuer.project.map { Array($0.utf8) } ?? token.own?.projectID
                ?? trusted("project_id", token, issuer)
        case .scopes: Array(token.scopes.joined(separator: [UInt8(ascii: " ")]))
        case .sessionID: token.own?.sessionID ?? trusted("session_id", token, issuer)
        case .userID:
            token.isMachine ? [] : Array(issuer.userIDPrefix.utf8) + token.subject
        }
    }

    private static func trusted(
        _ name: String,
        _ token: VerifiedToken,
        _ issuer: IssuerSettings
    ) -> [UInt8] {
        guard issuer.trustedClaims.contains(name), case .string(let value)? = token.claims[name]
        else { return [] }
        return Array(value.utf8)
    }

    /// The e-mail address, only where the issuer says that it was verified, as JSON `true`.
    private static func verifiedEmail(_ token: VerifiedToken) -> [UInt8] {
        guard case .boolean(true)? = token.claims["email_verified"],
            case .string(let email)? = token.claims["email"]
        else { return [] }
        return Array(email.utf8)
    }

    private static func text(_ value: JSONValue, separator: String) -> [UInt8] {
        switch value {
        case .null: return []
        case .string(let string): return Array(string.utf8)
        case .array(let members):
            let texts = members.map { text($0, separator: separator) }
            return Array(texts.joined(separator: Array(separator.utf8)))
        case .boolean, .integer, .object, .real:
            var bytes: [UInt8] = []
            value.write(into: &bytes)
            return bytes
        }
    }

    /// `name: value` and CRLF, or nothing where there is no value.
    ///
    /// What could not stand in a field value, and `%` itself, is percent-encoded: so no two values
    /// become one, and none can end the line.
    private static func line(_ name: String, _ value: [UInt8]) -> [UInt8] {
        guard !value.isEmpty else { return [] }
        var line = Array(name.utf8) + [UInt8(ascii: ":"), UInt8(ascii: " ")]
        for (index, byte) in value.enumerated() {
            let isEdge = index == 0 || index == value.count - 1
            if byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "%") || byte == 0x20 && !isEdge {
                line.append(byte)
            } else {
                line.append(UInt8(ascii: "%"))
                line.append(ASCII.uppercaseHexDigit(byte >> 4))
                line.append(ASCII.uppercaseHexDigit(byte))
            }
        }
        return line + [0x0D, 0x0A]
    }
}
