import EventLoop
import Testing

@Suite
struct IPNetworkTests {
    @Test(
        arguments: [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.0/24", "::ffff:192.0.2.7", true),
            ("192.0.2.77", "192.0.2.77", true),
            ("192.0.2.77", "192.0.2.78", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true),
            ("::/0", "203.0.113.9", false),
            ("::ffff:192.0.2.0/120", "192.0.2.200", true),
            ("::ffff:192.0.2.0/120", "192.0.3.200", false),
            ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("2001:db8::/65", "2001:db8::7fff:0:0:1", true),
            ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
            ("2001:db8::/64", "2001:db8::8000:0:0:1", true),
            ("::1/128", "::1", true),
            ("::1/128", "::2", false),
            ("127.0.0.1/8", "127.9.9.9", true),
        ]
    )
    func blocksHoldTheirAddresses(cidr: String, text: String, isInside: Bool) throws {
        let network = try #require(IPNetwork(cidr))
        let address = try #require(IPAddress(text))
        #expect(network.contains(address) == isInside)
    }

    @Test(
        arguments: [
            "", "/", "/8", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8",
            "192.0.2.0/08", "192.0.2.0/8/8", "192.0.2.0/ 8", "192.0.2/24", "::/129", "::/0128",
            "192.0.2.0/99999999999999999999", "example.com/8", "192.0.2.0/24a",
        ]
    )
    func whatIsNoBlockIsRefused(cidr: String) {
        #expect(IPNetwork(cidr) == nil)
        #expect(!IPNetwork.hasHostBits(cidr))
    }

    @Test
    func slipsAreFound() {
        #expect(IPNetwork.hasHostBits("192.0.2.1/24"))
        #expect(IPNetwork.hasHostBits("2001:db8::1/64"))
        #expect(!IPNetwork.hasHostBits("192.0.2.1"))
        #expect(!IPNetwork.hasHostBits("192.0.2.0/24"))
        #expect(IPNetwork("192.0.2.1/24") == IPNetwork("192.0.2.0/24"))
        #expect(IPNetwork("192.0.2.1/24")?.description == "192.0.2.0/24")
        #expect(IPNetwork("2001:db8::1/64")?.description == "2001:db8::/64")
        #expect(IPNetwork("::/0")?.description == "::/0")
        #expect(IPNetwork(.loopback).description == "127.0.0.1/32")
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func membershipIsEqualityOfTheFirstBits(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        for _ in 0..<500 {
            let length = random.below(33)
            let base = UInt32(truncatingIfNeeded: random.next())
            // Differs in one bit only, so that both answers are common.
            let other = base ^ (1 << UInt32(random.below(32)))
            let network = try #require(IPNetwork("\(IPAddress(ipv4: base))/\(length)"))
            let shift = UInt32(32 - length)
            #expect(network.contains(IPAddress(ipv4: other)) == (base >> shift == other >> shift))
            #expect(network.contains(IPAddress(ipv4: base)))
        }
    }
}
