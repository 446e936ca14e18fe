import Testing

/// Makes sure that the alarm rings: what the other tests search for is found where it is code, and
/// nowhere else.
struct SwiftWordsTests {
    @Test("Comments and strings hold no code")
    func commentsAndStringsAreSkipped() {
        let words = SwiftWords(
            """
            // unsafe one
            let a = "unsafe \\(b("unsafe")) two" /* unsafe /* nested */ three */
            let c = #"unsafe " \\(four)"# + \"\"\"
                unsafe "five"
                \"\"\"
            unsafe d()
            """
        )
        #expect(words.lines(of: "unsafe") == [6])
        #expect(words.lines(of: "d") == [6])
        #expect(words.lines(of: "c") == [3])
    }

    @Test(
        "A forced value is seen, a negation is not",
        arguments: [
            ("let a = b!", true), ("try! c()", true), ("d as! E", true), ("f()![0]", true),
            ("var g: H!", true), ("let i = j[0]!", true), ("if !k { }", false), ("l != m", false),
            ("#if !os(n)", false), ("o(!p)", false), ("// q!", false), ("\"r!\"", false),
        ]
    )
    func forcedValuesAreSeen(code: String, isForced: Bool) {
        #expect(!SwiftWords(code).forcedLines.isEmpty == isForced)
    }

    @Test("What follows and comes before a word is known")
    func neighboursAreKnown() {
        let words = SwiftWords("a.print(b)\nprint (c)").words.filter { $0.text == "print" }
        #expect(words.map(\.before) == [UInt8(ascii: "."), UInt8(ascii: "\n")])
        #expect(words.map(\.after) == [UInt8(ascii: "("), UInt8(ascii: " ")])
        #expect(words.map(\.line) == [1, 2])
    }

    @Test("An unfinished literal ends with the file")
    func unfinishedLiteralEnds() {
        #expect(SwiftWords("let a = \"never closed \\(b").lines(of: "a") == [1])
        #expect(SwiftWords("/* never closed").words.isEmpty)
    }

    @Test("The tree is the repository")
    func treeIsTheRepository() {
        #expect(Tree.house.file("Package.swift") != nil)
        #expect(Tree.house.modules.contains("Bytes"))
        #expect(Tree.house.productSources.count > 5)
        #expect(!Tree.house.files.contains { $0.path.hasPrefix(".build") })
    }
}
