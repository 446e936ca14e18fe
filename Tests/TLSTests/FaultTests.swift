import TLS
import Testing

@Suite
struct FaultTests {
    @Test
    func outcomesAreSmallAndWithoutReferences() {
        #expect(MemoryLayout<TLSFault>.size <= 12)
        #expect(MemoryLayout<TLSOutcome>.size <= 16)
        #expect(_isPOD(TLSFault.self))
        #expect(_isPOD(TLSOutcome.self))
    }

    @Test
    func everyCauseHasItsOwnWord() {
        let words = Set(TLSFault.Cause.allCases.map(\.rawValue))
        #expect(words.count == TLSFault.Cause.allCases.count)
        for word in words {
            #expect(word.allSatisfy { $0.isLowercase || $0 == "_" })
        }
        #expect(Set(TLSFault.Cause.allCases.map(\.whose)) == Set(TLSFault.Party.allCases))
    }
}
