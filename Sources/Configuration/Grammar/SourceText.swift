/// One file of a conf, as it was read.
struct SourceFile: Sendable {
    /// The path as the user knows it: what diagnostics show.
    let shownPath: String
    /// The same file from the root: what relative paths in it begin at.
    let absolutePath: String
    /// All of it.
    let bytes: [UInt8]
    /// Whether everyone on the machine may read it, which a literal secret must not allow.
    let isWorldReadable: Bool
}

/// A run of bytes in one of the files of a conf.
struct SourceSpan: Hashable, Sendable {
    /// The place of the file in the order of reading.
    var file: Int
    /// The first byte.
    var start: Int
    /// The byte after the last.
    var end: Int

    /// From the start of this span to the end of `other`, where both are in one file.
    func joined(to other: SourceSpan) -> SourceSpan {
        guard file == other.file, other.end > start else { return self }
        return SourceSpan(file: file, start: start, end: other.end)
    }
}

/// A place as people count it.
struct SourceLocation {
    /// From one.
    var line: Int
    /// From one, in characters of the line as it is shown.
    var column: Int
    /// How many characters are meant, within the line; zero for a place between two.
    var length: Int
    /// The line, fit to be shown: no control characters, no secrets, no more than a screen is wide.
    var excerpt: String
    /// How many characters of the excerpt stand before the place.
    var excerptOffset: Int
}

/// Finds lines and columns in one file.
struct SourceLines {
    private let bytes: [UInt8]
    private let starts: [Int]
    private let masked: [SourceSpan]

    /// Reads the line starts of `file`; the spans in `masked` are shown by no excerpt.
    init(of file: SourceFile, masked: [SourceSpan]) {
        bytes = file.bytes
        self.masked = masked
        var starts = [0]
        for (index, byte) in file.bytes.enumerated() where byte == 0x0A {
            starts.append(index + 1)
        }
        self.starts = starts
    }

    /// The place of `span`.
    func location(of span: SourceSpan) -> SourceLocation {
        let offset = min(span.start, bytes.count)
        let line = lineIndex(of: offset)
        let first = starts[line]
        let last = line + 1 < starts.count ? starts[line + 1] - 1 : bytes.count
        let end = max(offset, min(span.end, last))
        let column = characterCount(in: first..<min(offset, max(first, last)))
        let length = characterCount(in: min(offset, last)..<end)
        let shown = window(of: first..<last, around: min(offset, last))
        return SourceLocation(
            line: line + 1,
            column: column + 1,
            length: length,
            excerpt: excerpt(of: shown),
            excerptOffset: characterCount(in: shown.lowerBound..<min(offset, last))
        )
    }

    /// All of a line, or of a long one the part that `offset` is in.
    private func window(of range: Range<Int>, around offset: Int) -> Range<Int> {
        guard range.count > Self.widthMax else { return range }
        var first = max(range.lowerBound, offset - Self.widthMax / 4)
        while first > range.lowerBound, bytes[first] & 0xC0 == 0x80 {
            first -= 1
        }
        var last = min(range.upperBound, first + Self.widthMax)
        while last < range.upperBound, bytes[last] & 0xC0 == 0x80, last > offset {
            last -= 1
        }
        return first..<max(last, offset)
    }

    private func lineIndex(of offset: Int) -> Int {
        var low = 0
        var high = starts.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if starts[middle] <= offset {
                low = middle
            } else {
                high = middle - 1
            }
        }
        return low
    }

    /// Every byte that does not continue a UTF-8 sequence begins a character.
    private func characterCount(in range: Range<Int>) -> Int {
        var count = 0
        for index in range where bytes[index] & 0xC0 != 0x80 {
            count += 1
        }
        return count
    }

    private func excerpt(of range: Range<Int>) -> String {
        var line = Array(bytes[range])
        for span in masked where span.start < range.upperBound && span.end > range.lowerBound {
            let from = max(span.start, range.lowerBound) - range.lowerBound
            let to = min(span.end, range.upperBound) - range.lowerBound
            for index in from..<to {
                line[index] = UInt8(ascii: "*")
            }
        }
        while line.last == 0x0D || line.last == 0x20 {
            line.removeLast()
        }
        for index in line.indices where line[index] < 0x20 || line[index] == 0x7F {
            line[index] = line[index] == 0x09 ? 0x20 : UInt8(ascii: "?")
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// As wide as a wide terminal.
    private static let widthMax = 160
}
