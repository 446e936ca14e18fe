/// ``LeavingPage``.
enum LeavingTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        {{<layout}}{{$head}}
        <meta http-equiv="refresh" content="0; url={{href}}">
        {{/head}}{{$main}}
        <h1>One moment</h1>
        <p>You are being sent to <strong>{{destination}}</strong>.</p>
        <p><a class="button" href="{{href}}">Continue</a></p>
        {{/main}}{{/layout}}
        """
}
