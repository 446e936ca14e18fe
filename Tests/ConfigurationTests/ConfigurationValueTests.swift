import Testing

@testable import Configuration

/// Words made into values.
@Suite
struct ConfigurationValueTests {
    @Test
    func durations() {
        #expect(ConfigurationValue.duration("500ms") == .milliseconds(500))
        #expect(ConfigurationValue.duration("10s") == .seconds(10))
        #expect(ConfigurationValue.duration("5m") == .seconds(300))
        #expect(ConfigurationValue.duration("1h") == .seconds(3_600))
        #expect(ConfigurationValue.duration("30d") == .seconds(2_592_000))
        for text in ["", "10", "s", "1.5s", "-1s", "+1s", "1 s", "1S", "1w", "1h30m", "٣s"] {
            #expect(ConfigurationValue.duration(text) == nil, "\(text)")
        }
        #expect(ConfigurationValue.duration("999999999999999999d") == nil)
        #expect(ConfigurationValue.duration("99999999999999999999s") == nil)
    }

    @Test
    func durationsAreWrittenAsTheyAreRead() {
        for text in ["0s", "1ms", "1500ms", "10s", "75s", "90s", "5m", "1h", "36h", "1d", "365d"] {
            let duration = ConfigurationValue.duration(text)
            #expect(duration.map(ConfigurationValue.text) == text)
        }
        #expect(ConfigurationValue.text(of: .seconds(60)) == "1m")
        #expect(ConfigurationValue.text(of: .seconds(Int64.max)).hasSuffix("s"))
    }

    @Test
    func sizes() {
        #expect(ConfigurationValue.size("512") == 512)
        #expect(ConfigurationValue.size("16k") == 16_384)
        #expect(ConfigurationValue.size("1M") == 1_048_576)
        #expect(ConfigurationValue.size("2g") == 2_147_483_648)
        for text in [
            "", "k", "1kb", "1.5m", "-1", "0x10", "99999999999999999999", "99999999999999999g",
        ] {
            #expect(ConfigurationValue.size(text) == nil, "\(text)")
        }
        #expect(ConfigurationValue.text(ofSize: 65_536) == "64k")
        #expect(ConfigurationValue.text(ofSize: 1_000) == "1000")
        #expect(ConfigurationValue.text(ofSize: 0) == "0")
    }

    @Test
    func claimValuesHaveTheirOwnType() {
        func value(_ text: String, isQuoted: Bool = false) -> ClaimValue? {
            let span = SourceSpan(file: 0, start: 0, end: 0)
            return ConfigurationValue.claimValue(Word(text: text, isQuoted: isQuoted, span: span))
        }
        #expect(value("true") == .boolean(true))
        #expect(value("true", isQuoted: true) == .string("true"))
        #expect(value("False") == .string("False"))
        #expect(value("0") == .number(0))
        #expect(value("-0.5e+2") == .number(-50))
        #expect(value("42", isQuoted: true) == .string("42"))
        for text in [
            "01", "1.", ".5", "+1", "1e", "1e+", "0x1", "1_0", "NaN", "Infinity", "--1", "1.2.3",
        ] {
            #expect(value(text) == .string(text), "\(text)")
        }
        #expect(value("9007199254740992") == .number(9_007_199_254_740_992))
        #expect(value("9007199254740994") == nil)
        #expect(value("1e400") == nil)
    }

