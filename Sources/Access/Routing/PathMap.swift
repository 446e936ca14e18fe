import Bytes

/// Finds the longest registered prefix of a path, on segment boundaries, in one walk over it.
///
/// A path is walked once; at each boundary the hash so far is looked up in a table of open
/// addressing. The hash is not keyed: the paths in the table are the operator's, a peer only asks.
struct PathMap: Sendable {
    private struct Entry: Sendable {
        var hash: UInt64
        /// Where the path stands in ``paths``.
        var path: Range<Int>
        var route: Int
    }

    private var slots: [Entry?]
    /// All paths, one behind the other: an entry that held its own would be counted at each look.
    private var paths: [UInt8] = []
    private let folds: Bool
    private(set) var isEmpty = true

    /// Makes a map for `count` paths, which compares letters without case where `folds` is set.
    init(count: Int, folds: Bool) {
        var size = 8
        while size < count * 4 {
            size *= 2
        }
        slots = Array(repeating: nil, count: size)
        self.folds = folds
    }

    /// Adds a path without a trailing slash; the first one added of two equal ones stays.
    mutating func insert(_ path: [UInt8], route: Int) {
        isEmpty = false
        let bytes = folds ? path.map(ASCII.lowercased) : path
        var hash = Self.seed
        for byte in bytes {
            hash = Self.mix(hash, byte)
        }
        var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while let entry = slots[index] {
            if paths[entry.path].elementsEqual(bytes) { return }
            index = (index + 1) & (slots.count - 1)
        }
        let start = paths.count
        paths += bytes
        slots[index] = Entry(hash: hash, path: start..<paths.count, route: route)
    }

    /// The route of exactly `path`.
    func exact(_ path: Span<UInt8>) -> Int? {
        guard !isEmpty else { return nil }
        var hash = Self.seed
        for index in 0..<path.count {
            hash = Self.mix(hash, fold(path[index]))
        }
        return route(hash, path, path.count)
    }

    /// The route of the longest prefix of `path` that ends where a segment ends, with its length.
    func longestPrefix(of path: Span<UInt8>) -> (route: Int, length: Int)? {
        guard !isEmpty else { return nil }
        var best: (route: Int, length: Int)?
        var hash = Self.seed
        for index in 0..<path.count {
            if path[index] == UInt8(ascii: "/"), let found = route(hash, path, index) {
                best = (found, index)
            }
            hash = Self.mix(hash, fold(path[index]))
        }
        if let found = route(hash, path, path.count) {
            best = (found, path.count)
        }
        return best
    }

    private func route(_ hash: UInt64, _ path: Span<UInt8>, _ length: Int) -> Int? {
        var index = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while let entry = slots[index] {
            if entry.hash == hash, isSame(entry.path, path.extracting(0..<length)) {
                return entry.route
            }
            index = (index + 1) & (slots.count - 1)
        }
        return nil
    }

    private func isSame(_ known: Range<Int>, _ path: Span<UInt8>) -> Bool {
        let known = paths.span.extracting(known)
        return folds ? path.isEqualIgnoringCase(to: known) : path.isEqual(to: known)
    }

    private func fold(_ byte: UInt8) -> UInt8 {
        folds ? ASCII.lowercased(byte) : byte
    }

    /// FNV-1a, 64 bits.
    private static let seed: UInt64 = 0xCBF2_9CE4_8422_2325

    private static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
}
