import CLinux
import Glibc
import Testing

@testable import EventLoop

@Suite
struct SocketActivationTests {
    @Test
    func descriptorsMeantForUsAreTaken() {
        #expect(
            SocketActivation.descriptors(count: "2", processID: "77", ownProcessID: 77) == 3..<5
        )
        #expect(SocketActivation.descriptors(count: "0", processID: "77", ownProcessID: 77).isEmpty)
    }

    @Test(
        arguments: [
            (nil, "77"), ("1", nil), ("1", "78"), ("1", "077 "), ("-1", "77"), ("1001", "77"),
            ("4294967299", "77"), ("99999999999999999999999", "77"), ("x", "77"), ("", "77"),
            ("1", ""), ("+1", "77"), ("1", "4294967373"),
        ] as [(String?, String?)]
    )
    func othersAreLeftAlone(count: String?, processID: String?) {
        let range = SocketActivation.descriptors(
            count: count,
            processID: processID,
            ownProcessID: 77
        )
        #expect(range.isEmpty)
    }

    @Test
    func nothingIsInheritedByATest() {
        #expect(SocketActivation.listeners().isEmpty)
    }

    @Test
    func whatIsNoListenerIsNotAdopted() throws {
        let kernel = try LinuxKernel()
        let pair = try ConnectedPair(kernel)
        #expect(SocketActivation.adopt(pair.near.descriptor) == nil)
        #expect(SocketActivation.adopt(-1) == nil)
        #expect(SocketActivation.adopt(0) == nil)
        let listener = try ConnectedPair.listener(kernel, on: "[::1]:0")
        let adopted = try #require(SocketActivation.adopt(listener.descriptor))
        #expect(adopted.address == kernel.localAddress(listener.descriptor))
    }
}

@Suite
struct SystemNotificationTests {
    @Test
    func theManagerReadsWhatWasSent() throws {
        try ScratchDirectory.with { directory in
            let manager = try Manager(path: directory + "/notify")
            #expect(SystemNotification.send("READY=1", to: manager.path))
            #expect(manager.receive() == "READY=1")
        }
    }

    @Test
    func theManagerMayHaveAnAbstractName() throws {
        let manager = try Manager(path: "@gatehouse-test-\(getpid())")
        #expect(SystemNotification.send("STOPPING=1", to: manager.path))
        #expect(manager.receive() == "STOPPING=1")
    }

    @Test(arguments: ["", "/", "@", "relative", "vsock:2:1", "/nobody/listens/here"])
    func whereNobodyListensNothingHappens(path: String) {
        #expect(!SystemNotification.send("READY=1", to: path))
    }

    @Test
    func aPathThatDoesNotFitIsRefused() {
        #expect(!SystemNotification.send("A=1", to: "/" + String(repeating: "x", count: 107)))
        #expect(!SystemNotification.send("A=1", to: "@" + String(repeating: "x", count: 5_000)))
    }

    @Test
    func withoutAManagerNothingIsSent() {
        #expect(!SystemNotification.sendReady())
        #expect(SystemNotification.watchdogInterval() == nil)
    }
}

/// A service manager's end of the notification socket.
private struct Manager: ~Copyable {
    let path: String
    private let descriptor: Int32

    init(path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = [UInt8](path.utf8)
        // SAFETY: the path is shorter than the field, and the length passed covers what was written.
        let answer = unsafe withUnsafeMutableBytes(of: &address) { raw in
            for (index, byte) in bytes.enumerated() {
                unsafe raw[2 + index] = byte == UInt8(ascii: "@") && index == 0 ? 0 : byte
            }
            let length = socklen_t(2 + bytes.count + (bytes.first == UInt8(ascii: "@") ? 0 : 1))
            return unsafe bind(
                descriptor,
                raw.baseAddress?.assumingMemoryBound(to: sockaddr.self),
                length
            )
        }
        try #require(answer == 0)
    }

    deinit {
        close(descriptor)
    }

    func receive() -> String {
        var bytes = [UInt8](repeating: 0, count: 1_000)
        // SAFETY: the call writes at most as many bytes as there are.
        let count = unsafe recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}

@Suite
struct SignalSourceTests {
    @Test
    func signalsArriveAsValues() throws {
        try inThreadOfItsOwn {
            let source = try SignalSource()
            var seen: Set<Signal> = []
            for signal in Signal.allCases {
                // To this thread only: the others of the test run do not block it.
                pthread_kill(pthread_self(), signal.number)
                seen.insert(source.waitForSignal())
            }
            return seen == Set(Signal.allCases)
        }
    }

    @Test
    func aWaitEndsWithItsTime() throws {
        try inThreadOfItsOwn {
            let source = try SignalSource()
            return source.wait(atMost: .zero) == nil
                && source.wait(atMost: Timeout(.milliseconds(2))) == nil
        }
    }

    @Test
    func anotherThreadMayEndTheWait() throws {
        try inThreadOfItsOwn {
            let source = try SignalSource()
            let wakeUp = try WakeUp.make()
            let other = try startThread(name: "other") { wakeUp.signal() }
            let signal = source.wait(atMost: nil, wakeUp: wakeUp)
            other.join()
            return signal == nil && wakeUp.takeSignal()
        }
    }

    @Test
    func brokenPipesAreIgnored() throws {
        try inThreadOfItsOwn {
            let source = try SignalSource()
            pthread_kill(pthread_self(), SIGPIPE)
            return source.wait(atMost: .zero) == nil
        }
    }

    @Test
    func numbersAreTheSystems() {
        #expect(Signal.allCases.map(\.number) == [SIGHUP, SIGINT, SIGTERM, SIGUSR1])
        #expect(Signal(number: SIGKILL) == nil)
        #expect(Signal(number: SIGHUP) == .hangUp)
    }

    /// Runs a check in a thread whose blocked signals are nobody else's.
    private func inThreadOfItsOwn(_ check: @escaping @Sendable () throws -> Bool) throws {
        let result = Mailbox<Bool>(limit: 1, wakeUp: WakeUp())
        let thread = try startThread(name: "signals") {
            _ = result.post((try? check()) == true)
        }
        thread.join()
        var results: [Bool] = []
        result.takeAll(into: &results)
        #expect(results == [true])
    }
}

@Suite
struct ThreadTests {
    @Test
    func aThreadHasItsNameAndItsProcessor() throws {
        let processor = try #require(Processors.allowed().last)
        let result = Mailbox<String>(limit: 2, wakeUp: WakeUp())
        let thread = try startThread(name: "a name that is too long", processor: processor) {
            let name = (try? FileSystem.read(path: "/proc/thread-self/comm", limit: 64)) ?? []
            _ = result.post(String(decoding: name.dropLast(), as: UTF8.self))
            _ = result.post("\(Processors.allowed())")
        }
        thread.join()
        thread.join()
        var results: [String] = []
        result.takeAll(into: &results)
        #expect(results == ["a name that is ", "[\(processor)]"])
    }

    @Test
    func aProcessorThatIsNotOursIsIgnored() throws {
        let result = Mailbox<Bool>(limit: 2, wakeUp: WakeUp())
        for processor in [-1, 100_000] {
            try startThread(name: "x", processor: processor) { _ = result.post(true) }.join()
        }
        var results: [Bool] = []
        result.takeAll(into: &results)
        #expect(results == [true, true])
    }
}
