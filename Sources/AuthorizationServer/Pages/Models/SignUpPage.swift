/// Make an account with e-mail and password.
struct SignUpPage: Sendable, Hashable {
    var form: PageForm
    var applicationName: String
    /// What was typed, shown again.
    var email = ""
    /// What was typed, shown again; the person may leave it empty.
    var displayName = ""
    /// The hint beside the password, in characters.
    var passwordLengthMin: Int
    var fault: PageFault?
    var emailFault: FieldFault?
    var displayNameFault: FieldFault?
    var passwordFault: FieldFault?
    /// Back to the sign-in page.
    var signInHref: String?
}

extension SignUpPage {
    /// What the template sees; the password is not in it.
    var context: PageContext {
        var context = PageContext()
        let faults = [emailFault, displayNameFault, passwordFault]
        let hasFault = fault != nil || faults.contains { $0 != nil }
        context.set("title", (hasFault ? "Error: " : "") + "Create an account · " + applicationName)
        context.set("applicationName", applicationName)
        context.set("email", email)
        context.set("displayName", displayName)
        context.set("passwordLengthMin", String(passwordLengthMin))
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
                    name: PageForm.FieldName.displayName,
                    key: "displayName",
                    fault: displayNameFault,
                    // Nobody has to begin with what may stay empty.
                    isFilled: true
                ),
                PageContext.Field(
                    name: PageForm.FieldName.password,
                    key: "password",
                    fault: passwordFault,
                    descriptions: ["password-hint"]
                ),
            ]
        )
        context.set(link: "signInHref", signInHref)
        return context
    }
}
