import Configuration
import Testing

@testable import AuthorizationServer

struct CSRFTests {
    private let key = [UInt8](repeating: 7, count: 32)

    @Test("A token holds for its form, attempt, browser and key, and for no other")
    func tokenIsBound() {
        let token = CSRF.token(form: .signIn, flow: "flow", browser: "browser", key: key)
        #expect(token.utf8.count == 43)
        func isValid(
            _ form: Endpoint = .signIn,
            _ flow: String = "flow",
            _ browser: String = "browser",
            key: [UInt8]? = nil
        ) -> Bool {
            CSRF.isValid(token, form: form, flow: flow, browser: browser, key: key ?? self.key)
        }
        #expect(isValid())
        #expect(!isValid(.consent))
        #expect(!isValid(.signIn, "flox"))
        #expect(!isValid(.signIn, "flow", "browses"))
        #expect(!isValid(key: [UInt8](repeating: 8, count: 32)))
        // The same letters, parted elsewhere.
        #expect(!isValid(.signIn, "flowb", "rowser"))
        #expect(!isValid(.signIn, "", "flowbrowser"))
    }

    @Test("Anything else is refused", arguments: ["", "x", "AAAA", "é", "\u{0}"])
    func otherTokens(token: String) {
        #expect(!CSRF.isValid(token, form: .signIn, flow: "", browser: "", key: key))
        let right = CSRF.token(form: .signIn, flow: "", browser: "", key: key)
        for wrong in [right + "A", String(right.dropLast()), right.uppercased() + token] {
            #expect(!CSRF.isValid(wrong, form: .signIn, flow: "", browser: "", key: key))
        }
    }
}
