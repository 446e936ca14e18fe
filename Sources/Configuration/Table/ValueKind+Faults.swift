import Bytes
import EventLoop

extension ValueKind {
    /// Faults of numbers and quantities.
    func quantityFault(_ word: Word) -> ValueFault? {
        let text = word.text
        if word.isQuoted {
            return ValueFault("a string where a number belongs", hint: "leave out the quotes")
        }
        switch self {
        case .number(let range), .numberOr(_, let range):
            guard let number = ConfigurationValue.number(text) else {
                return ValueFault("`\(text)` is not a whole number", hint: alternativeHint)
            }
            guard !range.contains(number) else { return nil }
            return Self.rangeFault(text, "\(range.lowerBound)", "\(range.upperBound)")
        case .duration(let range), .durationOrOff(let range):
            guard let duration = ConfigurationValue.duration(text) else {
                return ValueFault(
                    "`\(text)` is not a duration",
                    hint: "write a number and a unit: `500ms` `10s` `5m` `1h` `30d`"
                )
            }
            guard !range.contains(duration) else { return nil }
            let (low, high) = (range.lowerBound, range.upperBound)
            return Self.rangeFault(
                text,
                ConfigurationValue.text(of: low),
                ConfigurationValue.text(of: high)
            )
        case .size(let range), .sizeOrOff(let range):
            guard let size = ConfigurationValue.size(text) else {
                return ValueFault(
                    "`\(text)` is not a size",
                    hint: "write bytes, or a number and a unit: `512` `16k` `1m` `2g`"
                )
            }
            guard !range.contains(size) else { return nil }
            return Self.rangeFault(
                text,
                ConfigurationValue.text(ofSize: range.lowerBound),
                ConfigurationValue.text(ofSize: range.upperBound)
            )
        case .status:
            if let number = ConfigurationValue.number(text), 200...599 ~= number { return nil }
            return ValueFault("`\(text)` is not a status of a final response", hint: "200 to 599")
        default:
            return nil
        }
    }

    private var alternativeHint: String? {
        keywords.isEmpty
            ? nil : "write a number, or \(keywords.map { "`\($0)`" }.joined(separator: ", "))"
    }

    private static func rangeFault(_ text: String, _ low: String, _ high: String) -> ValueFault {
        ValueFault("`\(text)` is out of range", hint: "from \(low) to \(high)")
    }

    /// Faults of addresses, names of hosts, and URLs.
    func placeFault(_ text: String) -> ValueFault? {
        switch self {
        case .address, .addressOrOff:
            if SocketAddress(text) != nil { return nil }
            return ValueFault("`\(text)` is not an address and port", hint: Self.addressHint(text))
        case .network:
            if IPNetwork(text) != nil { return nil }
            return ValueFault(
                "`\(text)` is not a network",
                hint: "write an address and the bits of its prefix, as in 10.0.0.0/8 or fd00::/8"
            )
        case .server:
            if ConfigurationValue.server(text) != nil { return nil }
            return ValueFault(
                "`\(text)` is not a server",
                hint: Self.serverHint(text)
            )
        case .url:
            return Self.urlFault(text)
        case .origin:
            if ConfigurationValue.origin(text) != nil { return nil }
            return ValueFault(
                "`\(text)` is not an origin",
                hint: "write scheme, host and port only, as in https://app.example.com; "
                    + "`*` would let every site call"
            )
        case .hostNames:
            let names = text.split(separator: ",", omittingEmptySubsequences: false)
            for name in names where ConfigurationValue.hostPattern(String(name)) == nil {
                return ValueFault(
                    "`\(name)` is not a host name",
                    hint: "write a.example, or *.example for every name below it, without a port; "
                        + "names beyond ASCII in their xn-- form"
                )
            }
            return nil
        case .hostHeader:
            if ConfigurationValue.hostHeader(text) != nil { return nil }
            return ValueFault("`\(text)` is not a host", hint: "write NAME or NAME:PORT")
        case .issuerName:
            if !text.isEmpty, text.utf8.count <= 2_048, text.utf8.allSatisfy({ $0 > 0x20 }) {
                return nil
            }
            return ValueFault(
                "this cannot be the `iss` of a token",
                hint: "write exactly what the issuer's tokens say, most often an https URL"
            )
        default:
            return nil
        }
    }

