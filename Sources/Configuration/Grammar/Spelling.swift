import Bytes

/// Guesses what a misspelt word was meant to be.
enum Spelling {
    /// The known word nearest to `word`, or `nil` where none is near enough to be meant.
    static func suggestion(for word: String, among known: some Sequence<String>) -> String? {
        let length = word.utf8.count
        guard length > 0, length <= lengthMax else { return nil }
        // A third of the letters, and one at least: `scoep` finds `scope`, `on` does not find `no`.
        let allowed = max(1, length / 3)
        var best: (word: String, distance: Int)?
        for candidate in known where candidate.utf8.count <= lengthMax {
            let limit = best.map { $0.distance - 1 } ?? allowed
            guard limit >= 0 else { break }
            if let distance = distance(word, candidate, atMost: limit) {
                best = (candidate, distance)
            }
        }
        return best?.word
    }

    /// How many letters must be changed, added, left out or swapped with their neighbour to make one
    /// word of the other, letter case ignored; `nil` beyond `limit`.
    static func distance(_ left: String, _ right: String, atMost limit: Int) -> Int? {
        // Before anything is copied: most words differ in length from most names.
        guard abs(left.utf8.count - right.utf8.count) <= limit else { return nil }
        guard left.utf8.count <= lengthMax, right.utf8.count <= lengthMax else { return nil }
        let first = left.utf8.map(lowercased)
        let second = right.utf8.map(lowercased)
        var beforeLast: [Int] = []
        var last = Array(0...second.count)
        for row in 0..<first.count {
            var current = [row + 1]
            for column in 0..<second.count {
                let change = first[row] == second[column] ? 0 : 1
                var cost = min(last[column + 1], current[column]) + 1
                cost = min(cost, last[column] + change)
                if row > 0, column > 0, first[row] == second[column - 1],
                    first[row - 1] == second[column]
                {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        let distance = last[second.count]
        return distance <= limit ? distance : nil
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        ASCII.lowercased(byte)
    }

    /// Longer words are not names that somebody mistyped.
    private static let lengthMax = 128
}
