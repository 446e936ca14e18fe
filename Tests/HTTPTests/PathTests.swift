import Bytes
import HTTP
import Testing

/// What becomes of one path: sent and matched, or a fault.
struct PathCase: Sendable, CustomTestStringConvertible {
    let raw: String
    let sent: String
    let matched: String

    init(_ raw: String, _ sent: String, matched: String? = nil) {
        self.raw = raw
        self.sent = sent
        self.matched = matched ?? sent
    }

    var testDescription: String { raw }
}

@Suite("Canonical paths")
struct PathTests {
    private static let strict = PathOptions(mergesSlashes: false)
    private static let merging = PathOptions(mergesSlashes: true)

    private static let accepted: [PathCase] = [
        .init("/", "/"),
        .init("*", "*"),
        .init("/a", "/a"),
        .init("/a/", "/a/"),
        .init("/a/b/c", "/a/b/c"),
        .init("/A/b", "/A/b"),
        // Triplets of unreserved characters are decoded.
        .init("/%61", "/a"),
        .init("/%41%5a%7A", "/AZz"),
        .init("/%30%39", "/09"),
        .init("/%2d%5F%7e", "/-_~"),
        .init("/a%2Eb", "/a.b"),
        .init("/orders/%6F%72ders", "/orders/orders"),
        .init("/%61dmin", "/admin"),
        // All others are upper-cased and stay.
        .init("/%3a%40", "/%3A%40"),
        .init("/%3f", "/%3F"),
        .init("/a%3Bb", "/a%3Bb"),
        .init("/%23", "/%23"),
        .init("/%20", "/%20"),
        .init("/a%2bb", "/a%2Bb"),
        .init("/%22%3c%3E", "/%22%3C%3E"),
        .init("/%c3%a4", "/%C3%A4"),
        .init("/%e2%82%ac", "/%E2%82%AC"),
        .init("/%f0%9f%98%80", "/%F0%9F%98%80"),
        .init("/%f4%8f%bf%bf", "/%F4%8F%BF%BF"),
        .init("/%2f", "/%2F"),
        .init("/a%2fb", "/a%2Fb"),
        .init("/https%3A%2F%2Fb.test", "/https%3A%2F%2Fb.test"),
        // Bytes that want to be encoded are.
        .init("/a|b", "/a%7Cb"),
        .init("/[a]", "/%5Ba%5D"),
        .init("/{a}^`", "/%7Ba%7D%5E%60"),
        .init("/\"<>", "/%22%3C%3E"),
        // Sub-delimiters stand for themselves, and their triplets too.
        .init("/!$&'()*+,=:@", "/!$&'()*+,=:@"),
        .init("/%21", "/%21"),
        // Dot segments are removed.
        .init("/.", "/"),
        .init("/./", "/"),
        .init("/a/.", "/a/"),
        .init("/a/./b", "/a/b"),
        .init("/a/..", "/"),
        .init("/a/../", "/"),
        .init("/a/../b", "/b"),
        .init("/a/b/../../c", "/c"),
        .init("/a/b/..", "/a/"),
        .init("/a/b/./../c/.", "/a/c/"),
        .init("/a;x=1/../b", "/b"),
        .init("/%61/../b", "/b"),
        // Dots that are no dot segments stay.
        .init("/...", "/..."),
        .init("/.a", "/.a"),
        .init("/..a", "/..a"),
        .init("/a..", "/a.."),
        .init("/a.", "/a."),
        .init("/%2e%2e%2e", "/..."),
        .init("/.well-known/x", "/.well-known/x"),
        .init("/%2Ewell-known", "/.well-known"),
        // Percent signs.
        .init("/%25", "/%25"),
        .init("/%25/41", "/%25/41"),
        .init("/%254", "/%254"),
        .init("/%25zz", "/%25zz"),
        .init("/%25%20", "/%25%20"),
        .init("/100%25", "/100%25"),
        .init("/%25;41", "/%25;41", matched: "/%25"),
        // Parameters are sent and not matched.
        .init("/a;v=1", "/a;v=1", matched: "/a"),
        .init("/a;v=1/b;w", "/a;v=1/b;w", matched: "/a/b"),
        .init("/a;", "/a;", matched: "/a"),
        .init("/a;b;c/d", "/a;b;c/d", matched: "/a/d"),
        .init("/a/;jsessionid=1", "/a/;jsessionid=1", matched: "/a/"),
        .init("/;jsessionid=1", "/;jsessionid=1", matched: "/"),
        .init("/a;%41=%3b/b", "/a;A=%3B/b", matched: "/a/b"),
        .init("/a;..", "/a;..", matched: "/a"),
        .init("/a;x=1/b;y/../c", "/a;x=1/c", matched: "/a/c"),
    ]

