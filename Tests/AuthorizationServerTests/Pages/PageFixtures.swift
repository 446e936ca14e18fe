import Access

@testable import AuthorizationServer

/// Pages as they are shown, for what must hold of every one.
enum PageFixtures {
    static let renderer = PageRenderer(issuerURL: "https://login.example.com")

    static func form(_ action: String) -> PageForm {
        PageForm(
            action: action,
            csrfToken: "lVYqN6XQ1v5p7oJ2b8c3Zt0Rk4Wm9sXaBdEfGhIjKlM",
            flow: "8bAq0flow",
            redirectURIs: ["https://shop.example.org/callback?x=1"]
        )
    }

    static let signIn = SignInPage(
        form: form("/oauth2/sign-in"),
        applicationName: "Larch Books",
        signUpHref: "/oauth2/sign-up?flow=8bAq0flow"
    )

    static let signUp = SignUpPage(
        form: form("/oauth2/sign-up"),
        applicationName: "Larch Books",
        passwordLengthMin: 8,
        signInHref: "/oauth2/sign-in?flow=8bAq0flow"
    )

    static let consent = ConsentPage(
        form: form("/oauth2/consent"),
        clientName: "Reading Diary",
        redirectHost: "diary.example.net",
        scopes: ["openid", "profile", "email", "offline_access", "orders:read"],
        signedInAs: "ada@example.com",
        switchAccountHref: "/oauth2/sign-in?flow=8bAq0flow&switch=1"
    )

    static let confirmSignOut = ConfirmSignOutPage(
        form: form("/oauth2/logout"),
        signedInAs: "ada@example.com",
        applicationName: "Larch Books",
        stayHref: "https://shop.example.org/"
    )

    static let providers = [
        PageLink(text: "GitHub", href: "/oauth2/choose?flow=8bAq0flow&provider=github"),
        PageLink(text: "Google", href: "/oauth2/choose?flow=8bAq0flow&provider=google"),
    ]

    /// Every page, and every state of it, by a name.
    static let all: [(name: String, page: Page)] =
        [
            ("sign-in", .signIn(signIn)),
            ("sign-in-wrong", .signIn(signInWrong)),
            ("sign-in-fields", .signIn(signInFields)),
            ("sign-up", .signUp(signUp)),
            ("sign-up-wrong", .signUp(signUpWrong)),
            (
                "choose",
                .chooseProvider(ChoosePage(applicationName: "Larch Books", providers: providers))
            ),
            ("choose-failed", .chooseProvider(chooseFailed)),
            ("consent", .consent(consent)),
            ("consent-bare", .consent(consentBare)),
            (
                "error",
                .error(
                    ErrorPage(
                        fault: .redirectNotAllowed,
                        code: "REDIRECT_URL_NOT_WHITELISTED",
                        back: PageLink(
                            text: "Back to Larch Books",
                            href: "https://shop.example.org/"
                        )
                    )
                )
            ),
            ("error-bare", .error(ErrorPage(fault: .expired))),
            (
                "signed-out",
                .signedOut(
                    SignedOutPage(
                        applicationName: "Larch Books",
                        back: PageLink(
                            text: "Back to Larch Books",
                            href: "https://shop.example.org/"
                        )
                    )
                )
            ),
            ("confirm-sign-out", .confirmSignOut(confirmSignOut)),
        ]

    static func html(_ page: Page, requestID: String = "r-0f3a9c51d2") -> String {
        String(decoding: renderer.render(page, requestID: requestID).body, as: UTF8.self)
    }

    private static var signInWrong: SignInPage {
        var page = signIn
        page.email = "ada@example.com"
        page.fault = .credentialsWrong
        page.otherProviders = providers
        return page
    }

    private static var signInFields: SignInPage {
        var page = signIn
        page.emailFault = .emailInvalid
        page.passwordFault = .passwordMissing
        return page
    }

    private static var signUpWrong: SignUpPage {
        var page = signUp
        page.email = "ada@example.com"
        page.displayName = "Ada"
        page.emailFault = .emailTaken
        page.displayNameFault = .displayNameTooLong(max: 100)
        page.passwordFault = .passwordTooShort(min: 8)
        return page
    }

    private static var chooseFailed: ChoosePage {
        ChoosePage(
            applicationName: "Larch Books",
            providers: providers,
            fault: .providerUnavailable
        )
    }

    private static var consentBare: ConsentPage {
        var page = consent
        page.scopes = []
        page.switchAccountHref = nil
        return page
    }
}
