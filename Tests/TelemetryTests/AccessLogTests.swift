import Bytes
import Dispatch
import Glibc
import Telemetry
import Testing

@Suite("An access log")
struct AccessLogTests {
    @Test("keeps the order of each worker, and loses no line", .timeLimit(.minutes(1)))
    func workers() async throws {
        let directory = TemporaryDirectory()
        let path = directory.file("log")
        let limits = AccessLogLimits(
            batchSize: 512,
            batchAge: 1,
            waitingSize: 64 * 1024 * 1024,
            closeTime: 60_000_000_000
        )
        let log = try AccessLog(path: path, format: .json, limits: limits)
        await withTaskGroup { group in
            for worker in 0..<4 {
                group.addTask {
                    let sink = log.makeSink()
                    var record = AccessRecord()
                    for number in 0..<5000 {
                        record.reset()
                        record.set(.client, text: "w\(worker)")
                        record.set(.bytesSent, number: Int64(number))
                        sink.append(record)
                        sink.turnEnded(nowNanoseconds: Int64(number))
                    }
                    sink.flush()
                }
            }
        }
        #expect(log.flushAndClose())
        var next = [Int](repeating: 0, count: 4)
        for line in try lines(of: path) {
            let fields = try StrictJSON.fields(of: line)
            guard case .text(let name) = fields[0].value, let worker = Int(name.dropFirst()),
                case .number(let number) = fields[1].value
            else {
                Issue.record("not a line of ours")
                continue
            }
            // What a lagging lock dropped leaves a gap, never a disorder.
            #expect(Int(number) ?? -1 >= next[worker])
            next[worker] = (Int(number) ?? 0) + 1
        }
        #expect(log.writtenLineCount + log.droppedLineCount == 20_000)
        #expect(try lines(of: path).count == Int(log.writtenLineCount))
    }