    private static let refused: [(String, PathFault)] = [
        ("", .malformedPath), ("a", .malformedPath), ("a/b", .malformedPath),
        ("**", .malformedPath),
        ("?", .malformedPath), ("/a?b", .malformedPath), ("/a#b", .malformedPath),
        ("/a b", .malformedPath), ("/\t", .malformedPath), ("/\0", .malformedPath),
        ("/\u{7F}", .malformedPath), ("/\u{E4}", .malformedPath),
        // Separators in disguise.
        ("/\\", .backslash), ("/a\\b", .backslash), ("/a\\..\\b", .backslash), ("/%5C", .backslash),
        ("/a%5cb", .backslash), ("/..%5c..%5cb", .backslash), ("/%5c%2e%2e", .backslash),
        ("/a;x\\y", .backslash),
        // Controls.
        ("/%00", .encodedControl), ("/a%00.html", .encodedControl), ("/%0a", .encodedControl),
        ("/%0d%0aSet-Cookie:x", .encodedControl), ("/%09", .encodedControl),
        ("/%1f", .encodedControl), ("/%7f", .encodedControl), ("/a;%00", .encodedControl),
        // Decoded twice, another path.
        ("/%2541", .doubleEncoded), ("/%252e%252e", .doubleEncoded), ("/%252F", .doubleEncoded),
        ("/%25%34%31", .doubleEncoded), ("/%254%31", .doubleEncoded), ("/%25%341", .doubleEncoded),
        ("/%2500", .doubleEncoded), ("/%25c0%25af", .doubleEncoded), ("/a;%2541", .doubleEncoded),
        ("/%25252f", .doubleEncoded), ("/%25ff", .doubleEncoded),
        // Empty segments.
        ("//", .emptySegment), ("//a", .emptySegment), ("/a//b", .emptySegment),
        ("/a//", .emptySegment), ("///", .emptySegment), ("/a/..//b", .emptySegment),
        ("//evil.test/a", .emptySegment), ("/;x/a", .emptySegment), ("/a/;/b", .emptySegment),
        ("/a/;x=1/..", .emptySegment),
        // Dot segments that climb.
        ("/..", .climbsAboveRoot), ("/../", .climbsAboveRoot), ("/../a", .climbsAboveRoot),
        ("/a/../..", .climbsAboveRoot), ("/a/../../b", .climbsAboveRoot),
        ("/./..", .climbsAboveRoot), ("/a/b/../../../c", .climbsAboveRoot),
        // Dot segments that hide.
        ("/%2e", .hiddenDotSegment), ("/%2E%2e", .hiddenDotSegment), ("/.%2e", .hiddenDotSegment),
        ("/%2e.", .hiddenDotSegment), ("/a/%2e%2e/b", .hiddenDotSegment),
        ("/a/%2e/b", .hiddenDotSegment), ("/..;", .hiddenDotSegment),
        ("/a/..;x/b", .hiddenDotSegment), ("/a/.;x/b", .hiddenDotSegment),
        ("/a/%2e%2e;x/b", .hiddenDotSegment), ("/a/..%3bx/b", .hiddenDotSegment),
        ("/a/..%3f", .hiddenDotSegment), ("/a/..%23", .hiddenDotSegment),
        ("/a/..%2fb", .hiddenDotSegment), ("/a%2f..", .hiddenDotSegment),
        ("/a%2f..%2fb", .hiddenDotSegment), ("/a%2F.", .hiddenDotSegment),
        ("/a%2f%2e%2e%2fb", .hiddenDotSegment), ("/%2f..", .hiddenDotSegment),
        ("/a;x%2f..", .hiddenDotSegment), ("/a%2f..;x", .hiddenDotSegment),
        // Not UTF-8.
        ("/%80", .invalidUTF8), ("/%c3", .invalidUTF8), ("/%c3/%a4", .invalidUTF8),
        ("/%c3a", .invalidUTF8), ("/%c3%20", .invalidUTF8), ("/%c0%af", .invalidUTF8),
        ("/%c0%ae%c0%ae", .invalidUTF8), ("/%c1%9c", .invalidUTF8), ("/%e0%80%af", .invalidUTF8),
        ("/%e0%9f%bf", .invalidUTF8), ("/%ed%a0%80", .invalidUTF8), ("/%f0%80%80%af", .invalidUTF8),
        ("/%f4%90%80%80", .invalidUTF8), ("/%f5%80%80%80", .invalidUTF8), ("/%ff", .invalidUTF8),
        ("/%fe", .invalidUTF8), ("/%e2%82", .invalidUTF8), ("/%e4", .invalidUTF8),
        ("/%c3%", .malformedTriplet), ("/%c3%c3", .invalidUTF8),
        // Triplets that are none.
        ("/%", .malformedTriplet), ("/%4", .malformedTriplet), ("/%zz", .malformedTriplet),
        ("/%4g", .malformedTriplet), ("/%u0041", .malformedTriplet), ("/%/41", .malformedTriplet),
        ("/%+1", .malformedTriplet), ("/%%41", .malformedTriplet), ("/% 41", .malformedTriplet),
    ]

