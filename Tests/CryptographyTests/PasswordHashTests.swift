import Testing

@testable import Cryptography

struct PasswordHashTests {
    /// Cheap enough for tests, and otherwise like the real ones.
    private static let cheap = PasswordHash.Parameters(
        costExponent: 4,
        blockSize: 8,
        parallelism: 1
    )

    struct Vector: Sendable {
        let password: String
        let salt: String
        let costExponent: Int
        let blockSize: Int
        let parallelism: Int
        let hash: String
    }

    /// RFC 7914 §12, but the last, which takes a gigabyte.
    @Test(arguments: Self.vectors)
    func rfc7914(vector: Vector) throws {
        let parameters = try #require(
            PasswordHash.Parameters(
                costExponent: vector.costExponent,
                blockSize: vector.blockSize,
                parallelism: vector.parallelism
            )
        )
        let hash = try Scrypt.derive(
            utf8(vector.password).span,
            salt: utf8(vector.salt).span,
            parameters: parameters,
            count: 64
        )
        #expect(hash == bytes(vector.hash))
    }

    @Test(arguments: ["", "p", "pässword", String(repeating: "x", count: 4_096)])
    func knowsItsPassword(password: String) throws {
        let parameters = try #require(Self.cheap)
        let text = try PasswordHash.make(utf8(password).span, parameters: parameters)
        #expect(text.hasPrefix("$scrypt$ln=4,r=8,p=1$"))
        #expect(text != (try PasswordHash.make(utf8(password).span, parameters: parameters)))
        let right = try PasswordHash.verify(
            utf8(password).span,
            against: text,
            parameters: parameters
        )
        #expect(right == PasswordHash.Verification(matches: true, needsRehash: false))
        let wrong = try PasswordHash.verify(
            utf8(password + "x").span,
            against: text,
            parameters: parameters
        )
        #expect(wrong == PasswordHash.Verification(matches: false, needsRehash: false))
    }

    @Test
    func asksForANewHashWhereParametersHaveChanged() throws {
        let text = try PasswordHash.make(utf8("p").span, parameters: try #require(Self.cheap))
        let dearer = PasswordHash.Parameters(costExponent: 5, blockSize: 8, parallelism: 1)
        let found = try PasswordHash.verify(
            utf8("p").span,
            against: text,
            parameters: try #require(dearer)
        )
        #expect(found == PasswordHash.Verification(matches: true, needsRehash: true))
    }

    @Test
    func theStandardIsDearAndWithinBounds() {
        let standard = PasswordHash.Parameters.standard
        #expect(standard.memory == 64 << 20)
        let same = PasswordHash.Parameters(costExponent: 16, blockSize: 8, parallelism: 2)
        #expect(same == standard)
    }

    @Test
    func aDecoyMatchesNothing() throws {
        let parameters = try #require(Self.cheap)
        let decoy = PasswordHash.decoy(parameters: parameters)
        #expect(PasswordText(decoy)?.parameters == parameters)
        let found = try PasswordHash.verify(utf8("").span, against: decoy, parameters: parameters)
        #expect(!found.matches)
    }

    /// Each must be refused before any memory is taken.
    @Test(arguments: [
        "", "$", "$$$$", "$scrypt", "x$scrypt$ln=4,r=8,p=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$bcrypt$ln=4,r=8,p=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=22,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=20,r=8,p=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=16,r=8,p=9$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=0,r=8,p=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=4,r=0,p=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=4,r=8,p=0$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=16,r=1,p=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=-4,r=8,p=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=9999999999999999999,r=8,p=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$r=8,ln=4,p=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=4,r=8$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=4,r=8,p=1,x=1$AAAAAAAAAAA$AAAAAAAAAAA",
        "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAA$", "$scrypt$ln=4,r=8,p=1$AAAA$AAAAAAAAAAA",
        "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAA=$AAAAAAAAAAA",
        "$scrypt$ln=4,r=8,p=1$AAAAAAAAA-A$AAAAAAAAAAA",
        "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAA$AAAAAAAAAAA$",
        "$scrypt$ln=4,r=8,p=1$AAAAAAAAAAA$" + String(repeating: "A", count: 4_096),
    ])
    func refusesOtherTexts(text: String) throws {
        #expect(PasswordText(text) == nil)
        let found = try PasswordHash.verify(utf8("p").span, against: text)
        #expect(found == PasswordHash.Verification(matches: false, needsRehash: false))
        #expect(LibraryErrors.isEmpty)
    }

    @Test
    func readsWhatOthersWrite() throws {
        // Made with Python: hashlib.scrypt(b"password", n=16, r=8, p=1,
        // salt=bytes(range(248, 256)) * 2).
        let text =
            "$scrypt$ln=4,r=8,p=1$+Pn6+/z9/v/4+fr7/P3+/w"
            + "$sWzKxlPtrz8hDLZ2+C8qsv1wHW+rTbi2cHMaS2pSZ7o"
        let found = try PasswordHash.verify(utf8("password").span, against: text)
        #expect(found == PasswordHash.Verification(matches: true, needsRehash: true))
    }

    private static let vectors = [
        Vector(
            password: "",
            salt: "",
            costExponent: 4,
            blockSize: 1,
            parallelism: 1,
            hash: "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        Vector(
            password: "password",
            salt: "NaCl",
            costExponent: 10,
            blockSize: 8,
            parallelism: 16,
            hash: "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        Vector(
            password: "pleaseletmein",
            salt: "SodiumChloride",
            costExponent: 14,
            blockSize: 8,
            parallelism: 1,
            hash: "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ]
}
