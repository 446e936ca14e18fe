import Testing

@testable import Cryptography

struct HKDFTests {
    struct Vector: Sendable {
        let name: String
        let secret: [UInt8]
        let salt: [UInt8]
        let info: [UInt8]
        let derived: [UInt8]
    }

    @Test(arguments: Self.vectors)
    func rfc5869(vector: Vector) {
        let derived = HKDF.derive(
            secret: vector.secret.span,
            salt: vector.salt.span,
            info: vector.info.span,
            count: vector.derived.count
        )
        #expect(derived == vector.derived, "\(vector.name)")
    }

    @Test
    func givesAsManyBytesAsAreAsked() {
        let secret: [UInt8] = [1]
        let none: [UInt8] = []
        for count in [0, 1, 31, 32, 33, 64, HKDF.countMax] {
            let derived = HKDF.derive(
                secret: secret.span,
                salt: none.span,
                info: none.span,
                count: count
            )
            #expect(derived.count == count)
        }
    }

    private static let vectors = [
        Vector(
            name: "A.1",
            secret: [UInt8](repeating: 0x0B, count: 22),
            salt: [UInt8](0...0x0C),
            info: [UInt8](0xF0...0xF9),
            derived: bytes(
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                    + "34007208d5b887185865"
            )
        ),
        Vector(
            name: "A.2",
            secret: [UInt8](0x00...0x4F),
            salt: [UInt8](0x60...0xAF),
            info: [UInt8](0xB0...0xFF),
            derived: bytes(
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
                    + "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
                    + "cc30c58179ec3e87c14c01d5c1f3434f1d87"
            )
        ),
        Vector(
            name: "A.3",
            secret: [UInt8](repeating: 0x0B, count: 22),
            salt: [],
            info: [],
            derived: bytes(
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                    + "9d201395faa4b61a96c8"
            )
        ),
    ]
}