    @Test("Accepted paths have one form, and that form is its own", arguments: accepted)
    func accepts(_ example: PathCase) throws {
        var path = CanonicalPath()
        try path.assign(bytes(example.raw).span, options: Self.strict)
        #expect(path.sent.text() == example.sent)
        #expect(path.matched.text() == example.matched)
        #expect(path.hasEncodedSlash == example.sent.contains("%2F"))
        #expect(!path.hasEmptySegments)
        var again = CanonicalPath()
        try again.assign(bytes(example.sent).span, options: Self.strict)
        #expect(again.sent.text() == example.sent)
        #expect(again.matched.text() == example.matched)
        // Merging changes nothing where nothing is empty.
        try again.assign(bytes(example.raw).span, options: Self.merging)
        #expect(again.sent.text() == example.sent)
    }

    @Test("What back ends read differently is refused", arguments: refused)
    func refuses(_ raw: String, _ fault: PathFault) {
        var path = CanonicalPath()
        #expect(throws: fault) {
            try path.assign(bytes(raw).span, options: Self.strict)
        }
        #expect(path.sent.text() == "")
        #expect(path.matched.text() == "")
        #expect(!path.hasEncodedSlash)
        #expect(!path.hasEmptySegments)
    }

    @Test("There are as many cases as the product promises")
    func enough() {
        #expect(Self.refused.filter { $0.1.detail.description == "path.ambiguous" }.count >= 40)
        #expect(Self.accepted.count >= 60)
    }

    @Test(
        "Empty segments are merged where that was asked for",
        arguments: [
            PathCase("//", "/"), .init("//a", "/a"), .init("/a//b", "/a/b"), .init("/a//", "/a/"),
            .init("////", "/"), .init("/a///b//c", "/a/b/c"), .init("/a//../b", "/b"),
            .init("/a/b//..//c", "/a/c"), .init("/a//;x", "/a/;x", matched: "/a/"),
            .init("//./", "/"), .init("/.//", "/"),
        ]
    )
    func merges(_ example: PathCase) throws {
        var path = CanonicalPath()
        try path.assign(bytes(example.raw).span, options: Self.merging)
        #expect(path.sent.text() == example.sent)
        #expect(path.matched.text() == example.matched)
        #expect(path.hasEmptySegments)
    }

    @Test("Merging does not excuse climbing or parameters without a segment")
    func mergingStillRefuses() {
        var path = CanonicalPath()
        #expect(throws: PathFault.climbsAboveRoot) {
            try path.assign(bytes("//..").span, options: Self.merging)
        }
        #expect(throws: PathFault.emptySegment) {
            try path.assign(bytes("/a/;x/b").span, options: Self.merging)
        }
    }

    @Test("An encoded slash is told even where a dot segment has removed it")
    func removedEncodedSlash() throws {
        var path = CanonicalPath()
        try path.assign(bytes("/a%2Fb/../c").span, options: Self.strict)
        #expect(path.sent.text() == "/c")
        #expect(path.hasEncodedSlash)
    }

    @Test("A path is reused without a trace of the one before")
    func reuses() throws {
        var path = CanonicalPath()
        try path.assign(bytes("/a%2Fb//c;d").span, options: Self.merging)
        #expect(path.hasEncodedSlash && path.hasEmptySegments)
        try path.assign(bytes("/e").span, options: Self.merging)
        #expect(path.sent.text() == "/e")
        #expect(!path.hasEncodedSlash && !path.hasEmptySegments)
    }

    @Test("Every byte in a segment, plain and as a triplet, has one outcome and one form")
    func everyByte() {
        for byte in UInt8.min...UInt8.max {
            let digits = [ASCII.lowercaseHexDigit(byte >> 4), ASCII.lowercaseHexDigit(byte)]
            for raw in [bytes("/a") + [byte] + bytes("b"), bytes("/a%") + digits + bytes("b")] {
                var path = CanonicalPath()
                guard (try? path.assign(raw.span, options: Self.strict)) != nil else { continue }
                var again = CanonicalPath()
                #expect(throws: Never.self) {
                    try again.assign(path.sent, options: Self.strict)
                }
                #expect(again.sent.text() == path.sent.text())
                #expect(again.matched.text() == path.matched.text())
            }
        }
    }

    @Test(
        "Every fault has a detail of the closed list and an explanation",
        arguments: PathFault.allCases
    )
    func faultsAreNamed(_ fault: PathFault) {
        #expect(["path.ambiguous", "path.malformed"].contains(fault.detail.description))
        #expect(!fault.explanation.description.isEmpty)
    }
}
