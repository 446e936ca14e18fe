import Glibc
import Testing

@testable import EventLoop

@Suite
struct MailboxTests {
    @Test
    func aFullBoxRefuses() {
        let box = Mailbox<Int>(limit: 2, wakeUp: WakeUp())
        #expect(box.post(1) && box.post(2))
        #expect(!box.post(3))
        var taken: [Int] = []
        box.takeAll(into: &taken)
        #expect(taken == [1, 2])
        #expect(box.post(4))
        box.takeAll(into: &taken)
        #expect(taken == [1, 2, 4])
    }

    @Test
    func onlyTheFirstMessageWakes() {
        let wakeUp = WakeUp()
        let box = Mailbox<Int>(limit: 10, wakeUp: wakeUp)
        #expect(!wakeUp.isSignalled)
        #expect(box.post(1))
        #expect(wakeUp.takeSignal())
        #expect(box.bell.takeRing())
        #expect(box.post(2))
        #expect(!wakeUp.isSignalled)
        var taken: [Int] = []
        box.takeAll(into: &taken)
        #expect(box.post(3))
        #expect(wakeUp.isSignalled)
    }

    @Test
    func aClosedBoxRefusesAndItsReceiverIsLetGo() throws {
        let kernel = ScriptedKernel()
        let loop = try EventLoop(kernel: kernel)
        var receiver: Recorder? = Recorder()
        weak let witness = receiver
        let box: Mailbox<Int> = try loop.makeMailbox(limit: 4, receiver: try #require(receiver))
        receiver = nil
        #expect(box.post(1))
        box.close()
        #expect(!box.post(2))
        #expect(witness != nil)
        loop.runTurn(waitingAtMost: nil)
        #expect(witness == nil)
        var taken: [Int] = []
        box.takeAll(into: &taken)
        #expect(taken == [1])
    }

    @Test
    func aBoxMadeWhileMailIsDeliveredWorks() throws {
        let kernel = ScriptedKernel()
        let loop = try EventLoop(kernel: kernel)
        let receiver = Recorder()
        let inner = Recorder()
        let box: Mailbox<Int> = try loop.makeMailbox(limit: 4, receiver: receiver)
        var innerBox: Mailbox<String>?
        receiver.whenMail = { innerBox = try? loop.makeMailbox(limit: 1, receiver: inner) }
        #expect(box.post(1))
        loop.runTurn(waitingAtMost: nil)
        #expect(innerBox?.post("hello") == true)
        loop.runTurn(waitingAtMost: nil)
        #expect(receiver.entries == [.mail])
        #expect(inner.entries == [.mail])
    }

    @Test
    func thereAreAtMostSixtyFourBoxes() throws {
        let loop = try EventLoop(kernel: ScriptedKernel())
        for _ in 0..<64 {
            let _: Mailbox<Int> = try loop.makeMailbox(limit: 1, receiver: Recorder())
        }
        #expect(throws: SystemFault.self) {
            let _: Mailbox<Int> = try loop.makeMailbox(limit: 1, receiver: Recorder())
        }
    }

    @Test
    func everythingThatManyThreadsPostArrivesInTheOrderOfEach() throws {
        let senderCount = 8
        let messageCount = 5_000
        let loop = try EventLoop(kernel: LinuxKernel())
        let receiver = Tally(loop: loop, senderCount: senderCount, messageCount: messageCount)
        let box: Mailbox<Letter> = try loop.makeMailbox(limit: 100, receiver: receiver)
        receiver.box = box
        let senders = try (0..<senderCount).map { sender in
            try startThread(name: "sender \(sender)") {
                for number in 0..<messageCount {
                    // A full box is refilled as soon as the loop has emptied it.
                    while !box.post(Letter(sender: sender, number: number)), !box.bell.isClosed {
                        sched_yield()
                    }
                }
            }
        }
        let watchman = Watchman(loop: loop)
        watchman.begin()
        loop.run()
        #expect(!watchman.hasStopped)
        box.close()
        for sender in senders {
            sender.join()
        }
        #expect(receiver.next == [Int](repeating: messageCount, count: senderCount))
        #expect(receiver.faults == 0)
    }
}

private struct Letter: Sendable {
    let sender: Int
    let number: Int
}

/// One who counts what arrives, and stops the loop when it is all there.
private final class Tally: MailReceiver {
    var box: Mailbox<Letter>?
    var next: [Int]
    var faults = 0
    private let loop: EventLoop
    private let total: Int
    private var count = 0
    private var letters: [Letter] = []

    init(loop: EventLoop, senderCount: Int, messageCount: Int) {
        self.loop = loop
        next = [Int](repeating: 0, count: senderCount)
        total = senderCount * messageCount
    }

    func mailArrived() {
        box?.takeAll(into: &letters)
        for letter in letters {
            faults += next[letter.sender] == letter.number ? 0 : 1
            next[letter.sender] = letter.number + 1
        }
        count += letters.count
        letters.removeAll(keepingCapacity: true)
        if count == total {
            loop.stop()
        }
    }
}
