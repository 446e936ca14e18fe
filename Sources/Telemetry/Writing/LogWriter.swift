import Bytes
import Synchronization

/// The one thread that writes a log: it may wait for the disk, the workers may not.
internal struct LogWriter: ~Copyable {
    private let queue: BatchQueue
    private let path: String?
    private var file: File
    /// Whether the last byte written was not a line feed, because the disk filled up within a line.
    private var isWithinLine = false

    internal init(queue: BatchQueue, path: String?, file: consuming File) {
        self.queue = queue
        self.path = path
        self.file = file
    }

    /// Writes until it is told to end.
    internal mutating func run() {
        while true {
            let work = queue.waitForWork()
            for batch in work.batches {
                write(batch)
                queue.recycle(batch.bytes)
            }
            if work.isReopening {
                reopen()
            }
            if work.isEnding {
                return
            }
        }
    }

    /// Writes a batch; what the system does not take is dropped and counted by lines.
    private mutating func write(_ batch: Batch) {
        do throws(FileFault) {
            if isWithinLine {
                // A cut line is ended before the next begins, so that only one is spoilt.
                _ = try file.write([UInt8(ascii: "\n")].span)
                isWithinLine = false
            }
        } catch {
            drop(batch.bytes.span)
            return
        }
        var written = 0
        while written < batch.bytes.count {
            do throws(FileFault) {
                let rest = batch.bytes.span.extracting(written..<batch.bytes.count)
                written += try file.write(rest)
            } catch {
                isWithinLine = written > 0 && batch.bytes[written - 1] != UInt8(ascii: "\n")
                let rest = batch.bytes.span.extracting(written..<batch.bytes.count)
                let lost = drop(rest)
                queue.writtenLineCount.add(UInt64(batch.lineCount - lost), ordering: .relaxed)
                return
            }
        }
        queue.writtenLineCount.add(UInt64(batch.lineCount), ordering: .relaxed)
    }

    @discardableResult
    private func drop(_ rest: Span<UInt8>) -> Int {
        var count = 0
        for index in 0..<rest.count where rest[index] == UInt8(ascii: "\n") {
            count += 1
        }
        queue.countDropped(count)
        queue.failedWriteCount.add(1, ordering: .relaxed)
        return count
    }

    /// Opens the path anew; a path that cannot be opened keeps the old file and is counted.
    private mutating func reopen() {
        guard let path else { return }
        do throws(FileFault) {
            file = try File(appendingTo: path, mode: AccessLog.fileMode)
            isWithinLine = false
        } catch {
            queue.failedReopenCount.add(1, ordering: .relaxed)
        }
    }
}
