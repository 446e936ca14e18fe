import Access
import Testing

@testable import AuthorizationServer

/// No value leaves its place, whatever it is.
struct PageEscapingTests {
    static let hostile = [
        "\"><script>alert(1)</script>", "' onfocus='alert(1)", "</title><script>", "<!--",
        // A `"` or `<` that a combining mark follows is another character, but not to a browser.
        "\"\u{301} onfocus=\"alert(1)", "<\u{301}", "\"\u{200D} autofocus \"", "&quot;&#34;",
        "{{csrf}}{{{title}}}", "a\u{0}b\u{1B}", "`", "\r\n\"",
    ]

    /// Every page, every free text on it being `text`.
    static func pages(_ text: String) -> [Page] {
        let form = PageForm(
            action: "/oauth2/x",
            csrfToken: text,
            flow: text,
            hiddenFields: [ControlField(text, text)]
        )
        let link = PageLink(text: text, href: "/x")
        return [
            .signIn(
                SignInPage(
                    form: form,
                    applicationName: text,
                    email: text,
                    fault: .credentialsWrong,
                    signUpHref: "/x",
                    otherProviders: [link]
                )
            ),
            .signUp(
                SignUpPage(
                    form: form,
                    applicationName: text,
                    email: text,
                    displayName: text,
                    passwordLengthMin: 8,
                    emailFault: .emailTaken,
                    signInHref: "/x"
                )
            ),
            .chooseProvider(ChoosePage(applicationName: text, providers: [link])),
            .consent(
                ConsentPage(
                    form: form,
                    clientName: text,
                    redirectHost: text,
                    scopes: [text],
                    signedInAs: text
                )
            ),
            .error(ErrorPage(fault: .invalidRequest, code: text, back: link)),
            .signedOut(SignedOutPage(applicationName: text, back: link)),
            .confirmSignOut(
                ConfirmSignOutPage(form: form, signedInAs: text, applicationName: text)
            ),
        ]
    }

    @Test("A hostile value changes no element and no attribute", arguments: hostile)
    func structureStays(text: String) {
        for (plain, page) in zip(Self.pages("plain"), Self.pages(text)) {
            let wanted = Markup(PageFixtures.html(plain, requestID: "plain"))
            let found = Markup(PageFixtures.html(page, requestID: text))
            #expect(found.elements.map(\.shape) == wanted.elements.map(\.shape))
        }
    }

    @Test("What was typed comes back as it was")
    func valuesComeBack() throws {
        let text = "\"><script>&amp;'\u{301}\"\u{301}"
        for page in Self.pages(text) {
            let markup = Markup(PageFixtures.html(page))
            #expect(markup.text.unicodeScalars.contains("<"))
            for input in markup.all("input") where input["name"] == "email" {
                #expect(input["value"] == text)
            }
        }
    }

    @Test("Controls are not shown")
    func controlsGo() {
        #expect(PageText().escapeText("a\u{0}b\u{85}\tc\n") == "a\u{FFFD}b\u{FFFD}\tc\n")
    }

    @Test("Every template escapes, and in our way")
    func templatesEscape() {
        for (name, text) in PageTemplates.texts {
            #expect(text.hasPrefix("{{% CONTENT_TYPE:PAGE}}"), "\(name)")
            #expect(!text.contains("{{{") && !text.contains("{{&"), "\(name)")
        }
    }

    @Test(
        "A link that leads where it must not is not shown",
        arguments: [
            "javascript:alert(1)", "JavaScript:alert(1)", "\u{1}javascript:alert(1)",
            "java\nscript:alert(1)", " javascript:alert(1)", "data:text/html,x", "//evil.example",
            "/\\evil.example", "\\\\evil.example", "https://user@evil.example/",
            "https:evil.example",
            "https:///evil.example", "vbscript:x", "x", "", "?x", "/\t/evil.example",
        ]
    )
    func hrefsAreChecked(href: String) {
        let link = PageLink(text: "Back", href: href)
        var signIn = PageFixtures.signIn
        signIn.signUpHref = href
        signIn.otherProviders = [link]
        var signUp = PageFixtures.signUp
        signUp.signInHref = href
        var consent = PageFixtures.consent
        consent.switchAccountHref = href
        var confirm = PageFixtures.confirmSignOut
        confirm.stayHref = href
        confirm.form.action = href
        let pages: [Page] = [
            .signIn(signIn), .signUp(signUp), .consent(consent), .confirmSignOut(confirm),
            .chooseProvider(ChoosePage(applicationName: "App", providers: [link])),
            .error(ErrorPage(fault: .expired, back: link)), .signedOut(SignedOutPage(back: link)),
        ]
        for page in pages {
            let markup = Markup(PageFixtures.html(page))
            #expect(markup.all("a").isEmpty)
            #expect(markup.all("form").allSatisfy { $0["action"] != href })
        }
    }
}
