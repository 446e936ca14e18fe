/// ``SignUpPage``.
enum SignUpTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        {{<layout}}{{$main}}
        <h1>Create an account</h1>
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
        <label for="display_name">Your name <span class="optional">(optional)</span></label>
        <input id="display_name" name="display_name" type="text" autocomplete="name"\
         value="{{displayName}}"\
        {{#displayNameInvalid}} aria-invalid="true"{{/displayNameInvalid}}\
        {{#displayNameDescription}} aria-describedby="{{displayNameDescription}}"\
        {{/displayNameDescription}}{{#displayNameFocus}} autofocus{{/displayNameFocus}}>
        {{#displayNameFault}}\
        <p class="field-fault" id="display_name-fault">{{displayNameFault}}</p>\
        {{/displayNameFault}}
        </div>
        <div class="field">
        <label for="password">Password</label>
        <p class="hint" id="password-hint">At least {{passwordLengthMin}} characters. \
        A few words that only you would put together are good.</p>
        <input id="password" name="password" type="password" autocomplete="new-password" required\
         minlength="{{passwordLengthMin}}"\
        {{#passwordInvalid}} aria-invalid="true"{{/passwordInvalid}}\
         aria-describedby="{{passwordDescription}}"\
        {{#passwordFocus}} autofocus{{/passwordFocus}}>
        {{#passwordFault}}\
        <p class="field-fault" id="password-fault">{{passwordFault}}</p>\
        {{/passwordFault}}
        </div>
        <button class="button" type="submit">Create account</button>
        </form>
        {{#signInHref}}
        <p class="aside">Have an account? <a href="{{signInHref}}">Sign in</a></p>
        {{/signInHref}}
        {{/main}}{{/layout}}
        """
}
