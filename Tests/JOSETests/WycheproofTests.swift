import Bytes
import JOSE
import JSON
import Testing

/// Google's vectors for JSON Web Signatures and keys: nothing invalid is accepted, and everything
/// valid is, but for what Gatehouse refuses on purpose.
@Suite(.enabled(if: Vectors.folder != nil, Comment(rawValue: Vectors.reason)))
struct WycheproofTests {
    /// Valid vectors that are refused, and why: `file tcId`.
    private static let refusedOnPurpose: [String: TokenFault] = [
        // Figures 20 and 27 of RFC 7520 under keys with another `alg`, or one that does not exist.
        "json_web_signature 346": TokenFault(.keyUnsuitable, .keyAlgorithm),
        "json_web_signature 347": TokenFault(.keyUnsuitable, .keyAlgorithm),
        "json_web_signature 350": TokenFault(.keyUnsuitable, .keyAlgorithm),
        "json_web_signature 351": TokenFault(.keyUnsuitable, .keyAlgorithm),
        // Characters outside the alphabet, which other readers pass over.
        "json_web_signature 372": TokenFault(.tokenMalformed, .base64Header),
        "json_web_signature 373": TokenFault(.tokenMalformed, .base64Claims),
        // Secrets in sets beside public keys.
        "json_web_key 2": TokenFault(.algorithmNotAllowed, .headerAlgorithm),
        "json_web_crypto 48": TokenFault(.algorithmNotAllowed, .headerAlgorithm),
        // HS384 and HS512 are not offered.
        "json_web_key 14": TokenFault(.algorithmNotAllowed, .headerAlgorithm),
        "json_web_key 15": TokenFault(.algorithmNotAllowed, .headerAlgorithm),
    ]

    /// Called invalid, and byte for byte the valid vector 357: the padding that they are about has
    /// been lost from the file.
    ///
    /// Padded tokens are refused by other tests.
    private static let contradictory: Set<String> = [
        "json_web_signature 367", "json_web_signature 370",
    ]

    @Test
    func everyVectorEndsAsItShould() throws {
        let groups = try #require(try Vectors.read("jws_wycheproof.json")["groups"]?.array)
        var acceptedCount = 0
        var refusals: [TokenFault.Cause: Int] = [:]
        for group in groups.compactMap(\.object) {
            let file = try #require(group["file"]?.string)
            let key = try #require(group["key"])
            for test in try #require(group["tests"]?.array).compactMap(\.object) {
                let id = "\(file) \(try #require(test["tcId"]?.integer))"
                let fault = try verdict(on: test, key: key)
                let isValid = test["result"] == "valid"
                if let expected = Self.refusedOnPurpose[id] {
                    #expect(isValid && fault == expected, "\(id): \(String(describing: fault))")
                } else if isValid {
                    #expect(fault == nil, "\(id): \(String(describing: fault))")
                    acceptedCount += 1
                } else if !Self.contradictory.contains(id) {
                    #expect(fault != nil, "\(id) \(test["comment"]?.string ?? "")")
                }
                if let fault {
                    refusals[fault.cause, default: 0] += 1
                }
            }
        }
        #expect(acceptedCount >= 40)
        for cause in [
            TokenFault.Cause.algorithmNotAllowed, .headerUnsupported, .keyUnknown, .keyUnsuitable,
            .signatureInvalid, .signatureMalformed, .tokenMalformed,
        ] {
            #expect(refusals[cause, default: 0] > 0, "\(cause) is never the reason")
        }
        #expect(refusals[.signatureInvalid, default: 0] > 250, "changed padding of RSA")
    }

    /// What is said about one vector, with the group's key in the role that an operator would give
    /// it: a lone symmetric key is the issuer's secret, all else a public set.
    private func verdict(on test: JSONObject, key: JSONValue) throws -> TokenFault? {
        // The JSON serialisation stands as an object in one file and as a text in another.
        guard let token = test["jws"]?.string else {
            return TokenFault(.tokenMalformed, .tokenParts)
        }
        var policy = Fixtures.policy
        let keys: KeySet
        if let secret = try secret(in: key) {
            guard let set = try? KeySet(secret: secret) else {
                return TokenFault(.keyUnsuitable, .keySize)
            }
            keys = set
            policy.secret = secret
        } else {
            var bytes: [UInt8] = []
            key.write(into: &bytes)
            keys = try KeySet(parsing: bytes.span, limits: JSONLimits(size: 1 << 20, depth: 8))
        }
        return signatureRefusal(of: utf8(token), keys: keys, policy: policy)
    }

    /// The one secret of the group, where it is for signatures at all.
    private func secret(in key: JSONValue) throws -> [UInt8]? {
        var object = try #require(key.object)
        if let keys = object["keys"]?.array {
            guard keys.count == 1, let only = keys.first?.object else { return nil }
            object = only
        }
        guard object["kty"] == "oct", let text = object["k"]?.string,
            object["alg"]?.string?.hasPrefix("HS") ?? true
        else { return nil }
        return Base64URL.decode(utf8(text).span)
    }
}
