/// ``ChoosePage``.
enum ChooseTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        {{<layout}}{{$main}}
        <h1>Sign in</h1>
        <p class="lead">to continue to <strong>{{applicationName}}</strong></p>
        {{> notice}}
        {{> providers}}
        {{/main}}{{/layout}}
        """
}
