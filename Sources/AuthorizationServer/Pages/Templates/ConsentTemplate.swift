/// ``ConsentPage``.
enum ConsentTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        {{<layout}}{{$main}}
        <h1>Let <bdi>{{clientName}}</bdi> in?</h1>
        <p class="lead">You are signed in as <strong><bdi>{{signedInAs}}</bdi></strong>.\
        {{#switchAccountHref}} <a href="{{switchAccountHref}}">Not you?</a>{{/switchAccountHref}}</p>
        {{#hasScopes}}
        <h2 id="scopes-label">It will be able to</h2>
        <ul class="scopes" aria-labelledby="scopes-label">
        {{#scopes}}
        <li>{{text}}{{#name}} <code>{{name}}</code>{{/name}}</li>
        {{/scopes}}
        </ul>
        {{/hasScopes}}
        {{^hasScopes}}
        <p>It will learn that it is you, and nothing more.</p>
        {{/hasScopes}}
        <p class="destination">You will be sent to <strong>{{redirectHost}}</strong>. \
        Only go on if you know this address.</p>
        <form method="post"{{#action}} action="{{action}}"{{/action}}>
        {{> hiddenFields}}
        <div class="pair">
        <button class="button" type="submit" name="decision" value="allow">Allow</button>
        <button class="button quiet" type="submit" name="decision" value="deny">Do not allow</button>
        </div>
        </form>
        {{/main}}{{/layout}}
        """
}