    @Test("loses nothing of what is flushed, however many do so at once", .timeLimit(.minutes(1)))
    func flushes() async throws {
        let directory = TemporaryDirectory()
        let path = directory.file("log")
        let log = try AccessLog(path: path, format: .json, limits: .patient)
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask {
                    let sink = log.makeSink()
                    for _ in 0..<2000 {
                        sink.append(AccessRecord())
                        sink.flush()
                    }
                }
            }
        }
        #expect(log.flushAndClose())
        #expect(log.writtenLineCount == 8000 && log.droppedLineCount == 0)
    }

    @Test("hands a batch over at its size, or at its age")
    func thresholds() throws {
        let directory = TemporaryDirectory()
        let limits = AccessLogLimits(
            batchSize: 1000,
            batchAge: 100,
            waitingSize: 100_000,
            closeTime: 60_000_000_000
        )
        let log = try AccessLog(path: directory.file("log"), format: .json, limits: limits)
        let sink = log.makeSink()
        var record = AccessRecord()
        record.set(.path, text: "/a")
        #expect(sink.dueNanoseconds == nil)
        sink.turnEnded(nowNanoseconds: 5)
        #expect(sink.dueNanoseconds == nil)
        sink.append(record)
        sink.turnEnded(nowNanoseconds: 10)
        #expect(sink.dueNanoseconds == 110)
        sink.turnEnded(nowNanoseconds: 109)
        #expect(sink.dueNanoseconds == 110)
        while sink.dueNanoseconds != nil {
            // The writer may hold the lock for an instant; then the batch goes a turn later.
            sink.turnEnded(nowNanoseconds: 110)
        }
        let size = [UInt8](repeating: 0x61, count: 300)
        record.set(.path, size.span)
        for _ in 0..<3 {
            sink.append(record)
        }
        sink.turnEnded(nowNanoseconds: 200)
        #expect(sink.dueNanoseconds == 300)
        sink.append(record)
        sink.turnEnded(nowNanoseconds: 299)
        while sink.dueNanoseconds != nil {
            sink.turnEnded(nowNanoseconds: 300)
        }
        #expect(log.flushAndClose())
        #expect(try lines(of: directory.file("log")).count == 5)
    }

    @Test("follows a rename: what was written before stays in the old file")
    func reopens() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("log")
        let log = try AccessLog(path: path, format: .json, limits: .patient)
        let sink = log.makeSink()
        var record = AccessRecord()
        record.set(.path, text: "/before")
        sink.append(record)
        sink.flush()
        waitUntil { log.writtenLineCount == 1 }
        // SAFETY: the system reads both paths during the call only.
        #expect(unsafe rename(path, path + ".1") == 0)
        record.set(.path, text: "/between")
        sink.append(record)
        sink.flush()
        waitUntil { log.writtenLineCount == 2 }
        log.reopen()
        waitUntil { (try? File.identity(of: path)) != nil }
        record.set(.path, text: "/after")
        sink.append(record)
        sink.flush()
        #expect(log.flushAndClose())
        #expect(
            try lines(of: path + ".1").map(text)
                == [#"{"path":"/before"}"#, #"{"path":"/between"}"#]
        )
        #expect(try lines(of: path).map(text) == [#"{"path":"/after"}"#])
        #expect(log.failedReopenCount == 0)
    }

    @Test("keeps the old file when the path cannot be opened anew")
    func reopenFails() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("log")
        let log = try AccessLog(path: path, format: .json, limits: .patient)
        // SAFETY: the system reads the paths during the calls only.
        #expect(unsafe rename(path, path + ".1") == 0)
        #expect(unsafe mkdir(path, 0o700) == 0)
        log.reopen()
        waitUntil { log.failedReopenCount == 1 }
        let sink = log.makeSink()
        var record = AccessRecord()
        record.set(.path, text: "/kept")
        sink.append(record)
        sink.flush()
        #expect(log.flushAndClose())
        #expect(try lines(of: path + ".1").map(text) == [#"{"path":"/kept"}"#])
        #expect(unsafe rmdir(path) == 0)
    }

    @Test("says at the start why it cannot be written")
    func openFails() {
        let missing = "/nonexistent/gatehouse/access.log"
        #expect(
            throws: TelemetryFault.logNotOpened(path: missing, FileFault(code: ENOENT)),
            performing: { try AccessLog(path: missing, format: .json) }
        )
        let fault = TelemetryFault.logNotOpened(path: missing, FileFault(code: ENOENT))
        #expect("\(fault)" == "cannot open the log \(missing): No such file or directory")
    }

    @Test("drops and counts what a full disk does not take")
    func fullDisk() throws {
        let log = try AccessLog(path: "/dev/full", format: .json, limits: .patient)
        let sink = log.makeSink()
        let record = AccessRecord()
        for _ in 0..<10 {
            sink.append(record)
        }
        sink.flush()
        #expect(log.flushAndClose())
        #expect(log.droppedLineCount == 10)
        #expect(log.writtenLineCount == 0)
        #expect(log.failedWriteCount == 1)
    }

    @Test("ends a line that the disk cut before it begins the next")
    func cutLine() throws {
        // A file of tmpfs may end just short of 2^63 bytes: the system takes what still fits.
        let directory = TemporaryDirectory(in: "/dev/shm")
        let path = directory.file("log")
        let file = try File(appendingTo: path, mode: 0o600)
        let log = AccessLog(descriptor: file.descriptor, format: .json, limits: .patient)
        // SAFETY: the system reads the path during the call only.
        #expect(unsafe truncate(path, off_t.max - 25) == 0)
        let sink = log.makeSink()
        var record = AccessRecord()
        record.set(.path, text: "/1234")
        for _ in 0..<3 {
            sink.append(record)
        }
        sink.flush()
        waitUntil { log.failedWriteCount == 1 }
        #expect(log.writtenLineCount == 1)
        #expect(log.droppedLineCount == 2)
        #expect(unsafe truncate(path, 0) == 0)
        try file.seek(to: 0)
        sink.append(record)
        sink.flush()
        #expect(log.flushAndClose())
        #expect(try text(contents(of: path)) == "\n{\"path\":\"/1234\"}\n")
    }

    @Test("never waits for a reader that does not read", .timeLimit(.minutes(1)))
    func stuckPipe() throws {
        var ends: [Int32] = [0, 0]
        // SAFETY: the system fills the two numbers of the array.
        #expect(unsafe pipe(&ends) == 0)
        for end in ends {
            #expect(fcntl(end, F_SETFL, O_NONBLOCK) == 0)
        }
        let limits = AccessLogLimits(
            batchSize: 32 * 1024,
            batchAge: 1,
            waitingSize: 256 * 1024,
            closeTime: 50_000_000
        )
        let log = AccessLog(descriptor: ends[1], format: .json, limits: limits)
        let sink = log.makeSink()
        var record = AccessRecord()
        let long = [UInt8](repeating: 0x61, count: 1000)
        record.set(.path, long.span)
        for _ in 0..<5000 {
            sink.append(record)
        }
        sink.flush()
        #expect(!log.flushAndClose())
        // 5 MB offered; the pipe and the queue hold less than a tenth of it.
        #expect(log.droppedLineCount > 4000)
        // Once it reads again, all that was accepted arrives.
        let reader = File(descriptor: ends[0], owned: true)
        var received = ByteBuffer(capacity: 64 * 1024)
        var count = 0
        while log.writtenLineCount + log.droppedLineCount < 5000 {
            do throws(FileFault) {
                count += try reader.read(atMost: 64 * 1024, into: &received)
                received.clear()
            } catch {
                #expect(error.code == EAGAIN)
                sched_yield()
            }
        }
        #expect(count > 0)
        close(ends[1])
    }

    @Test("writes to a descriptor of someone else, and leaves it open")
    func descriptor() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("log")
        let file = try File(appendingTo: path, mode: 0o600)
        let log = AccessLog(descriptor: file.descriptor, format: .combined, limits: .patient)
        let sink = log.makeSink()
        sink.append(AccessRecord())
        sink.flush()
        log.reopen()
        #expect(log.flushAndClose())
        #expect(log.flushAndClose())
        let tail = [UInt8]("end\n".utf8)
        #expect(try file.write(tail.span) == 4)
        #expect(try lines(of: path).count == 2)
    }

    @Test("writes what its sinks hold even when everyone else has let go of it")
    func lettingGo() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("log")
        var log: AccessLog? = try AccessLog(path: path, format: .json, limits: .patient)
        var sink = log?.makeSink()
        log = nil
        sink?.append(AccessRecord())
        sink = nil
        waitUntil { (try? contents(of: path)) == [UInt8]("{}\n".utf8) }
        #expect(try lines(of: path).count == 1)
    }

    @Test("drops what comes after the end")
    func afterTheEnd() throws {
        let directory = TemporaryDirectory()
        let log = try AccessLog(path: directory.file("log"), format: .json, limits: .patient)
        let sink = log.makeSink()
        #expect(log.flushAndClose())
        sink.append(AccessRecord())
        sink.flush()
        #expect(log.droppedLineCount == 1)
    }

    /// Waits for another thread, by yielding; the time limit of the run bounds it.
    private func waitUntil(_ condition: () -> Bool) {
        while !condition() {
            sched_yield()
        }
    }
}
