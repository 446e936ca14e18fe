import CLinux
import EventLoop
import Glibc
import Testing

@Suite
struct IPAddressTests {
    @Test(
        arguments: [
            ("0.0.0.0", "0.0.0.0"),
            ("255.255.255.255", "255.255.255.255"),
            ("192.0.2.1", "192.0.2.1"),
            ("127.0.0.1", "127.0.0.1"),
            ("::", "::"),
            ("::1", "::1"),
            ("1::", "1::"),
            ("2001:DB8::A", "2001:db8::a"),
            ("2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"),
            ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
            ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
            ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
            ("1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("::FFFF:c000:201", "192.0.2.1"),
            ("0:0:0:0:0:ffff:7f00:1", "127.0.0.1"),
            ("::1.2.3.4", "::102:304"),
            ("::ffff:0:0", "0.0.0.0"),
            ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"),
            ("fe80::1", "fe80::1"),
        ]
    )
    func everySpellingHasOneMeaning(text: String, canonical: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == canonical)
        #expect(IPAddress(canonical) == address)
    }

    @Test(
        arguments: [
            "", " ", ":", ":::", "1", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3",
            "1.2.3.256",
            "01.2.3.4", "1.2.3.00", "1.2.3.4 ", " 1.2.3.4", "1.2.3.-4", "+1.2.3.4", "0x1.2.3.4",
            "1.2.3.4/8", "1.2.3.999999999999", "127.1", "2130706433", "::1%eth0", "fe80::1%1",
            "[::1]",
            "1::2::3", ":1", "1:", "::1:", ":1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "12345::", "::g", "::1.2.3", "::1.2.3.4.5",
            "::1.2.3.4:5", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4", "::01.2.3.4", "::ffff:1.2.3.256",
            "1:2:3:4:5:6:7:", "::\u{0}", "1.2.3.4\u{0}", "１.2.3.4",
        ]
    )
    func whatIsNoAddressIsRefused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test
    func everyCutAndEveryJunkByteIsReadAsTheSystemReadsIt() {
        let texts = [
            "192.168.255.10", "2001:db8:0:10::a:1", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8", "::",
            "1:2:3:4:5:6:77.77.77.77",
        ]
        for text in texts {
            let bytes = [UInt8](text.utf8)
            for cut in 0...bytes.count {
                Self.compare([UInt8](bytes[..<cut]))
                Self.compare([UInt8](bytes[cut...]))
                for junk in [".", ":", "0", "9", "f", "g", "/", "%", " ", "\u{7F}"] {
                    Self.compare(bytes[..<cut] + [UInt8](junk.utf8) + bytes[cut...])
                }
            }
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func randomTextsAreReadAsTheSystemReadsThem(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let pieces = [
            ":", "::", ".", "0", "1", "00", "ffff", "FFFF", "12345", "255", "256", "1.2.3.4", "a",
            "x",
            "db8",
        ]
        for _ in 0..<2_000 {
            var text: [UInt8] = []
            for _ in 0..<random.below(16) {
                text += [UInt8](pieces[random.below(pieces.count)].utf8)
                if random.below(2) == 0 {
                    text.append(UInt8(ascii: ":"))
                }
            }
            Self.compare(text)
        }
    }

    @Test(arguments: 0..<10 as Range<UInt64>)
    func everyAddressSurvivesItsText(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        for _ in 0..<2_000 {
            var bytes = InlineArray<16, UInt8>(repeating: 0)
            // Zeros are what spellings differ about.
            let zeroBits = UInt8(truncatingIfNeeded: random.next())
            for index in 0..<16 where zeroBits & 1 << (index / 2) == 0 {
                bytes[index] = random.below(3) == 0 ? 0 : UInt8(truncatingIfNeeded: random.next())
            }
            let address = IPAddress(ipv6: bytes)
            #expect(IPAddress(address.description) == address)
            let number = UInt32(truncatingIfNeeded: random.next())
            let ipv4 = IPAddress(ipv4: number)
            #expect(ipv4.isIPv4)
            #expect(IPAddress(ipv4.description) == ipv4)
            #expect(IPAddress("::ffff:\(ipv4)") == ipv4)
        }
    }

    /// Reads `text` as we do and as `inet_pton` does.
    private static func compare(_ text: [UInt8]) {
        guard !text.contains(0) else { return }
        let ours = IPAddress(text.span)
        let string = String(decoding: text, as: UTF8.self)
        var theirs: IPAddress?
        var four = in_addr()
        var six = InlineArray<16, UInt8>(repeating: 0)
        // SAFETY: both calls write one address into what they are given.
        if unsafe inet_pton(AF_INET, string, &four) == 1 {
            theirs = IPAddress(ipv4: UInt32(bigEndian: four.s_addr))
        } else {
            var span = six.mutableSpan
            let answer = unsafe span.withUnsafeMutableBufferPointer { bytes in
                unsafe inet_pton(AF_INET6, string, bytes.baseAddress)
            }
            if answer == 1 {
                theirs = IPAddress(ipv6: six)
            }
        }
        #expect(ours == theirs, "\(string)")
    }

    @Test
    func loopbackIsKnown() {
        for text in ["127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"] {
            #expect(IPAddress(text)?.isLoopback == true, "\(text)")
        }
        for text in ["126.255.255.255", "128.0.0.1", "::", "::2", "1::1", "::127.0.0.1", "0.0.0.0"]
        {
            #expect(IPAddress(text)?.isLoopback == false, "\(text)")
        }
        #expect(IPAddress("0.0.0.0")?.isUnspecified == true)
        #expect(IPAddress("::")?.isUnspecified == true)
        #expect(IPAddress.loopback.isUnspecified == false)
        #expect(IPAddress.loopback.description == "127.0.0.1")
    }

    @Test
    func budgetsAreKeptByHostAndBySubscriber() throws {
        func key(_ text: String) throws -> NetworkKey {
            try #require(IPAddress(text)).networkKey
        }
        #expect(try key("2001:db8::1") == key("2001:db8::ffff:1"))
        #expect(try key("2001:db8::1") != key("2001:db8:0:1::1"))
        #expect(try key("192.0.2.1") != key("192.0.2.2"))
        #expect(try key("192.0.2.1") == key("::ffff:192.0.2.1"))
        // The /64 of IPv4-mapped addresses is no subscriber of its own.
        #expect(try key("::1") != key("127.0.0.1"))
    }
}
