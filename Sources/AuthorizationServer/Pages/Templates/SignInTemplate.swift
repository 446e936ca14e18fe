/// ``SignInPage``.
enum SignInTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        {{<layout}}{{$main}}
        <h1>Sign in</h1>
        <p class="lead">to continue to <strong>{{applicationName}}</strong></p>
        {{> notice}}
        <form method="post"{{#action}} action="{{action}}"{{/action}}>
        {{> hiddenFields}}
        <div class="field">
        <label for="email">E-mail address</label>
        <input id="email" name="email" type="email" autocomplete="username" maxlength="254" required\
         autocapitalize="none" spellcheck="false" value="{{email}}"\
        {{#emailInvalid}} aria-invalid="true"{{/emailInvalid}}\
        {{#emailDescription}} aria-describedby="{{emailDescription}}"{{/emailDescription}}\
        {{#emailFocus}} autofocus{{/emailFocus}}>
        {{#emailFault}}<p class="field-fault" id="email-fault">{{emailFault}}</p>{{/emailFault}}
        </div>
        <div class="field">
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required\
        {{#passwordInvalid}} aria-invalid="true"{{/passwordInvalid}}\
        {{#passwordDescription}} aria-describedby="{{passwordDescription}}"{{/passwordDescription}}\
        {{#passwordFocus}} autofocus{{/passwordFocus}}>
        {{#passwordFault}}\
        <p class="field-fault" id="password-fault">{{passwordFault}}</p>\
        {{/passwordFault}}
        </div>
        <button class="button" type="submit">Sign in</button>
        </form>
        {{#hasProviders}}
        <p class="or"><span>or</span></p>
        {{> providers}}
        {{/hasProviders}}
        {{#signUpHref}}
        <p class="aside">New here? <a href="{{signUpHref}}">Create an account</a></p>
        {{/signUpHref}}
        {{/main}}{{/layout}}
        """
}