    private static func serverHint(_ text: String) -> String {
        let scheme = text.firstRange(of: "://").map { text[..<$0.lowerBound].lowercased() }
        switch scheme {
        case "grpc", "http2":
            return
                "write h2c://HOST:PORT for HTTP/2 without TLS, h2://HOST[:PORT] for HTTP/2 over TLS"
        case "grpcs", "h2s": return "write h2://HOST[:PORT] for HTTP/2 over TLS"
        case "ws": return "write HOST:PORT: WebSockets need no word of their own"
        case "wss": return "write https://HOST[:PORT]: WebSockets need no word of their own"
        default:
            return "write HOST:PORT or [IPV6]:PORT, or put https://, h2:// or h2c:// before it, "
                + "without a path"
        }
    }

    /// Why a word is not a protocol of a listener.
    static func protocolFault(_ text: String) -> ValueFault {
        let hint =
            switch text.lowercased() {
            case "h2c": "write h2: without a certificate the listener speaks it without TLS"
            case "http/2", "http2", "http/2.0", "grpc": "did you mean `h2`?"
            case "h3", "http/3", "http3", "quic": "HTTP/3 is not spoken here"
            case "http", "https", "http1", "http1.1", "http/1", "http/1.0", "h1", "http/11":
                "did you mean `http/1.1`?"
            case "ws", "wss", "websocket": "WebSockets need no word of their own"
            default: "write `h2`, `http/1.1` or both"
            }
        return ValueFault("`\(text)` is no protocol of a listener", hint: hint)
    }

    private static func addressHint(_ text: String) -> String {
        let host = text.prefix { $0 != ":" }
        if ConfigurationValue.number(text) != nil {
            return "write 127.0.0.1:\(text), or 0.0.0.0:\(text) for all addresses"
        }
        if host == "*" { return "write 0.0.0.0\(text.dropFirst()) or [::]\(text.dropFirst())" }
        if host == "localhost" { return "write 127.0.0.1\(text.dropFirst(host.count))" }
        return "write 127.0.0.1:8080 or [::1]:8080; names are not looked up here"
    }

    /// Why a URL may not be used here: malformed, or plain http beyond loopback.
    static func urlFault(_ text: String) -> ValueFault? {
        guard let url = URLText(text) else {
            return ValueFault(
                "`\(text)` is not a URL",
                hint: "write https://HOST[:PORT]/PATH without user, password or #fragment"
            )
        }
        guard url.scheme == "http", !url.isLoopback else { return nil }
        return ValueFault(
            "plain http beyond loopback: who answers could be anyone",
            hint: "write https://; plain http is accepted for 127.0.0.1, [::1] and localhost only"
        )
    }

    /// Faults of claims, whose words mean other things in quotes.
    func claimFault(_ word: Word) -> ValueFault? {
        switch self {
        case .claimName:
            if ConfigurationValue.claimPath(word) != nil { return nil }
            return ValueFault(
                "`\(word.text)` is not the name of a claim",
                hint: "dots walk into objects, as in realm_access.roles; "
                    + "quote a name that has dots of its own"
            )
        default:
            if word.keyword == "null" {
                return ValueFault(
                    "no claim can be demanded to be null",
                    hint: "quote it to mean the word: \"null\""
                )
            }
            if ConfigurationValue.claimValue(word) != nil { return nil }
            return ValueFault(
                "`\(word.text)` is too large a number to be compared exactly",
                hint: "quote it where the claim is a string"
            )
        }
    }

