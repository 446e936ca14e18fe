/// Sign in with e-mail and password.
struct SignInPage: Sendable, Hashable {
    var form: PageForm
    /// The project's or the client's name: what the person signs in to.
    var applicationName: String
    /// What was typed, shown again.
    var email = ""
    /// Why the last try failed, if it did.
    var fault: PageFault?
    var emailFault: FieldFault?
    var passwordFault: FieldFault?
    /// Where a new person goes; `nil` where sign-up is off.
    var signUpHref: String?
    /// The other providers, each as a button: the words are the provider's display name.
    var otherProviders: [PageLink] = []
}

extension SignInPage {
    /// What the template sees; the password is not in it.
    var context: PageContext {
        var context = PageContext()
        let hasFault = fault != nil || emailFault != nil || passwordFault != nil
        context.set("title", (hasFault ? "Error: " : "") + "Sign in · " + applicationName)
        context.set("applicationName", applicationName)
        context.set("email", email)
        context.set(form)
        context.set(
            fault,
            fields: [
                PageContext.Field(
                    name: PageForm.FieldName.email,
                    key: "email",
                    fault: emailFault,
                    isFilled: !email.isEmpty
                ),
                PageContext.Field(
                    name: PageForm.FieldName.password,
                    key: "password",
                    fault: passwordFault
                ),
            ]
        )
        context.set(providers: otherProviders)
        context.set(link: "signUpHref", signUpHref)
        return context
    }
}
