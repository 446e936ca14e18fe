import Bytes

/// `trusted_domain` as it is written: `https://`, a host that may hold `*` and `**`, and a port.
///
/// A pattern must end in a domain that somebody owns: after its last label with a `*` come two labels
/// at least, which are not one of ``publicSuffixes``. That list is short and honest about it: it names
/// the suffixes that are most often met, not all of the Public Suffix List.
enum TrustedDomainText {
    /// What it means, or `nil` where ``fault(of:)`` finds one.
    static func parse(_ text: String) -> TrustedDomain? {
        guard fault(of: text) == nil, let parts = parts(of: text) else { return nil }
        return TrustedDomain(
            text: text,
            scheme: "https",
            hostPattern: parts.host,
            port: parts.port == "*" ? nil : parts.port.flatMap { UInt16($0) } ?? 443
        )
    }

    /// Why nobody's browser may be sent wherever it matches, or `nil`.
    static func fault(of text: String) -> ValueFault? {
        if text.lowercased().hasPrefix("http://") {
            return ValueFault(
                "a trusted domain without TLS: codes would cross the network in the clear",
                hint: "write https://; for the machine itself, allow_localhost on;"
            )
        }
        guard let parts = parts(of: text) else {
            return ValueFault(
                "`\(text)` is not a trusted domain",
                hint: "write scheme, host and port only, as in https://app.example.com or "
                    + "https://*.preview.example.com; for exact URIs, redirect_uri"
            )
        }
        guard parts.host.contains("*") else { return nil }
        let labels = parts.host.split(separator: ".").map(String.init)
        let last = labels.lastIndex { $0.contains("*") } ?? 0
        let rest = labels[(last + 1)...]
        if rest.count < 2 {
            return ValueFault(
                "`\(text)` trusts whole top-level domains: anyone could own what it matches",
                hint: "after the last `*` come two labels at least, as in https://*.example.com"
            )
        }
        let suffix = rest.joined(separator: ".")
        guard publicSuffixes.contains(suffix) else { return nil }
        return ValueFault(
            "`\(text)` trusts names directly below `\(suffix)`, which anyone can have",
            hint: "write out the names, or take a domain of your own"
        )
    }

    /// Host in lower case and port as written, `*` for each one.
    private static func parts(of text: String) -> (host: String, port: String?)? {
        let scheme = "https://"
        guard text.utf8.count <= 512, text.lowercased().hasPrefix(scheme) else { return nil }
        var rest = text.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest.removeLast() }
        let pieces = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard let host = pieces.first, pieces.count <= 2 else { return nil }
        let isHost = host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy {
            !$0.isEmpty && $0.utf8.count <= 63
                && $0.utf8.allSatisfy {
                    ASCII.isLetter($0) || ASCII.isDigit($0) || "-_*".utf8.contains($0)
                }
        }
        guard isHost, !host.isEmpty, host.utf8.count <= 253 else { return nil }
        guard pieces.count == 2 else { return (host.lowercased(), nil) }
        let port = String(pieces[1])
        if port != "*" {
            guard let number = ConfigurationValue.number(port), 1...65_535 ~= number else {
                return nil
            }
        }
        return (host.lowercased(), port)
    }

    /// Domains of two labels and more below which strangers register names or get hosts.
    private static let publicSuffixes: Set<String> = [
        // Registries of countries.
        "ac.at", "ac.uk", "co.at", "co.id", "co.il", "co.in", "co.jp", "co.ke", "co.kr", "co.nz",
        "co.th", "co.uk", "co.za", "com.ar", "com.au", "com.br", "com.cn", "com.co", "com.hk",
        "com.mx", "com.my", "com.ng", "com.pe", "com.ph", "com.pk", "com.pl", "com.sa", "com.sg",
        "com.tr", "com.tw", "com.ua", "com.vn", "edu.au", "go.jp", "gov.au", "gov.uk", "gv.at",
        "ltd.uk", "me.uk", "ne.jp", "net.au", "net.br", "net.nz", "net.uk", "nhs.uk", "or.at",
        "or.jp", "org.au", "org.br", "org.nz", "org.uk", "plc.uk", "sch.uk",
        // Hosting, where each customer has a name.
        "azurewebsites.net", "cloudfront.net", "firebaseapp.com", "fly.dev", "github.io",
        "gitlab.io", "herokuapp.com", "netlify.app", "ngrok-free.app", "ngrok.io", "onrender.com",
        "pages.dev", "railway.app", "run.app", "surge.sh", "vercel.app", "web.app", "workers.dev",
    ]
}
