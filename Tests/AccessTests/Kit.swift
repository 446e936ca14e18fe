import Bytes
import Configuration
import Cryptography
import HTTP
import JOSE
import JSON
import Testing

@testable import Access

/// Confs, keys, heads and tokens of these tests.
enum Kit {
    static let now: Int64 = 1_700_000_000

    /// The settings of a conf, which must be a good one.
    static func settings(_ conf: String) throws -> Settings {
        var files = InMemoryConfigurationFiles()
        // Every issuer must serve some route.
        let rest = "\nroute /rest/ host=rest.test { upstream one; scope rest; }\n"
        files.add("gateway.conf", conf + rest)
        files.add("keys.json", "{}")
        let loaded = ConfigurationLoader(
            files: files,
            environment: [:],
            inspector: TrustingInspector(),
            processorCount: 1
        ).load(path: "gateway.conf")
        return try #require(loaded.settings, "\(loaded.diagnostics.map(\.message))")
    }

    /// What every conf here begins with.
    static let preamble = """
        listen 127.0.0.1:8080;
        issuer https://a.test { jwks_file keys.json; audience api; algorithms ES256; }
        issuer https://b.test {
            jwks_file keys.json; audience api; algorithms ES256;
            project p1; trust_claims branch_id; user_id_prefix b:;
        }
        upstream one { server 127.0.0.1:9000; }

        """

    /// The routes of a conf.
    static func routes(_ text: String) throws -> [RouteSettings] {
        try settings(preamble + text).routes
    }

    /// The one route of a conf.
    static func route(_ body: String) throws -> Route {
        Route(try #require(try routes("route / { upstream one; \(body) }").first))
    }

    static func fields(_ lines: [(String, String)]) -> FieldBlock {
        var fields = FieldBlock()
        for (name, value) in lines {
            let name = Array(name.utf8)
            let value = Array(value.utf8)
            fields.append(name: name.span, value: value.span)
        }
        return fields
    }

    /// A head as the wire brings it.
    static func head(_ start: String, _ lines: [String]) throws -> RequestHead {
        let text = ([start, "Host: gate.test"] + lines).joined(separator: "\r\n") + "\r\n\r\n"
        let bytes = Array(text.utf8)
        var head = RequestHead()
        var machine = HTTP1ServerMachine(
            limits: HeadLimits(size: 4096, fieldCount: 50, targetSize: 1024)
        )
        guard case .head = try machine.advance(over: bytes.span, head: &head) else {
            throw Incomplete()
        }
        return head
    }

    struct Incomplete: Error {}

    static let keys: [PrivateKey] = (0..<2).compactMap { _ in try? PrivateKey.generate(.p256) }

    static let keySet = KeySet([
        JSONWebKey(keyID: "k", algorithm: .es256, material: .publicKey(keys[0].publicKey))
    ])

    static let claims: JSONObject = [
        "iss": "https://a.test", "sub": "user-1", "aud": "api", "exp": .integer(now + 600),
        "scope": "read write",
    ]

    static func sign(
        _ claims: JSONObject,
        key: Int = 0,
        keyID: String? = "k",
        type: String? = "JWT"
    ) throws -> [UInt8] {
        try TokenSigner(
            privateKey: keys[key],
            algorithm: .es256,
            keyID: keyID,
            type: type
        ).sign(claims)
    }

    /// The issuers of ``preamble``, with the key.
    static func issuers(keySet: KeySet? = Kit.keySet) throws -> [Issuer] {
        try settings(preamble + "route / { upstream one; access public; }").issuers.map {
            Issuer($0, keySet: keySet, generation: 1)
        }
    }

    static func assessment(
        accepted: [Int] = [0, 1],
        keySet: KeySet? = Kit.keySet
    ) throws -> TokenAssessment {
        TokenAssessment(
            TokenAssessment.Context(
                issuers: try issuers(keySet: keySet),
                accepted: accepted,
                now: now,
                tokenSizeMax: 4096
            ),
            verifier: TokenSignatureVerifier()
        )
    }

    /// A verified token with these claims.
    static func verified(_ claims: JSONObject) throws -> VerifiedToken {
        let bytes = try sign(claims)
        var assessment = try assessment()
        try assessment.performCheap(on: bytes.span)
        return try assessment.performSignature(on: bytes.span)
    }
}

extension JSONObject {
    /// The object with one member replaced, added, or with `nil` removed.
    func with(_ name: String, _ value: JSONValue?) -> JSONObject {
        var copy = self
        copy[name] = value
        return copy
    }
}