    @Test
    func servers() {
        #expect(ConfigurationValue.server("a.test:1")?.port == 1)
        #expect(ConfigurationValue.server("a.test")?.port == 80)
        #expect(ConfigurationValue.server("https://a.test")?.port == 443)
        #expect(ConfigurationValue.server("https://a.test/")?.isTLS == true)
        #expect(ConfigurationValue.server("HTTP://A.test:81")?.host == "a.test")
        #expect(ConfigurationValue.server("[::1]:8080")?.host == "::1")
        #expect(ConfigurationValue.server("https://a.test")?.wireProtocol == .http11)
        #expect(ConfigurationValue.server("h2://a.test")?.port == 443)
        #expect(ConfigurationValue.server("h2://a.test")?.isTLS == true)
        #expect(ConfigurationValue.server("h2://a.test")?.wireProtocol == .http2)
        #expect(ConfigurationValue.server("H2C://[::1]:50051/")?.host == "::1")
        #expect(ConfigurationValue.server("h2c://a.test")?.port == 80)
        #expect(ConfigurationValue.server("h2c://a.test")?.isTLS == false)
        #expect(ConfigurationValue.server("h2c://a.test")?.wireProtocol == .http2)
        for text in [
            "", ":80", "h2://", "h2c://a/x", "h2c://u@a", "h2c//a", "://a", "h3://a", "h2chttp://a",
            "a:0", "a:65536", "a:b", "::1", "[::1", "[x]:1", "ftp://a", "a b", "u@a:1",
            "https://u@a", "https://a/x", "https://", "a..b:1", "[127.0.0.1]:1",
        ] {
            #expect(ConfigurationValue.server(text) == nil, "\(text)")
        }
    }

    @Test
    func originsAreAsBrowsersWriteThem() {
        #expect(ConfigurationValue.origin("https://App.test:443") == "https://app.test")
        #expect(ConfigurationValue.origin("http://localhost:3000") == "http://localhost:3000")
        #expect(ConfigurationValue.origin("https://[::1]:444") == "https://[::1]:444")
        for text in [
            "*", "null", "app.test", "https://a.test/", "https://a.test?x", "https://*.test",
        ] {
            #expect(ConfigurationValue.origin(text) == nil, "\(text)")
        }
    }

    @Test
    func hostPatterns() {
        #expect(ConfigurationValue.hostPattern("A.Test.") == "a.test")
        #expect(ConfigurationValue.hostPattern("*.a.test") == "*.a.test")
        for text in ["", "*", "*.", "a*.test", "*.*.a", "a:1", "-", "ä.test", "a..b"]
        where text != "-" {
            #expect(ConfigurationValue.hostPattern(text) == nil, "\(text)")
        }
    }

    @Test
    func routePathsAreCanonical() {
        #expect(RoutePath.canonical("/a%7eb%2dc") == "/a~b-c")
        #expect(RoutePath.canonical("/a%3ab") == "/a%3Ab")
        #expect(RoutePath.canonical("/a:b@c!$&'()+,=") == "/a:b@c!$&'()+,=")
        #expect(RoutePath.canonical("/ü|\"") == "/%C3%BC%7C%22")
        #expect(RoutePath.canonical("/a%20b/") == "/a%20b/")
        for text in [
            "", "a", "/a//b", "/./a", "/a/..", "/%2e", "/%00", "/%5c", "/a%", "/a%g0", "/%25aa",
            "/a b",
        ] {
            #expect(RoutePath.canonical(text) == nil, "\(text)")
        }
        #expect(RoutePath.canonical("/%25") == "/%25")
        #expect(RoutePath.canonical("/a%2fb") == "/a%2Fb")
    }

    @Test
    func guessesAreNear() {
        let known = ["scope", "server", "on", "off", "audience"]
        #expect(Spelling.suggestion(for: "scoep", among: known) == "scope")
        #expect(Spelling.suggestion(for: "SCOPE", among: known) == "scope")
        #expect(Spelling.suggestion(for: "audeince", among: known) == "audience")
        #expect(Spelling.suggestion(for: "serv", among: known) == nil)
        #expect(Spelling.suggestion(for: "no", among: ["yes"]) == nil)
        #expect(Spelling.suggestion(for: "", among: known) == nil)
        #expect(Spelling.suggestion(for: String(repeating: "x", count: 500), among: known) == nil)
        #expect(Spelling.distance("ab", "ba", atMost: 2) == 1)
        #expect(Spelling.distance("kitten", "sitting", atMost: 3) == 3)
        #expect(Spelling.distance("kitten", "sitting", atMost: 2) == nil)
    }
}
