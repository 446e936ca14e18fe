import JOSE
import JSON
import Testing

struct WordTests {
    @Test
    func reasonsAreSnakeCaseAndDetailsHaveAPlace() {
        for cause in TokenFault.Cause.allCases {
            #expect(cause.rawValue.utf8.allSatisfy { $0 == 0x5F || (0x61...0x7A).contains($0) })
        }
        let places: Set<String> = [
            "base64", "claim", "header", "json", "key", "keys", "signature", "token",
        ]
        for detail in TokenDetail.allCases {
            let parts = detail.rawValue.split(separator: ".")
            #expect(parts.count == 2)
            #expect(places.contains(String(parts.first ?? "")))
            #expect(!detail.hint.isEmpty)
        }
    }

    @Test
    func everySkippedKeyHasItsDetail() {
        for reason in KeySkipReason.allCases {
            #expect(reason.rawValue == reason.detail.rawValue)
        }
    }

    @Test
    func faultsReadWell() {
        #expect("\(TokenFault(.tokenExpired, .claimExpiry))" == "token_expired (claim.exp)")
        #expect(
            "\(TokenFault(.tokenMalformed, .jsonClaims, json: .duplicateName))"
                == "token_malformed (json.claims: a name occurs twice in one object)"
        )
    }

    @Test
    func algorithmSetsComeFromNames() {
        let all = Algorithm.allCases.map(\.rawValue)
        #expect(AlgorithmSet(names: all)?.algorithms == Algorithm.allCases)
        #expect(AlgorithmSet(names: ["RS256", "EdDSA"])?.algorithms == [.rs256, .eddsa])
        #expect(AlgorithmSet(names: []) == [])
        for unknown in ["none", "rs256", "HS512", ""] {
            #expect(AlgorithmSet(names: ["RS256", unknown]) == nil)
        }
    }
}
