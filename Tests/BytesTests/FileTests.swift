import Bytes
import Glibc
import Testing

@Suite("A file")
struct FileTests {
    private let path = "/tmp/gatehouse-file-\(getpid())-\(UInt64.random(in: 0 ... .max))"

    @Test("is appended to, read from any place, and known again")
    func life() throws {
        defer {
            // SAFETY: the system reads the path during the call only.
            _ = unsafe unlink(path)
        }
        let first = [UInt8]("first ".utf8)
        let second = [UInt8]("second".utf8)
        for bytes in [first, second] {
            let file = try File(appendingTo: path, mode: 0o600)
            #expect(try file.write(bytes.span) == 6)
        }
        let file = try File(reading: path)
        var buffer = ByteBuffer(capacity: 2)
        #expect(try file.read(atMost: 4, into: &buffer) == 4)
        #expect(try file.read(atMost: 100, into: &buffer) == 8)
        #expect(try file.read(atMost: 100, into: &buffer) == 0)
        #expect(buffer.bytes.text() == "first second")
        try file.seek(to: 6)
        buffer.clear()
        #expect(try file.read(atMost: 100, into: &buffer) == 6)
        #expect(buffer.bytes.text() == "second")
        let identity = try file.identity()
        #expect(try File.identity(of: path) == identity)
        #expect(identity.size == 12)
    }

    @Test("names the reason of the system")
    func faults() throws {
        #expect(throws: FileFault(code: ENOENT)) { try File.identity(of: "/nonexistent/file") }
        do throws(FileFault) {
            _ = try File(reading: "/nonexistent/file")
            Issue.record("opened what is not there")
        } catch {
            #expect("\(error)" == "No such file or directory" && !error.isOutOfSpace)
        }
        let full = try File(appendingTo: "/dev/full", mode: 0)
        let bytes: [UInt8] = [1]
        do throws(FileFault) {
            _ = try full.write(bytes.span)
            Issue.record("wrote to a full disk")
        } catch {
            #expect(error.isOutOfSpace)
        }
    }

    @Test("is closed by its owner, and by nobody else")
    func ownership() throws {
        let opened = try File(reading: "/dev/null").release()
        do {
            let loan = File(descriptor: opened, owned: false)
            #expect(loan.descriptor == opened)
        }
        #expect(fcntl(opened, F_GETFD) >= 0)
        #expect(close(opened) == 0)
    }

    @Test("entries of a directory are counted without itself and its parent")
    func entries() {
        #expect(File.entryCount(ofDirectory: "/nonexistent") == nil)
        #expect(File.entryCount(ofDirectory: "/proc/self/fd") ?? 0 > 2)
    }
}
