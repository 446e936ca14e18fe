import Bytes
import Cryptography
import HTTP
import JSON
import Outbound

/// An old HTML application that lets the gateway sign its people in: the pattern to copy.
///
/// It is a confidential OAuth client. It keeps no session of its own: the access token goes into a
/// cookie, the gateway verifies it on every request to `/account`, and what arrives here are headers
/// that say who it is.
struct SampleApplication: SmallResponder {
    /// Where people find the gateway, such as `https://localhost:8443`.
    let gateway: String
    let clientID: String
    let clientSecret: String
    /// What the gateway's certificate is verified by.
    let certificatePath: String
    let client: OutboundClient

    func answer(_ head: RequestHead) -> SmallAnswer {
        let cookies = Values(
            head.fields.first(.cookie).map { head.fields.value(at: $0).text() },
            ";"
        )
        switch "\(head.methodBytes.text()) \(head.pathBytes.text())" {
        case "GET /": return .now(page("<p>Everybody may read this.<p><a href=/login>Sign in</a>"))
        case "GET /login": return .now(login())
        case "GET /signed-in":
            let query = Values(head.hasQuery ? head.queryBytes.text() : nil, "&")
            return .later { await signedIn(query, cookies) }
        case "GET /account": return .now(account(head))
        case "POST /sign-out": return .later { await signOut(cookies) }
        default:
            return .now(
                SmallResponse(200, text: "The back end received:\n\n" + Self.text(of: head))
            )
        }
    }

    /// 1. Sends the browser to the gateway, and remembers in a cookie which sign-in this is.
    private func login() -> SmallResponse {
        let (state, verifier) = (Self.random(), Self.random())
        let challenge = Base64URL.encode(
            DigestFunction.sha256.digest(Array(verifier.utf8).span).span
        )
        let query = Self.form([
            ("response_type", "code"), ("client_id", clientID), ("redirect_uri", callback),
            ("scope", "openid email orders:read"), ("state", state),
            ("code_challenge", challenge.span.text()), ("code_challenge_method", "S256"),
        ])
        return Self.redirect(
            to: "\(gateway)/oauth2/authorize?\(query)",
            cookies: [Self.cookie("__Host-login", "\(state).\(verifier)", seconds: 600)]
        )
    }

    /// 2. The browser is back with a code: exchanges it for a token, which goes into a cookie.
    private func signedIn(_ query: Values, _ cookies: Values) async -> SmallResponse {
        let login = (cookies["__Host-login"] ?? "").split(separator: ".").map(String.init)
        guard login.count == 2, query["state"] == login[0], let code = query["code"] else {
            return page("<p>You were not signed in. <a href=/login>Try again</a>", status: 400)
        }
        let answer = await post(
            "/oauth2/token",
            [
                ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback),
                ("code_verifier", login[1]),
            ]
        )
        guard let answer, let token = answer["access_token"]?.string,
            let identity = answer["id_token"]?.string, let seconds = answer["expires_in"]?.integer
        else {
            return page("<p>The gateway gave no token. <a href=/login>Try again</a>", status: 502)
        }
        return Self.redirect(
            to: "/account",
            cookies: [
                Self.cookie("__Host-token", token, seconds: seconds),
                Self.cookie("__Host-identity", identity, seconds: seconds),
                Self.cookie("__Host-login", "", seconds: 0),
            ]
        )
    }

    /// 3. Only those come here whom the gateway lets through; its headers say who it is.
    private func account(_ head: RequestHead) -> SmallResponse {
        let headers = Self.text(of: head) { $0.hasPrefix("x-stack-") }.replacing("&", with: "&amp;")
            .replacing("<", with: "&lt;")
        return page(
            """
            <p>You are signed in. This came with your request:
            <pre>\(headers)</pre>
            <form method=post action=/sign-out><button>Sign out</button></form>
            """
        )
    }

    /// 4. Ends the session, so that the token is refused from now on, then the sign-in at the gateway.
    private func signOut(_ cookies: Values) async -> SmallResponse {
        if let token = cookies["__Host-token"] {
            guard await post("/oauth2/revoke", [("token", token)]) != nil else {
                return page("<p>You are still signed in: the gateway did not answer.", status: 502)
            }
        }
        let query = Self.form([
            ("client_id", clientID), ("post_logout_redirect_uri", "\(gateway)/"),
            ("id_token_hint", cookies["__Host-identity"] ?? ""),
        ])
        return Self.redirect(
            to: "\(gateway)/oauth2/logout?\(query)",
            cookies: ["__Host-token", "__Host-identity"].map { Self.cookie($0, "", seconds: 0) }
        )
    }

    private var callback: String { "\(gateway)/signed-in" }

    /// Asks the gateway as the client that we are; an empty answer is an empty object.
    private func post(_ path: String, _ pairs: [(String, String)]) async -> JSONObject? {
        let form = Self.form(pairs + [("client_id", clientID), ("client_secret", clientSecret)])
        let request = OutboundRequest(
            method: "POST",
            url: gateway + path,
            headers: [
                OutboundHeader(name: "content-type", value: "application/x-www-form-urlencoded")
            ],
            body: Array(form.utf8),
            timeout: .seconds(5),
            responseSizeMax: 65_536,
            trustedCertificatesPath: certificatePath
        )
        guard case .success(let response) = await client.result(of: request), response.status == 200
        else { return nil }
        let limits = JSONLimits(size: 65_536, depth: 8)
        return (try? JSONValue.parse(response.body.span, limits: limits))?.object ?? JSONObject()
    }
}
