import Bytes
import Configuration
import Cryptography

/// The one style sheet.
enum StyleSheet {
    /// Where pages find it: on their own host, whichever alias that is.
    static let reference = path + "?" + query

    /// Names the text, so that it may be kept for ever.
    static let query: String = {
        let digest = SHA256.digest([UInt8](text.utf8).span)
        return "v="
            + String(decoding: Base64URL.encode(digest.span.extracting(first: 12)), as: UTF8.self)
    }()

    /// The validator of the text (RFC 9110 §8.8.3).
    static let entityTag = "\"" + query.dropFirst(2) + "\""

    private static let path = Endpoint.styleSheet.paths(dressipiPrefix: "")[0]

    static let text = """
        :root {
          color-scheme: light dark;
          --page: #f2f4f2;
          --card: #ffffff;
          --edge: #dde2de;
          --text: #1a1f1c;
          --muted: #535d57;
          --line: #7b857f;
          --accent: #0a6650;
          --accent-strong: #074d3c;
          --on-accent: #ffffff;
          --quiet: #eef2ef;
          --danger: #9f2026;
          --danger-surface: #fdf0ef;
          --shadow: 0 1px 2px rgb(20 30 25 / 6%), 0 12px 32px rgb(20 30 25 / 8%);
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #101412;
            --card: #191f1c;
            --edge: #2a322e;
            --text: #edf1ee;
            --muted: #a7b2ac;
            --line: #76827c;
            --accent: #63d0b1;
            --accent-strong: #8be0c8;
            --on-accent: #06231b;
            --quiet: #242c28;
            --danger: #ff9d97;
            --danger-surface: #331c1d;
            --shadow: 0 1px 2px rgb(0 0 0 / 40%), 0 12px 32px rgb(0 0 0 / 35%);
          }
        }
        *, *::before, *::after { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
        body {
          margin: 0;
          min-height: 100vh;
          min-height: 100dvh;
          display: flex;
          flex-direction: column;
          align-items: center;
          padding: clamp(1.25rem, 7vh, 5rem) 1rem 1.5rem;
          background: var(--page);
          color: var(--text);
          font: 400 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue",
            "Noto Sans", "Liberation Sans", Arial, sans-serif;
        }
        .top, .card { width: 100%; max-width: 27rem; }
        .top {
          display: flex;
          align-items: center;
          gap: .625rem;
          margin-bottom: 1rem;
          color: var(--muted);
          font-size: .9375rem;
        }
        .mark { flex: none; width: 1.625rem; height: 1.625rem; fill: var(--accent); }
        .host { min-width: 0; overflow-wrap: anywhere; }
        .card {
          padding: 2rem;
          background: var(--card);
          border: 1px solid var(--edge);
          border-radius: 1rem;
          box-shadow: var(--shadow);
          overflow-wrap: anywhere;
        }
        .card > :first-child { margin-top: 0; }
        .card > :last-child { margin-bottom: 0; }
        h1 { margin: 0 0 .75rem; text-wrap: balance; font-size: 1.625rem; line-height: 1.25; font-weight: 650; letter-spacing: -.01em; }
        h2 { margin: 1.5rem 0 .5rem; font-size: 1rem; font-weight: 600; }
        p { margin: 0 0 1rem; }
        strong { font-weight: 600; }
        .lead { margin: -.375rem 0 1.5rem; color: var(--muted); }
        .lead strong { color: var(--text); }
        a { color: var(--accent); text-decoration-thickness: .0625em; text-underline-offset: .2em; }
        a:hover { color: var(--accent-strong); text-decoration-thickness: .125em; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
        form { margin: 0; }
        .field { margin-bottom: 1.25rem; }
        label { display: block; margin-bottom: .375rem; font-weight: 600; }
        .optional { color: var(--muted); font-weight: 400; }
        .hint { margin: -.125rem 0 .5rem; color: var(--muted); font-size: .9375rem; }
        input:not([type="hidden"]) {
          display: block;
          width: 100%;
          min-height: 3rem;
          padding: .625rem .875rem;
          font: inherit;
          color: var(--text);
          background: var(--card);
          border: 1px solid var(--line);
          border-radius: .625rem;
        }
        input:hover { border-color: var(--text); }
        input:focus-visible { outline-offset: 0; border-color: var(--accent); border-radius: .625rem; }
        input[aria-invalid="true"] { border-color: var(--danger); box-shadow: 0 0 0 1px var(--danger); }
        .field-fault { margin: .375rem 0 0; color: var(--danger); font-size: .9375rem; font-weight: 500; }
        .button {
          display: block;
          width: 100%;
          min-height: 3rem;
          padding: .6875rem 1.25rem;
          font: inherit;
          font-weight: 600;
          text-align: center;
          text-decoration: none;
          color: var(--on-accent);
          background: var(--accent);
          border: 1px solid transparent;
          border-radius: .625rem;
          cursor: pointer;
        }
        .button:hover { color: var(--on-accent); background: var(--accent-strong); }
        .button:focus-visible { border-radius: .625rem; }
        .button.quiet { color: var(--text); background: var(--quiet); border-color: var(--line); }
        .button.quiet:hover { color: var(--text); border-color: var(--text); }
        .pair { display: flex; flex-direction: column; gap: .75rem; }
        .choices { list-style: none; margin: 0; padding: 0; display: flex; flex-direction: column; gap: .75rem; }
        .or { display: flex; align-items: center; gap: .75rem; margin: 1.25rem 0; color: var(--muted); }
        .or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--edge); }
        .aside { margin: 1.5rem 0 0; color: var(--muted); }
        .notice {
          margin: 0 0 1.5rem;
          padding: .875rem 1rem;
          color: var(--text);
          background: var(--danger-surface);
          border: 1px solid var(--danger);
          border-radius: .625rem;
        }
        .notice p, .notice ul { margin: 0; }
        .notice ul { margin-top: .25rem; padding-left: 1.25rem; }
        .notice a { color: var(--danger); }
        .notice .notice-title { color: var(--danger); font-weight: 600; }
        .scopes { margin: 0 0 1.5rem; padding-left: 1.25rem; }
        .scopes li { margin: .25rem 0; }
        .destination { color: var(--muted); }
        .destination strong { color: var(--text); }
        code { font: .9375em ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; }
        .details { margin: 1.5rem 0 0; padding-top: 1rem; border-top: 1px solid var(--edge); color: var(--muted); font-size: .875rem; }
        .details div { display: grid; grid-template-columns: 4.5rem minmax(0, 1fr); gap: 0 .5rem; }
        .details dd { margin: 0; }
        @media (max-width: 26rem) {
          body { padding: 1rem .75rem; }
          .card { padding: 1.5rem 1.25rem; border-radius: .75rem; }
        }
        @media (forced-colors: active) {
          .button, .card, .notice { border: 1px solid; }
        }

        """
}
