import Bytes
import Testing

@Suite("Scanning spans")
struct SpanScanTests {
    private func firstControlByByte(_ bytes: [UInt8], _ start: Int, _ limit: Int) -> Int {
        bytes[start..<limit].firstIndex { !ASCII.isFieldValueByte($0) } ?? limit
    }

    @Test("The first control is found in every place, whatever stands around it")
    func everyPlace() {
        for filler in [UInt8(0x20), 0x09, 0x61, 0x80, 0xFF, 0x7E, 0x21] {
            for control in UInt8.min...UInt8.max where !ASCII.isFieldValueByte(control) {
                for place in 0..<20 {
                    var bytes = [UInt8](repeating: filler, count: 20)
                    bytes[place] = control
                    #expect(bytes.span.firstControl(from: 0, to: 20) == place)
                    #expect(bytes.span.firstControl(from: place, to: 20) == place)
                    #expect(bytes.span.firstControl(from: 0, to: place) == place)
                }
            }
        }
    }

    @Test("Random bytes are scanned as a plain loop scans them", arguments: [1, 2, 3])
    func random(_ seed: UInt64) {
        var state = seed
        let alphabet: [UInt8] = [0x09, 0x20, 0x21, 0x61, 0x7E, 0x80, 0xFF, 0x0D, 0x7F, 0x00, 0x1F]
        for _ in 0..<20_000 {
            var bytes: [UInt8] = []
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let length = Int(state >> 58)
            for _ in 0..<length {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                // Mostly tabs and blanks: what borrows in the masks comes from them.
                bytes.append(alphabet[Int(state >> 60) % (state >> 40 & 7 == 0 ? 11 : 7)])
            }
            let start = length / 3
            #expect(
                bytes.span.firstControl(from: start, to: length)
                    == firstControlByByte(bytes, start, length)
            )
        }
    }
}
