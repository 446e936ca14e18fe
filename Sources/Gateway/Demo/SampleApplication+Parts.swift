import Bytes
import Cryptography
import HTTP

// What every web framework brings along: pages, cookies, redirects, forms.

extension SampleApplication {
    /// A page of ours.
    func page(_ body: String, status: Int = 200) -> SmallResponse {
        let html = """
            <!doctype html><html lang=en><meta charset=utf-8>
            <meta name=viewport content="width=device-width">
            <title>Sample application</title>
            <style>:root{color-scheme:light dark;font:1.1rem/1.5 system-ui}
            body{max-width:44rem;margin:2rem auto;padding:0 1rem}pre{overflow-x:auto}</style>
            <h1>Sample application</h1>
            \(body)
            </html>

            """
        var response = SmallResponse(status, "text/html; charset=utf-8", Array(html.utf8))
        response.fields = [
            ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
            ("referrer-policy", "no-referrer"),
        ]
        return response
    }

    /// Sends the browser on, to be asked with GET there.
    static func redirect(to url: String, cookies: [String]) -> SmallResponse {
        var response = SmallResponse(303, text: "")
        response.fields = [("location", url)] + cookies.map { ("set-cookie", $0) }
        return response
    }

    /// A cookie that no script reads and no other site makes the browser send; 0 seconds remove it.
    static func cookie(_ name: String, _ value: String, seconds: Int64) -> String {
        "\(name)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; Secure; SameSite=Lax"
    }

    /// 256 bits that nobody guesses.
    static func random() -> String {
        Base64URL.encode(Random.bytes(32).span).span.text()
    }

    /// Pairs as a query or a form.
    static func form(_ pairs: [(String, String)]) -> String {
        pairs.map { "\($0.0)=\(encoded($0.1))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            if ASCII.isLetter(byte) || ASCII.isDigit(byte) || "-._~".utf8.contains(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
    }

    /// The request as it arrived, with the fields that are wanted.
    static func text(of head: RequestHead, where shows: (String) -> Bool = { _ in true }) -> String
    {
        var text = "\(head.methodBytes.text()) \(head.target.text())\n"
        let fields = head.fields
        for index in 0..<fields.count where shows(fields.name(at: index).text()) {
            text += "\(fields.name(at: index).text()): \(fields.value(at: index).text())\n"
        }
        return text
    }
}

/// The pairs of a query, or of a `Cookie` field; their values need no decoding here.
struct Values: Sendable {
    private var pairs: [(name: Substring, value: Substring)] = []

    init(_ text: String?, _ separator: Character) {
        for pair in (text ?? "").split(separator: separator) {
            let parts = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            if parts.count == 2 {
                pairs.append((parts[0], parts[1]))
            }
        }
    }

    subscript(name: String) -> String? {
        pairs.first { $0.name == name }.map { String($0.value) }
    }
}
