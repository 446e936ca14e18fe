import Access
import Testing

@testable import AuthorizationServer

struct PageFieldsTests {
    @Test("Every page has every header field, once", arguments: PageFixtures.all)
    func fieldsOfPages(name: String, page: Page) {
        let response = PageFixtures.renderer.render(page, status: 403, requestID: "r")
        #expect(response.status == 403)
        let targets =
            page.form == nil
            ? "'none'" : "'self' https://login.example.com https:"
        #expect(
            response.fields == [
                ControlField("content-type", "text/html; charset=utf-8"),
                ControlField("cache-control", "no-store"),
                ControlField(
                    "content-security-policy",
                    "default-src 'none'; style-src 'self'; form-action \(targets); "
                        + "frame-ancestors 'none'; base-uri 'none'"
                ),
                ControlField("x-frame-options", "DENY"),
                ControlField("x-content-type-options", "nosniff"),
                ControlField("referrer-policy", "no-referrer"),
                ControlField("cross-origin-opener-policy", "same-origin"),
                ControlField("cross-origin-resource-policy", "same-origin"),
            ]
        )
    }

    @Test("More fields stand behind ours")
    func extraFields() {
        let cookie = ControlField("set-cookie", "__Host-x=1; Secure")
        let response = PageFixtures.renderer.render(
            .signIn(PageFixtures.signIn),
            requestID: "r",
            extraFields: [cookie]
        )
        #expect(response.fields.last == cookie)
        #expect(response.fields.count == 9)
    }

    @Test(
        "A redirect URI becomes one source expression",
        arguments: [
            ("https://App.Example/cb?x#y", "https://app.example"),
            ("http://localhost:3000/cb", "http://localhost:3000"),
            ("http://[::1]:3000/cb", "http:"),
            ("com.example.app:/cb", "com.example.app:"),
            ("stack-auth-mobile-oauth-url://success", "stack-auth-mobile-oauth-url:"),
            ("https://a.example; script-src *", nil), ("https://a.example,*/", nil),
            ("https://*.example/", nil), ("https://u@a.example/", nil), ("javascript:x", nil),
            ("data:,x", nil), ("https:", nil), ("https:x", nil), ("http:", nil), ("*", nil),
            ("'unsafe-inline'", nil), ("https://a.example\r\nx: y", nil), ("", nil),
        ] as [(String, String?)]
    )
    func formTargets(uri: String, expected: String?) {
        #expect(LinkReference.formTarget(of: uri) == expected)
    }

    @Test(
        "A form that leads to a client leads to the web, and to no other scheme than the client's",
        arguments: [
            (["https://a.example/cb"], "https:"),
            (["https://a.example/cb", "https://b.example/"], "https:"),
            (["http://localhost:3000/cb"], "https: http://localhost:* http://127.0.0.1:*"),
            (["http://127.0.0.1/cb"], "https: http://localhost:* http://127.0.0.1:*"),
            (
                ["http://app.localhost:1/"],
                "https: http://localhost:* http://127.0.0.1:* http://app.localhost:*"
            ),
            (["http://[::1]:3000/cb"], "https: http:"),
            (["com.example.app:/cb"], "https: com.example.app:"),
            (["javascript:x", "https://a.example; script-src *"], "https:"),
        ]
    )
    func formsThatLeave(redirectURIs: [String], targets: String) {
        var page = PageFixtures.signIn
        page.form.redirectURIs = redirectURIs
        let response = PageFixtures.renderer.render(.signIn(page), requestID: "r")
        let policy = response.fields.first { $0.name == "content-security-policy" }?.value ?? ""
        #expect(
            policy.contains("form-action 'self' https://login.example.com \(targets); frame-")
        )
    }

    @Test("A form that leads to no client stays here")
    func formsThatStay() {
        var page = PageFixtures.signIn
        page.form.redirectURIs = []
        let response = PageFixtures.renderer.render(.signIn(page), requestID: "r")
        let policy = response.fields.first { $0.name == "content-security-policy" }?.value ?? ""
        #expect(policy.contains("form-action 'self' https://login.example.com; frame-"))
    }

    @Test("The style sheet is kept only under its own name")
    func styleSheetIsKept() {
        let renderer = PageFixtures.renderer
        for query in [nil, "", "v=other"] as [String?] {
            #expect(renderer.styleSheet(query: query).fields[1].value == "no-cache")
        }
        let named = renderer.styleSheet(query: StyleSheet.query)
        #expect(named.fields[1].value == "public, max-age=31536000, immutable")
        #expect(named.fields[0].value == "text/css; charset=utf-8")
        #expect(named.body == [UInt8](StyleSheet.text.utf8))
    }

    @Test("The host on the page is the issuer's")
    func host() {
        let renderer = PageRenderer(issuerURL: "https://localhost:8443")
        let response = renderer.render(.error(ErrorPage(fault: .expired)), requestID: "r")
        let markup = Markup(String(decoding: response.body, as: UTF8.self))
        #expect(markup.text.contains("localhost:8443"))
    }
}
