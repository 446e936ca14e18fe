import Bytes

extension IPAddress {
    /// The address as RFC 5952 spells it, IPv4 with dots, without brackets.
    public var description: String { text.span.text() }

    /// What ``description`` says, as bytes.
    ///
    /// Made anew each time: a connection keeps its peer's.
    public var text: [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(Self.textSizeMax)
        appendText(to: &text)
        return text
    }

    /// Eight groups of four digits with seven colons between.
    private static let textSizeMax = 39

    /// Appends what ``description`` says.
    public func appendText(to text: inout [UInt8]) {
        guard !isIPv4 else {
            for shift: UInt64 in [24, 16, 8, 0] {
                Self.appendDecimal(UInt16(low >> shift & 0xFF), to: &text)
                if shift > 0 {
                    text.append(UInt8(ascii: "."))
                }
            }
            return
        }
        let gap = longestZeroRun()
        var place = 0
        while place < 8 {
            if place == gap.start {
                text.append("::")
                place += gap.count
                continue
            }
            if place > 0, place != gap.start + gap.count {
                text.append(UInt8(ascii: ":"))
            }
            appendHex(group(place), to: &text)
            place += 1
        }
    }

    /// Appends `number` in decimal digits.
    static func appendDecimal(_ number: UInt16, to text: inout [UInt8]) {
        var divisor: UInt16 = 10_000
        while divisor > 1, number < divisor {
            divisor /= 10
        }
        while divisor > 0 {
            text.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }

    private func appendHex(_ group: UInt16, to text: inout [UInt8]) {
        var shift: UInt16 = 12
        while shift > 0, group >> shift == 0 {
            shift -= 4
        }
        while true {
            text.append(ASCII.lowercaseHexDigit(UInt8(truncatingIfNeeded: group >> shift)))
            guard shift > 0 else { return }
            shift -= 4
        }
    }

    private func group(_ place: Int) -> UInt16 {
        let half = place < 4 ? high : low
        return UInt16(truncatingIfNeeded: half >> UInt64((3 - place % 4) * 16))
    }

    /// The first of the longest runs of at least two zero groups; one that starts nowhere when
    /// there is none.
    private func longestZeroRun() -> (start: Int, count: Int) {
        var longest = (start: -9, count: 1)
        var run = 0
        for place in 0..<8 {
            run = group(place) == 0 ? run + 1 : 0
            if run > longest.count {
                longest = (start: place - run + 1, count: run)
            }
        }
        return longest
    }
}
