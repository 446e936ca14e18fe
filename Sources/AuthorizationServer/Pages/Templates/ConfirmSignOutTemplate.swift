/// ``ConfirmSignOutPage``.
enum ConfirmSignOutTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        {{<layout}}{{$main}}
        <h1>Sign out?</h1>
        <p class="lead">You are signed in as <strong><bdi>{{signedInAs}}</bdi></strong>.</p>
        {{#applicationName}}
        <p><strong>{{applicationName}}</strong> asks to sign you out.</p>
        {{/applicationName}}
        <form method="post"{{#action}} action="{{action}}"{{/action}}>
        {{> hiddenFields}}
        <button class="button" type="submit">Sign out</button>
        </form>
        {{#stayHref}}
        <p class="aside"><a href="{{stayHref}}">Stay signed in</a></p>
        {{/stayHref}}
        {{/main}}{{/layout}}
        """
}
