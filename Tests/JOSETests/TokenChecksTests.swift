import JOSE
import JSON
import Testing

struct TokenChecksTests {
    private func parts(
        header: String = #"{"alg":"ES256"}"#,
        claims: String
    ) throws -> (TokenHeader, Claims) {
        let bytes = try token(header: header, claims: claims)
        let token = try CompactToken(bytes.span, sizeMax: 1 << 16)
        return (try TokenHeader(token, ignoringHeaderKeys: false), try Claims(token))
    }

    @Test(arguments: Algorithm.allCases)
    func onlyTheIssuersAlgorithmsPass(algorithm: Algorithm) throws {
        let (header, _) = try parts(header: #"{"alg":"\#(algorithm.rawValue)"}"#, claims: "{}")
        let fault = TokenFault(.algorithmNotAllowed, .headerAlgorithm)
        for allowed in Algorithm.allCases {
            var policy = Fixtures.policy
            policy.algorithms = AlgorithmSet(allowed)
            if allowed == algorithm, algorithm != .hs256 {
                #expect(throws: Never.self) { try checkAlgorithm(header, policy) }
            } else {
                #expect(throws: fault) { try checkAlgorithm(header, policy) }
            }
            policy.secret = Fixtures.secret
            if algorithm == .hs256 {
                #expect(throws: Never.self) { try checkAlgorithm(header, policy) }
            } else {
                #expect(throws: fault) { try checkAlgorithm(header, policy) }
            }
        }
        var policy = Fixtures.policy
        policy.algorithms = []
        #expect(throws: fault) { try checkAlgorithm(header, policy) }
    }

    @Test(
        arguments: [
            (nil, true, false), ("JWT", true, false), ("jwt", true, false), ("at+jwt", true, true),
            ("AT+JWT", true, true), ("application/at+jwt", true, true),
            ("application/jwt", true, false), ("dpop+jwt", false, false),
            ("logout+jwt", false, false),
            ("secevent+jwt", false, false), ("", false, false), ("JOSE", false, false),
            ("id_token", false, false), ("jwt ", false, false),
        ] as [(String?, Bool, Bool)]
    )
    func typesAreAcceptedOrDemanded(type: String?, isAccepted: Bool, isAccessToken: Bool) throws {
        let header = type.map { #"{"alg":"ES256","typ":"\#($0)"}"# } ?? #"{"alg":"ES256"}"#
        let (parsed, claims) = try parts(header: header, claims: "{}")
        let fault = TokenFault(.tokenTypeMismatch, .headerType)
        func passes(_ policy: IssuerPolicy) -> Bool {
            do throws(TokenFault) {
                try checkType(parsed, claims, policy)
                return true
            } catch {
                #expect(error == fault)
                return false
            }
        }
        #expect(passes(Fixtures.policy) == isAccepted)
        for spelling in ["at+jwt", "AT+JWT", "application/at+jwt"] {
            let policy = IssuerPolicy(
                audiences: [],
                algorithms: [],
                clockSkewSeconds: 0,
                tokenType: spelling,
                ignoresHeaderKeys: false,
                acceptsIDTokens: false,
                secret: nil
            )
            #expect(passes(policy) == isAccessToken)
        }
    }

    @Test
    func idTokensAreRefusedUnlessAccepted() throws {
        let (header, claims) = try parts(claims: #"{"nonce":"n"}"#)
        #expect(throws: TokenFault(.tokenTypeMismatch, .claimNonce)) {
            try checkType(header, claims, Fixtures.policy)
        }
        var policy = Fixtures.policy
        policy.acceptsIDTokens = true
        #expect(throws: Never.self) { try checkType(header, claims, policy) }
    }

    @Test(
        arguments: [
            ("{}", TokenFault(.claimMissing, .claimAudience)),
            (#"{"aud":[]}"#, TokenFault(.audienceMismatch, .claimAudience)),
            (#"{"aud":""}"#, TokenFault(.audienceMismatch, .claimAudience)),
            (#"{"aud":"ORDERS-API"}"#, TokenFault(.audienceMismatch, .claimAudience)),
            (#"{"aud":"orders-api/"}"#, TokenFault(.audienceMismatch, .claimAudience)),
            (#"{"aud":["a","b"]}"#, TokenFault(.audienceMismatch, .claimAudience)),
            (#"{"aud":"orders-api"}"#, nil),
            (#"{"aud":["a","other"]}"#, nil),
        ] as [(String, TokenFault?)]
    )
    func anyOfTheAudiencesMustBeOurs(text: String, expected: TokenFault?) throws {
        let (_, claims) = try parts(claims: text)
        #expect(
            fault { () throws(TokenFault) in try checkAudience(claims, Fixtures.policy) }
                == expected
        )
        var policy = Fixtures.policy
        policy.audiences = []
        #expect(throws: TokenFault.self) { try checkAudience(claims, policy) }
    }

    @Test
    func audiencesAreComparedByBytes() throws {
        let (_, claims) = try parts(claims: "{\"aud\":\"\\u212A\"}")
        var policy = Fixtures.policy
        policy.audiences = ["K"]
        #expect(throws: TokenFault(.audienceMismatch, .claimAudience)) {
            try checkAudience(claims, policy)
        }
    }

    @Test
    func timesAllowForTheSkewToTheSecond() throws {
        let (_, claims) = try parts(claims: #"{"nbf":1000,"exp":2000.9}"#)
        func at(_ now: Int64, skew: Int64 = 60) -> TokenFault? {
            var policy = Fixtures.policy
            policy.clockSkewSeconds = skew
            return fault { () throws(TokenFault) in
                try checkTimes(claims, policy, nowSeconds: now)
            }
        }
        let expired = TokenFault(.tokenExpired, .claimExpiry)
        let early = TokenFault(.tokenNotYetValid, .claimNotBefore)
        #expect(at(939) == early)
        #expect(at(940) == nil)
        #expect(at(2059) == nil)
        #expect(at(2060) == expired)
        #expect(at(999, skew: 0) == early)
        #expect(at(1000, skew: 0) == nil)
        #expect(at(1999, skew: 0) == nil)
        #expect(at(2000, skew: 0) == expired)
        #expect(at(1500, skew: -1000) == nil)
        #expect(at(.max) == expired)
        #expect(at(.min) == early)
        #expect(at(0, skew: .max) == nil)
        #expect(at(.max, skew: .max) == expired)
    }

    @Test
    func expMustBeThere() throws {
        let (_, claims) = try parts(claims: #"{"nbf":1000}"#)
        #expect(throws: TokenFault(.claimMissing, .claimExpiry)) {
            try checkTimes(claims, Fixtures.policy, nowSeconds: 2000)
        }
        let (_, zero) = try parts(claims: #"{"exp":0}"#)
        #expect(throws: TokenFault(.tokenExpired, .claimExpiry)) {
            try checkTimes(zero, Fixtures.policy, nowSeconds: Fixtures.now)
        }
    }

    private func fault(_ check: () throws(TokenFault) -> Void) -> TokenFault? {
        do throws(TokenFault) {
            try check()
            return nil
        } catch {
            return error
        }
    }
}
