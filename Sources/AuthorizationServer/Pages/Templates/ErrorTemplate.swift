/// ``ErrorPage``.
enum ErrorTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        {{<layout}}{{$main}}
        <h1>{{faultTitle}}</h1>
        <p>{{faultSentence}}</p>
        {{#backHref}}
        <p><a class="button" href="{{backHref}}">{{backText}}</a></p>
        {{/backHref}}
        <dl class="details">
        <div><dt>Reason</dt><dd><code>{{code}}</code></dd></div>
        <div><dt>Request</dt><dd><code>{{errorRequestID}}</code></dd></div>
        </dl>
        {{/main}}{{/layout}}
        """
}
