import Bytes
import Telemetry

/// Reads a log line by line with bounded memory, now and as it grows.
internal struct LogLineReader: ~Copyable {
    private let file: File
    private var buffer = ByteBuffer(capacity: 2 * Self.chunkSize)
    /// How far the buffer was searched for a line feed.
    private var searchedCount = 0
    /// Whether the rest of the present line is dropped: it is too long, or began before the start.
    private var isDropping = false
    /// Lines that were longer than ``lineSizeMax``.
    internal private(set) var skippedCount = 0
    /// How many bytes of the file were read.
    internal private(set) var position: Int64 = 0

    /// Reads from the beginning.
    internal init(_ file: consuming File) {
        self.file = file
    }

    /// Moves to a place that may lie within a line, which is then left out.
    internal mutating func start(at offset: Int64) throws(FileFault) {
        guard offset > 0 else { return }
        // One byte earlier: where that is a line feed, nothing is left out.
        try file.seek(to: offset - 1)
        position = offset - 1
        isDropping = true
    }

    /// Moves to the beginning, where a search has moved it elsewhere.
    internal mutating func rewind() throws(FileFault) {
        try file.seek(to: 0)
    }

    /// Which file this is.
    internal borrowing func identity() throws(FileFault) -> FileIdentity {
        try file.identity()
    }

    /// Hands out every whole line up to the present end of the file.
    internal mutating func readToEnd(_ body: (Span<UInt8>) -> Void) throws(FileFault) {
        while true {
            let count = try file.read(atMost: Self.chunkSize, into: &buffer)
            guard count > 0 else { return }
            position += Int64(count)
            handOutLines(body)
        }
    }

    /// Hands out what stands behind the last line feed, for a file that will not grow.
    internal mutating func finish(_ body: (Span<UInt8>) -> Void) {
        if !isDropping, !buffer.isEmpty {
            body(buffer.bytes)
        }
        buffer.clear()
        searchedCount = 0
        isDropping = false
    }

    private mutating func handOutLines(_ body: (Span<UInt8>) -> Void) {
        while let end = buffer.bytes.firstIndex(of: 0x0A, from: searchedCount) {
            if isDropping {
                isDropping = false
            } else if end > Self.lineSizeMax {
                skippedCount += 1
            } else {
                body(buffer.bytes.extracting(0..<end))
            }
            buffer.consume(end + 1)
            searchedCount = 0
        }
        searchedCount = buffer.count
        if isDropping {
            buffer.clear()
            searchedCount = 0
        } else if buffer.count > Self.lineSizeMax {
            skippedCount += 1
            isDropping = true
            buffer.clear()
            searchedCount = 0
        }
    }

    /// The longest line that is read: above what ``AccessRecord`` can become.
    internal static let lineSizeMax = 64 * 1024
    private static let chunkSize = 64 * 1024
}

/// Finds the place of a moment in a log, so that a report on an hour does not read a month.
internal enum LogSearch {
    /// An offset at or before the first line of `seconds`.
    ///
    /// Workers write in batches, so that lines may stand a little before older ones: two minutes
    /// are allowed for. Where a line has no time, as in another format, the search ends early.
    internal static func offset(
        of seconds: Int64,
        in file: borrowing File
    ) throws(FileFault) -> Int64 {
        var low: Int64 = 0
        var high = try file.identity().size
        while high - low > resolution {
            let middle = low + (high - low) / 2
            guard let found = try time(behind: middle, in: file) else { break }
            if found < seconds - 120 {
                low = middle
            } else {
                high = middle
            }
        }
        return low
    }

    /// The time of the first line, or `nil` where there is none with a time.
    internal static func firstTime(in file: borrowing File) -> Int64? {
        do throws(FileFault) {
            var buffer = ByteBuffer(capacity: 2 * LogLineReader.lineSizeMax)
            while buffer.bytes.firstIndex(of: 0x0A) == nil,
                buffer.count < LogLineReader.lineSizeMax,
                try file.read(atMost: LogLineReader.lineSizeMax, into: &buffer) > 0
            {}
            guard let end = buffer.bytes.firstIndex(of: 0x0A) else { return nil }
            return time(of: buffer.bytes.extracting(0..<end))
        } catch {
            return nil
        }
    }

    /// The time of the first whole line behind an offset.
    private static func time(
        behind offset: Int64,
        in file: borrowing File
    ) throws(FileFault) -> Int64? {
        try file.seek(to: offset)
        var buffer = ByteBuffer(capacity: 2 * LogLineReader.lineSizeMax)
        while buffer.count < 2 * LogLineReader.lineSizeMax,
            try file.read(atMost: 2 * LogLineReader.lineSizeMax - buffer.count, into: &buffer) > 0
        {}
        guard let start = buffer.bytes.firstIndex(of: 0x0A),
            let end = buffer.bytes.firstIndex(of: 0x0A, from: start + 1)
        else { return nil }
        return time(of: buffer.bytes.extracting(start + 1..<end))
    }

    private static func time(of line: Span<UInt8>) -> Int64? {
        var fields = LogLine()
        guard fields.read(line) else { return nil }
        return fields.seconds(of: line)
    }

    /// Less than this is read from its beginning.
    private static let resolution: Int64 = 512 * 1024
}
