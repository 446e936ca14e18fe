import Bytes
import Glibc
import Telemetry

/// A log of one test, written by the gateway's own encoder, in a directory that goes away with it.
final class LogFixture {
    let path: String
    private let directory: String

    init() {
        directory = "/tmp/gatehouse-logs-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        // SAFETY: the system reads the path during the call only.
        precondition(unsafe mkdir(directory, 0o700) == 0)
        path = "\(directory)/access.log"
    }

    deinit {
        for name in ["access.log", "access.log.1"] {
            // SAFETY: the system reads the path during the call only.
            _ = unsafe unlink("\(directory)/\(name)")
        }
        _ = unsafe rmdir(directory)
    }

    /// The second that the fixtures count from: 2026-02-01 00:00:00 UTC.
    static let start: Int64 = 1_769_904_000

    /// Adds lines for requests.
    func write(_ requests: [FixtureRequest]) throws {
        var limits = AccessLogLimits.usual
        limits.closeTime = 60_000_000_000
        let log = try AccessLog(path: path, format: .json, limits: limits)
        let sink = log.makeSink()
        var record = AccessRecord()
        for (number, request) in requests.enumerated() {
            record.reset()
            request.fill(&record)
            sink.append(record)
            // A worker drops what the lock keeps it from handing over for too long; a flush waits.
            if number % 64 == 0 { sink.flush() }
        }
        sink.flush()
        precondition(log.flushAndClose())
    }

    /// Adds bytes that no encoder would write.
    func write(raw: String) throws {
        let file = try File(appendingTo: path, mode: 0o600)
        let bytes = [UInt8](raw.utf8)
        var written = 0
        while written < bytes.count {
            written += try file.write(bytes.span.extracting(written..<bytes.count))
        }
    }

    /// Renames the log as logrotate does.
    func rotate() {
        // SAFETY: the system reads both paths during the call only.
        precondition(unsafe rename(path, path + ".1") == 0)
    }

    /// Cuts the log off in place, as `copytruncate` does.
    func cut() {
        // SAFETY: the system reads the path during the call only.
        precondition(unsafe truncate(path, 0) == 0)
    }
}

/// What one line of a fixture says.
struct FixtureRequest {
    var second: Int64 = 0
    var decision = "refuse"
    var reason: String? = "token_expired"
    var detail: String?
    var route: String? = "/orders/"
    var client = "192.0.2.7"
    var issuer: String?
    var subject: String?
    var verified: Bool? = false
    var status: Int64 = 401
    var method = "GET"
    var host = "api.test"
    var path = "/orders/1"
    var requestID = "0123456789abcdef"
    var scopesMissing: String?

    func fill(_ record: inout AccessRecord) {
        record.set(.time, number: (LogFixture.start + second) * 1_000_000_000)
        record.set(.status, number: status)
        let texts: [(RecordKey, String?)] = [
            (.requestID, requestID), (.client, client), (.method, method), (.host, host),
            (.path, path), (.route, route), (.decision, decision), (.reason, reason),
            (.detail, detail), (.issuer, issuer), (.subject, subject),
            (.scopesMissing, scopesMissing),
        ]
        for (key, text) in texts {
            guard let text else { continue }
            let bytes = [UInt8](text.utf8)
            record.set(key, bytes.span)
        }
        if let verified {
            record.set(.verified, flag: verified)
        }
    }
}