    /// Faults of names, paths and texts.
    func nameFault(_ text: String) -> ValueFault? {
        switch self {
        case .path, .destination, .destinationOrOff:
            return Self.pathFault(text)
        case .routePath:
            return RoutePath.fault(of: text).map { ValueFault($0.message, hint: $0.hint) }
        case .healthPath:
            let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
            if text.hasPrefix("/"), isPlain, !text.contains("#") { return nil }
            return ValueFault("`\(text)` is not a path", hint: "write /healthz, or alike")
        case .method:
            return Self.methodFault(text)
        case .fieldName:
            if ConfigurationValue.isToken(text) { return nil }
            return ValueFault("`\(text)` cannot be the name of a header field", hint: nil)
        case .fieldValue:
            if text.utf8.allSatisfy(ASCII.isFieldValueByte) { return nil }
            return ValueFault("a header value cannot hold control characters", hint: nil)
        case .cookieName:
            if ConfigurationValue.isToken(text) { return nil }
            return ValueFault("`\(text)` cannot be the name of a cookie", hint: nil)
        case .scope, .scopeName:
            return Self.scopeNameFault(text)
        case .tokenType:
            if ConfigurationValue.tokenType(text) != nil { return nil }
            return ValueFault("`\(text)` is not a token type", hint: "write at+jwt, or alike")
        case .upstreamName:
            let isName = text.utf8.allSatisfy { ASCII.isTokenByte($0) }
            if !text.isEmpty, isName, text.utf8.count <= 128 { return nil }
            return ValueFault(
                "`\(text)` cannot be the name of an upstream",
                hint: "letters, digits, `-`, `_` and `.`; servers stand in an `upstream` block"
            )
        case .secret:
            return text.isEmpty ? ValueFault("an empty secret", hint: nil) : nil
        case .text(let countMax):
            if text.utf8.count <= countMax { return nil }
            return ValueFault("longer than \(countMax) bytes", hint: nil)
        default:
            return nil
        }
    }

    private static func pathFault(_ text: String) -> ValueFault? {
        guard !text.isEmpty, text.utf8.count < 4_096, text.utf8.allSatisfy({ $0 >= 0x20 }) else {
            return ValueFault("this is not a path", hint: nil)
        }
        guard text.hasPrefix("~") else { return nil }
        return ValueFault("`~` is not expanded here", hint: "write the path out")
    }

    private static func methodFault(_ text: String) -> ValueFault? {
        if text == "TRACE" || text == "CONNECT" {
            return ValueFault("\(text) never reaches a route", hint: "the gateway refuses it")
        }
        let isUpper = text.utf8.allSatisfy { !(0x61...0x7A).contains($0) }
        if ConfigurationValue.isToken(text), isUpper, text.utf8.count <= 32 { return nil }
        return ValueFault(
            "`\(text)` is not a method",
            hint: ConfigurationValue.isToken(text)
                ? "methods are written in capitals: `\(text.uppercased())`" : nil
        )
    }

    private static func scopeNameFault(_ text: String) -> ValueFault? {
        if ConfigurationValue.isScopeName(text) { return nil }
        return ValueFault(
            "`\(text)` cannot be a scope",
            hint: "no blanks, quotes or backslashes (RFC 6749, section 3.3); one word for each"
        )
    }

    /// Faults of `any(a b)`.
    func scopeFault(_ argument: Argument) -> ValueFault? {
        guard argument.word.keyword == "any" else {
            return ValueFault(
                "`\(argument.word.text)(...)` is no demand on scopes",
                hint: "`any(a b)` is: one of them"
            )
        }
        guard let members = argument.members, !members.isEmpty else {
            return ValueFault("`any()` names no scope", hint: "as it stands nobody would pass")
        }
        for member in members {
            if let fault = Self.scopeNameFault(member.text) { return fault }
        }
        return nil
    }

    /// Faults of `hash(sub)`.
    func balanceFault(_ argument: Argument) -> ValueFault? {
        if argument.word.keyword == "hash", argument.members?.map(\.text) == ["sub"] { return nil }
        return ValueFault(
            "this is no way to balance",
            hint: "`round_robin`, `least_conn` or `hash(sub)`"
        )
    }
}
