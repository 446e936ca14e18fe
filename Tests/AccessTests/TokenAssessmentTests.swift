import Bytes
import JOSE
import JSON
import Testing

@testable import Access

/// The checks of a token: their order, their words, and what follows a failure.
@Suite
struct TokenAssessmentTests {
    /// The first refusal of the checks that cost no signature, or of the signature.
    private func refusal(
        _ token: [UInt8],
        accepted: [Int] = [0, 1],
        keySet: KeySet? = Kit.keySet
    ) throws -> String {
        var assessment = try Kit.assessment(accepted: accepted, keySet: keySet)
        do throws(Refusal) {
            try assessment.performCheap(on: token.span)
            #expect(!assessment.isVerified)
            _ = try assessment.performSignature(on: token.span)
            return "none"
        } catch {
            return "\(error.reason.word) \(error.detail)"
        }
    }

    private func refusal(
        of claims: JSONObject,
        accepted: [Int] = [0, 1]
    ) throws -> String {
        try refusal(Kit.sign(claims), accepted: accepted)
    }

    @Test
    func goodTokenPasses() throws {
        #expect(try refusal(of: Kit.claims) == "none")
    }

    @Test
    func claimsAreRefusedByName() throws {
        let claims = Kit.claims
        #expect(try refusal(of: claims.with("iss", nil)) == "claim_missing claim.iss")
        #expect(try refusal(of: claims.with("iss", "https://c.test")) == "issuer_unknown ")
        #expect(try refusal(of: claims.with("iss", "https://A.test")) == "issuer_unknown ")
        #expect(try refusal(of: claims, accepted: [1]) == "issuer_not_allowed ")
        #expect(try refusal(of: claims.with("aud", "other")) == "audience_mismatch claim.aud")
        #expect(try refusal(of: claims.with("aud", nil)) == "claim_missing claim.aud")
        #expect(
            try refusal(of: claims.with("exp", .integer(Kit.now - 60)))
                == "token_expired claim.exp"
        )
        #expect(try refusal(of: claims.with("exp", .integer(Kit.now - 59))) == "none")
        #expect(try refusal(of: claims.with("exp", nil)) == "claim_missing claim.exp")
        #expect(
            try refusal(of: claims.with("nbf", .integer(Kit.now + 61)))
                == "token_not_yet_valid claim.nbf"
        )
        #expect(try refusal(of: claims.with("sub", .integer(1))) == "claim_invalid claim.sub")
    }

    @Test
    func shapeHeaderAndKeyAreRefusedByName() throws {
        #expect(try refusal(Array("a.b".utf8)) == "token_malformed token.parts")
        #expect(try refusal([UInt8](repeating: 65, count: 4097)) == "token_too_large token.size")
        #expect(
            try refusal(Kit.sign(Kit.claims, type: "dpop+jwt"))
                == "token_type_mismatch header.typ"
        )
        #expect(try refusal(Kit.sign(Kit.claims, keyID: "other")).hasPrefix("key_unknown"))
        #expect(try refusal(Kit.sign(Kit.claims), keySet: nil) == "keys_unavailable keys.none")
        #expect(
            try refusal(Kit.sign(Kit.claims, key: 1))
                == "signature_invalid signature.mismatch"
        )
    }

    @Test
    func cheapChecksComeBeforeTheSignature() throws {
        // Everything is wrong with it, and the cheapest check speaks.
        let claims = Kit.claims.with("exp", .integer(1)).with("aud", "other")
        let token = try Kit.sign(claims, key: 1, keyID: "other", type: "odd")
        #expect(try refusal(token, accepted: [1]) == "issuer_not_allowed ")
        #expect(try refusal(token) == "token_type_mismatch header.typ")
        let typed = try Kit.sign(claims, key: 1, keyID: "other")
        #expect(try refusal(typed) == "audience_mismatch claim.aud")
    }

    @Test
    func laterChecksGoOnWhereTheyCan() throws {
        let token = try Kit.sign(Kit.claims.with("exp", .integer(1)), key: 1)
        var assessment = try Kit.assessment(accepted: [1])
        var outcomes: [TokenCheck: TokenAssessment.Outcome] = [:]
        for check in TokenCheck.allCases {
            outcomes[check] = assessment.perform(check, on: token.span)
        }
        #expect(outcomes[.shape] == .passed && outcomes[.issuerKnown] == .passed)
        #expect(outcomes[.issuerAllowed] == .failed(Refusal(.issuerNotAllowed)))
        #expect(outcomes[.audience] == .passed && outcomes[.key] == .passed)
        #expect(outcomes[.times] == .failed(Refusal(.tokenExpired, detail: "claim.exp")))
        #expect(
            outcomes[.signature]
                == .failed(Refusal(.signatureInvalid, detail: "signature.mismatch"))
        )
        #expect(!assessment.isVerified)
    }

    @Test
    func nothingIsReachedWithoutShape() throws {
        var assessment = try Kit.assessment()
        let token = Array("junk".utf8)
        for check in TokenCheck.allCases.dropFirst() {
            let outcome = assessment.perform(check, on: token.span)
            #expect(outcome == .notReached)
        }
        guard case .failed = assessment.perform(.shape, on: token.span) else {
            Issue.record("junk has a shape")
            return
        }
    }

    @Test
    func proofRemembersWhatItProved() throws {
        let token = try Kit.verified(Kit.claims.with("nbf", .integer(Kit.now)))
        #expect(token.expiry == Kit.now + 660 && token.start == Kit.now - 60)
        #expect(String(decoding: token.subject, as: UTF8.self) == "user-1")
        #expect(token.scopes.map { String(decoding: $0, as: UTF8.self) } == ["read", "write"])
        #expect(token.generation == 1 && token.issuer == 0)
    }

    @Test
    func reasonsAreOneClosedList() {
        let words = Reason.allCases.map { "\($0.word)" }
        #expect(Set(words).count == words.count)
        for reason in Reason.allCases {
            let title = Array("\(reason.title)".utf8)
            #expect(title.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
            #expect([400, 401, 403, 404, 405, 413, 429, 431, 501, 503].contains(reason.status))
            #expect("\(reason.word)".allSatisfy { $0.isLowercase || $0 == "_" })
            #expect(
                reason.status != 401 || reason == .tokenMissing
                    || reason.challengeError != nil
            )
        }
        for cause in TokenFault.Cause.allCases {
            #expect("\(Reason(cause).word)" == cause.rawValue)
        }
    }
}
