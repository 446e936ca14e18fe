import Bytes
import HTTP
import Testing

@Suite("Method")
struct MethodTests {
    @Test("Every method reads its own text, and only in upper case")
    func readsItsText() {
        for method in Method.allCases where method != .other {
            let text = [UInt8]("\(method.text)".utf8)
            #expect(Method(text.span) == method)
            let lowered = text.map { ASCII.lowercased($0) }
            #expect(Method(lowered.span) == .other)
        }
    }
}
