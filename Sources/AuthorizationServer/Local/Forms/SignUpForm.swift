import Access
import Configuration
import EventLoop
import Storage

/// `GET` and `POST /oauth2/sign-up`: a new account with e-mail and password.
///
/// It is written here and not at `/token`, because it is the provider's act, and the provider is us.
///
/// Whoever asks learns whether an address has an account. Without sending mail there is no way to
/// let its owner in and keep that secret, so that it is made slow instead: each such answer counts as
/// a wrong password of the address that asks.
struct SignUpForm: Sendable {
    let visit: PageVisit

    /// The page, or what comes of the form.
    func respond() async -> ControlResponse {
        let opened: PageVisit.Opened
        switch await visit.open() {
        case .answer(let response): return response
        case .goOn(let found): opened = found
        }
        guard let accounts = LocalAccounts(opened.resumed.client.project, context.settings) else {
            return visit.error(.providerNotFound)
        }
        guard opened.resumed.flow.providerID == accounts.provider.id else {
            return visit.error(.providerMismatch)
        }
        guard accounts.allowsSignUp(opened.resumed.flow.request) else {
            return visit.error(.signUpOff, status: 403)
        }
        var page = page(opened)
        guard visit.request.method == "POST" else {
            return visit.page(.signUp(page), fields: opened.cookies)
        }
        guard visit.isGenuine(.signUp, opened) else {
            page.fault = .formStale
            return again(page, opened, .formStale, status: 403)
        }
        return await answer(opened, accounts, page)
    }

    private var context: ServerContext { visit.context }

    private func answer(
        _ opened: PageVisit.Opened,
        _ accounts: LocalAccounts,
        _ empty: SignUpPage
    ) async -> ControlResponse {
        var page = empty
        let email = (opened.parameters[PageForm.FieldName.email] ?? "").trimmingBlanks()
        let name = (opened.parameters[PageForm.FieldName.displayName] ?? "").trimmingBlanks()
        let password = opened.parameters[PageForm.FieldName.password] ?? ""
        let key = EmailKey.make(email)
        page.emailFault = email.isEmpty ? .emailMissing : key == nil ? .emailInvalid : nil
        page.displayNameFault = PasswordPolicy.fault(ofName: name)
        page.passwordFault = PasswordPolicy.fault(of: password)
        guard let key, page.displayNameFault == nil, page.passwordFault == nil else {
            return again(page, opened, .fieldsWrong, status: 400)
        }
        let address = visit.request.clientAddress
        let throttleName = accounts.throttleName(key)
        let rest = context.guards.throttle.take(
            account: throttleName,
            address: address,
            limits: context.settings.limits,
            now: context.now
        )
        if let rest {
            page.fault = .tooManyAttempts
            let field = ControlField("retry-after", String(rest))
            return again(page, opened, .tooManyAttempts, status: 429, fields: [field])
        }
        let signUp = LocalSignUp(context: context, accounts: accounts)
        let outcome = await signUp.perform(
            email: email,
            emailKey: key,
            displayName: name.isEmpty ? nil : name,
            password: password,
            flowState: opened.resumed.state
        )
        if case .emailTaken = outcome {
            page.emailFault = .emailTaken
            return again(page, opened, .emailTaken, status: 409)
        }
        context.guards.throttle.undo(account: throttleName, address: address)
        switch outcome {
        case .emailTaken, .flowGone: return visit.error(.stateUnknown)
        case .failed(let fault): return visit.error(fault)
        case .overloaded:
            return visit.error(
                .serverError,
                status: 503,
                fields: [ControlField("retry-after", "5")]
            )
        case .signedUp(let user):
            return await SignInCompletion(visit: visit, resumed: opened.resumed)
                .signedIn(accounts.identity(of: user, key), at: user.createdAt, isTaken: true)
        }
    }

    /// The page once more, with what was wrong.
    private func again(
        _ page: SignUpPage,
        _ opened: PageVisit.Opened,
        _ fault: PageFault,
        status: Int,
        fields: [ControlField] = []
    ) -> ControlResponse {
        visit.page(
            .signUp(page),
            status: status,
            fields: fields + opened.cookies,
            note: ControlNote(error: fault.rawValue, clientID: opened.resumed.client.id)
        )
    }

    private func page(_ opened: PageVisit.Opened) -> SignUpPage {
        SignUpPage(
            form: visit.form(.signUp, opened),
            applicationName: opened.resumed.client.name,
            email: String((opened.parameters[PageForm.FieldName.email] ?? "").prefix(254)),
            displayName: String(
                (opened.parameters[PageForm.FieldName.displayName] ?? "").prefix(254)
            ),
            passwordLengthMin: PasswordPolicy.lengthMin,
            signInHref: visit.link(.signIn, opened)
        )
    }
}
