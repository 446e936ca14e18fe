/// What every page stands in.
enum LayoutTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="robots" content="noindex">
        <title>{{title}}</title>
        <link rel="stylesheet" href="{{styleSheet}}">
        </head>
        <body>
        <header class="top">
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path d="M3 21V8l4-3 5-2 5 2 4 3v13h-6v-6a3 3 0 0 0-6 0v6z"/>
        </svg>
        <span class="host">{{host}}</span>
        </header>
        <main class="card">
        {{$main}}{{/main}}
        </main>
        </body>
        </html>

        """
}
