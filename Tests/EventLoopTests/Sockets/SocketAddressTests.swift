import EventLoop
import Testing

@Suite
struct SocketAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("[::1]:8443", "[::1]:8443"),
            ("[2001:DB8::1]:65535", "[2001:db8::1]:65535"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("[::ffff:127.0.0.1]:9", "127.0.0.1:9"),
        ]
    )
    func addressesSurviveTheirText(text: String, canonical: String) throws {
        let address = try #require(SocketAddress(text))
        #expect(address.description == canonical)
        #expect(SocketAddress(canonical) == address)
    }

    @Test(
        arguments: [
            "", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:080",
            "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1: 1", "127.0.0.1:1 ", "127.0.0.1:99999999999",
            "::1:80", "[::1]", "[::1]:", "[::1]80", "[::1:80", "[127.0.0.1]:80", "[]:80", "[", "[]",
            "localhost:80", "127.0.0.1:80:80", "[[::1]]:80", "[fe80::1%1]:80",
        ]
    )
    func whatIsNoAddressIsRefused(text: String) {
        #expect(SocketAddress(text) == nil)
    }

    @Test
    func everyCutIsReadOrRefused() {
        for text in ["127.0.0.1:65535", "[2001:db8::1]:443"] {
            let bytes = [UInt8](text.utf8)
            for cut in 0..<bytes.count {
                let cutText = String(decoding: bytes[..<cut], as: UTF8.self)
                if let address = SocketAddress(cutText) {
                    // Only the port may be shorter.
                    #expect(text.hasPrefix(address.description))
                }
            }
        }
    }
}

@Suite
struct NameResolverTests {
    @Test
    func addressesResolveToThemselves() throws {
        #expect(
            try NameResolver.addresses(of: "127.0.0.1", port: 80).map(\.description)
                == ["127.0.0.1:80"]
        )
        #expect(
            try NameResolver.addresses(of: "::1", port: 8_443).map(\.description) == ["[::1]:8443"]
        )
    }

    @Test
    func localhostIsLoopback() throws {
        let addresses = try NameResolver.addresses(of: "localhost", port: 80)
        #expect(!addresses.isEmpty)
        #expect(addresses.allSatisfy { $0.isLoopback })
        #expect(Set(addresses).count == addresses.count)
    }

    @Test(arguments: ["", "host.invalid", "a b", "\u{0}"])
    func whatHasNoAddressIsAFault(name: String) {
        let fault = #expect(throws: SystemFault.self) {
            _ = try NameResolver.addresses(of: name, port: 80)
        }
        #expect(fault?.call == "getaddrinfo")
        #expect(fault?.description.hasPrefix("getaddrinfo: ") == true)
    }
}

@Suite
struct TimeTests {
    @Test
    func timeoutsHoldWhatFits() {
        #expect(Timeout(.milliseconds(1)).nanoseconds == 1_000_000)
        #expect(Timeout(.seconds(-1)) == .zero)
        #expect(Timeout(.nanoseconds(-1)) == .zero)
        #expect(Timeout(.seconds(Int64.max)).nanoseconds == .max)
        #expect(Timeout(.seconds(9_223_372_036) + .nanoseconds(854_775_807)).nanoseconds == .max)
        #expect(Timeout(.seconds(9_223_372_036) + .nanoseconds(854_775_808)).nanoseconds == .max)
        #expect(Timeout(Duration(secondsComponent: 0, attosecondsComponent: 999)) == .zero)
        #expect(Timeout(nanoseconds: -5) == .zero)
        #expect(Timeout(nanoseconds: 1).millisecondsRoundedUp == 1)
        #expect(Timeout(nanoseconds: 1_000_000).millisecondsRoundedUp == 1)
        #expect(Timeout(nanoseconds: .max).millisecondsRoundedUp == 9_223_372_036_855)
        #expect(Timeout.zero < Timeout(nanoseconds: 1))
    }

    @Test
    func momentsEndWithTheirWord() {
        let late = Instant(nanoseconds: .max - 1)
        #expect(late + Timeout(nanoseconds: 5) == Instant(nanoseconds: .max))
        #expect(Instant(nanoseconds: 3) + Timeout(nanoseconds: 4) == Instant(nanoseconds: 7))
        #expect(late.nanoseconds(since: Instant(nanoseconds: -5)) == .max)
        #expect(Instant(nanoseconds: .min).nanoseconds(since: late) == .min)
        #expect(Instant(nanoseconds: 3).nanoseconds(since: Instant(nanoseconds: 4)) == -1)
        #expect(Instant(nanoseconds: 3) < Instant(nanoseconds: 4))
    }

    @Test
    func secondsAreRoundedDownOnBothSidesOf1970() {
        #expect(WallTime(nanosecondsSince1970: 1_999_999_999).secondsSince1970 == 1)
        #expect(WallTime(nanosecondsSince1970: 0).secondsSince1970 == 0)
        #expect(WallTime(nanosecondsSince1970: -1).secondsSince1970 == -1)
        #expect(WallTime(nanosecondsSince1970: -1_000_000_000).secondsSince1970 == -1)
        #expect(WallTime(nanosecondsSince1970: .min).secondsSince1970 == -9_223_372_037)
    }
}
