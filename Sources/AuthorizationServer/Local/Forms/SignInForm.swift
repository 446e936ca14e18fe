import Access
import Configuration
import Cryptography
import EventLoop
import Storage

/// `GET` and `POST /oauth2/sign-in`: e-mail and password.
struct SignInForm: Sendable {
    let visit: PageVisit

    /// The page, or what comes of the form.
    func respond() async -> ControlResponse {
        var opened: PageVisit.Opened
        switch await visit.open() {
        case .answer(let response): return response
        case .goOn(let found): opened = found
        }
        guard let accounts = LocalAccounts(opened.resumed.client.project, context.settings) else {
            return visit.error(.providerNotFound)
        }
        if let fault = await turn(&opened.resumed, to: accounts.provider) {
            return visit.error(fault)
        }
        guard visit.request.method == "POST" else {
            return visit.page(.signIn(page(opened, accounts)), fields: opened.cookies)
        }
        guard visit.isGenuine(.signIn, opened) else {
            return again(opened, accounts, .formStale, status: 403)
        }
        return await answer(opened, accounts)
    }

    private var context: ServerContext { visit.context }

    /// A flow that was sent to another provider is not ours to end; but where people choose for
    /// themselves (plain OAuth), coming back to this page is choosing it.
    private func turn(
        _ resumed: inout ResumedFlow,
        to provider: ProviderSettings
    ) async -> FlowFault? {
        if resumed.flow.providerID == provider.id { return nil }
        guard resumed.client.dialect == .oauth, visit.request.isGet else {
            return .providerMismatch
        }
        resumed.flow.providerID = provider.id
        return await visit.flows.update(resumed)
    }

    private func answer(
        _ opened: PageVisit.Opened,
        _ accounts: LocalAccounts
    ) async -> ControlResponse {
        guard let typed = opened.parameters[PageForm.FieldName.email],
            let password = opened.parameters[PageForm.FieldName.password],
            let key = EmailKey.make(typed)
        else { return incomplete(opened, accounts) }
        // Before the password is looked at: one that is set meanwhile is newer.
        let now = context.now
        let check = PasswordCheck(context: context, accounts: accounts)
        switch await check.verify(password, of: key, from: visit.request.clientAddress) {
        case .disabled: return again(opened, accounts, .accountDisabled, status: 403)
        case .failed(let fault): return visit.error(fault)
        case .overloaded:
            return visit.error(
                .serverError,
                status: 503,
                fields: [ControlField("retry-after", "5")]
            )
        case .resting(let seconds):
            return again(
                opened,
                accounts,
                .tooManyAttempts,
                status: 429,
                fields: [ControlField("retry-after", String(seconds))]
            )
        case .right(let user):
            return await SignInCompletion(visit: visit, resumed: opened.resumed)
                .signedIn(accounts.identity(of: user, key), at: now)
        case .wrong: return again(opened, accounts, .credentialsWrong, status: 403)
        }
    }

    private func incomplete(
        _ opened: PageVisit.Opened,
        _ accounts: LocalAccounts
    ) -> ControlResponse {
        var page = page(opened, accounts)
        if let typed = opened.parameters[PageForm.FieldName.email] {
            page.emailFault = EmailKey.make(typed) == nil ? .emailInvalid : nil
        } else {
            page.emailFault = .emailMissing
        }
        if opened.parameters[PageForm.FieldName.password] == nil {
            page.passwordFault = .passwordMissing
        }
        return visit.page(
            .signIn(page),
            status: 400,
            fields: opened.cookies,
            note: note(.fieldsWrong, opened)
        )
    }

    /// The page once more, with what was wrong.
    private func again(
        _ opened: PageVisit.Opened,
        _ accounts: LocalAccounts,
        _ fault: PageFault,
        status: Int,
        fields: [ControlField] = []
    ) -> ControlResponse {
        var page = page(opened, accounts)
        page.fault = fault
        return visit.page(
            .signIn(page),
            status: status,
            fields: fields + opened.cookies,
            note: note(fault, opened)
        )
    }

    private func note(_ fault: PageFault, _ opened: PageVisit.Opened) -> ControlNote {
        ControlNote(error: fault.rawValue, clientID: opened.resumed.client.id)
    }

    private func page(_ opened: PageVisit.Opened, _ accounts: LocalAccounts) -> SignInPage {
        let client = opened.resumed.client
        let others = visit.providers(opened).filter { $0.id != accounts.provider.id }
        return SignInPage(
            form: visit.form(.signIn, opened),
            applicationName: client.name,
            email: String((opened.parameters[PageForm.FieldName.email] ?? "").prefix(254)),
            signUpHref: accounts.allowsSignUp(opened.resumed.flow.request)
                ? visit.link(.signUp, opened) : nil,
            // Applications of the other dialects say themselves where to sign in.
            otherProviders: client.dialect != .oauth
                ? []
                : others.map { provider in
                    PageLink(
                        text: provider.displayName,
                        href: visit.link(.chooseProvider, opened, [("provider", provider.id)])
                    )
                }
        )
    }
}
