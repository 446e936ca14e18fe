/// ``SignedOutPage``.
enum SignedOutTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        {{<layout}}{{$main}}
        <h1>You are signed out</h1>
        <p>{{#applicationName}}You have left <strong>{{applicationName}}</strong>. {{/applicationName}}\
        If others use this device too, close the browser.</p>
        {{#backHref}}
        <p><a class="button" href="{{backHref}}">{{backText}}</a></p>
        {{/backHref}}
        {{/main}}{{/layout}}
        """
}
