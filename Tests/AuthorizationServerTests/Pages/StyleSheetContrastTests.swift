import Foundation
import Testing

@testable import AuthorizationServer

/// Contrast as WCAG 2.2 computes it, of the colours that stand in the style sheet.
struct StyleSheetContrastTests {
    /// Text on what lies below it.
    private static let textPairs = [
        ("text", "page"), ("text", "card"), ("text", "quiet"), ("text", "danger-surface"),
        ("muted", "page"), ("muted", "card"), ("accent", "card"), ("accent-strong", "card"),
        ("on-accent", "accent"), ("on-accent", "accent-strong"), ("danger", "card"),
        ("danger", "danger-surface"),
    ]
    /// The edges of fields and the ring of the focus (1.4.11).
    private static let edgePairs = [
        ("line", "card"), ("danger", "card"), ("accent", "card"), ("accent", "page"),
        ("accent", "quiet"), ("accent", "danger-surface"),
    ]

    @Test("Every text can be read, light and dark")
    func textContrast() throws {
        for colours in try Self.schemes() {
            for (front, back) in Self.textPairs {
                let ratio = try Self.contrast(front, back, colours)
                #expect(ratio >= 4.5, "\(front) on \(back): \(ratio)")
            }
            for (front, back) in Self.edgePairs {
                let ratio = try Self.contrast(front, back, colours)
                #expect(ratio >= 3, "\(front) on \(back): \(ratio)")
            }
        }
    }

    @Test("Rules use the named colours only, and all of them are defined in both schemes")
    func coloursAreNamed() throws {
        let schemes = try Self.schemes()
        let rules = try #require(
            StyleSheet.text.range(of: "*, *::before").map { StyleSheet.text[$0.lowerBound...] }
        )
        #expect(!rules.contains("#") && !rules.contains("rgb("))
        for part in rules.components(separatedBy: "var(--").dropFirst() {
            let name = String(part.prefix { $0 != ")" })
            guard name != "shadow" else { continue }
            #expect(schemes.allSatisfy { $0[name] != nil }, "\(name)")
        }
        #expect(Set(schemes[0].keys) == Set(schemes[1].keys))
    }

    @Test("It loads nothing and shows the focus")
    func loadsNothing() {
        #expect(!StyleSheet.text.contains("url(") && !StyleSheet.text.contains("@import"))
        #expect(StyleSheet.text.contains(":focus-visible { outline: 3px solid var(--accent)"))
        #expect(!StyleSheet.text.contains("outline: none"))
    }

    /// The colours of the light scheme, then of the dark one.
    private static func schemes() throws -> [[String: [Double]]] {
        let blocks = StyleSheet.text.components(separatedBy: ":root {").dropFirst()
            .map { $0.prefix { $0 != "}" } }
        try #require(blocks.count == 2)
        return blocks.map { block in
            var colours: [String: [Double]] = [:]
            for line in block.split(separator: ";") {
                let parts = line.split(separator: ":").map {
                    $0.trimmingCharacters(in: .whitespacesAndNewlines)
                }
                guard parts.count == 2, parts[0].hasPrefix("--"), parts[1].hasPrefix("#"),
                    let number = UInt32(parts[1].dropFirst(), radix: 16)
                else { continue }
                colours[String(parts[0].dropFirst(2))] = [16, 8, 0].map {
                    Double(number >> $0 & 0xFF) / 255
                }
            }
            return colours
        }
    }

    private static func contrast(
        _ front: String,
        _ back: String,
        _ colours: [String: [Double]]
    ) throws -> Double {
        let lights = [
            luminance(try #require(colours[front])), luminance(try #require(colours[back])),
        ].sorted()
        return (lights[1] + 0.05) / (lights[0] + 0.05)
    }

    private static func luminance(_ colour: [Double]) -> Double {
        let linear = colour.map { $0 <= 0.04045 ? $0 / 12.92 : pow(($0 + 0.055) / 1.055, 2.4) }
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }
}
