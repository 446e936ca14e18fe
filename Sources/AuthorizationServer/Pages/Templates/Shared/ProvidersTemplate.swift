/// The providers, each as a button that is a link.
enum ProvidersTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        <ul class="choices">
        {{#providers}}
        <li><a class="button quiet" href="{{href}}">Continue with {{text}}</a></li>
        {{/providers}}
        </ul>
        """
}
