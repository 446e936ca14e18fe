import Bytes
import HTTP
import Testing

@Suite("Limits of a head")
struct LimitTests {
    private static let request = "GET /abc HTTP/1.1\r\nHost: a.test\r\nA: b\r\n\r\n"

    @Test("A head of exactly the limit passes, one byte more does not, however it is cut")
    func size() {
        let input = bytes(Self.request)
        for excess in 0...input.count - 1 {
            let tight = HeadLimits(size: input.count - excess, fieldCount: 9, targetSize: 99)
            let whole = serve(input, limits: tight)
            #expect(whole.events.first?.hasPrefix("fault") == (excess > 0))
            if excess > 0, input.count - excess >= 19 {
                #expect(whole.events == ["fault headTooLarge"])
            }
            for cut in 0...input.count {
                #expect(serve(input, cutAt: [cut], limits: tight) == whole)
            }
        }
    }

    @Test("What lies beyond the limit does not change the fault")
    func beyond() {
        let tight = HeadLimits(size: 40, fieldCount: 9, targetSize: 99)
        let head = "GET / HTTP/1.1\r\nHost: a\r\nB: " + String(repeating: "c", count: 20)
        for end in ["\r\n\r\n", "\n", "\0", ""] {
            #expect(serve(bytes(head + end), limits: tight).events == ["fault headTooLarge"])
        }
    }

    @Test("A first line that does not end is a target too long")
    func endlessTarget() {
        let tight = HeadLimits(size: 64, fieldCount: 9, targetSize: 32)
        let endless = bytes("GET /" + String(repeating: "a", count: 100))
        #expect(serve(endless, limits: tight).events == ["fault targetTooLong"])
        let long = bytes("GET /" + String(repeating: "a", count: 32) + " HTTP/1.1\r\n")
        #expect(serve(long, limits: tight).events == ["fault targetTooLong"])
        let fits = bytes(
            "GET /" + String(repeating: "a", count: 31) + " HTTP/1.1\r\nHost: a\r\n\r\n"
        )
        #expect(serve(fits, limits: tight).events.last == "left  late=false")
    }

    @Test("One field more than the limit is refused")
    func fieldCount() {
        let tight = HeadLimits(size: 1000, fieldCount: 3, targetSize: 32)
        func request(_ count: Int) -> [UInt8] {
            let fields = (1..<count).map { "N\($0): v\r\n" }.joined()
            return bytes("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")
        }
        #expect(serve(request(3), limits: tight).events.last == "left  late=false")
        #expect(serve(request(4), limits: tight).events == ["fault tooManyFields"])
    }

    @Test("No limit lets a block overflow")
    func clampsFieldCount() {
        #expect(HeadLimits(size: 1, fieldCount: .max, targetSize: 1).fieldCount == 65_535)
    }

    @Test("Bytes that trickle in cost what they cost at once")
    func trickle() {
        // 64 KiB in one field, byte by byte: quadratic work would be 2 000 000 000 steps.
        let large = HeadLimits(size: 70_000, fieldCount: 9, targetSize: 32)
        var input = bytes("GET / HTTP/1.1\r\nHost: a\r\nB: ")
        input += [UInt8](repeating: 0x63, count: 65_536)
        input += bytes("\r\n\r\n")
        var machine = HTTP1ServerMachine(limits: large)
        var head = RequestHead()
        var last = HTTP1ServerMachine.Step.needsMore
        let clock = ContinuousClock()
        let spent = clock.measure {
            for end in 1...input.count {
                last =
                    (try? machine.advance(over: input.span.extracting(0..<end), head: &head))
                    ?? .needsMore
            }
        }
        #expect(last == .head(consumed: input.count))
        #expect(spent < .seconds(20))
    }
}
