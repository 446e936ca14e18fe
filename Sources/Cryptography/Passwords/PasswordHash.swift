import Bytes
import COpenSSL

/// Passwords as they may be stored: hashed with scrypt (RFC 7914), parameters and salt beside.
///
/// The text is `$scrypt$ln=16,r=8,p=2$SALT$HASH`, the form of the password hashing competition with
/// base64 without padding.
///
/// As in every hash that is built on HMAC, a password and the same with zero bytes behind it are one:
/// nobody can type those.
///
/// Cost: a quarter of a second and 64 MiB with ``Parameters/standard``. Never on a worker or on the
/// threads that tasks share.
public enum PasswordHash {
    /// The text to store for a password.
    ///
    /// - Throws: ``CryptographyFault/unavailable`` where there is no memory for it.
    public static func make(
        _ password: Span<UInt8>,
        parameters: Parameters = .standard
    ) throws(CryptographyFault) -> String {
        let salt = Random.bytes(saltSize)
        let hash = try Scrypt.derive(
            password,
            salt: salt.span,
            parameters: parameters,
            count: hashSize
        )
        return PasswordText(parameters: parameters, salt: salt, hash: hash).text
    }

    /// Whether the password is the one that `text` was made of, compared in constant time.
    ///
    /// A text that is none, or whose parameters are beyond ``Parameters/workMax``, matches nothing.
    ///
    /// - Throws: ``CryptographyFault/unavailable`` where there is no memory for it.
    public static func verify(
        _ password: Span<UInt8>,
        against text: String,
        parameters: Parameters = .standard
    ) throws(CryptographyFault) -> Verification {
        guard let stored = PasswordText(text) else {
            return Verification(matches: false, needsRehash: false)
        }
        let hash = try Scrypt.derive(
            password,
            salt: stored.salt.span,
            parameters: stored.parameters,
            count: stored.hash.count
        )
        guard hash.span.constantTimeEquals(stored.hash.span) else {
            return Verification(matches: false, needsRehash: false)
        }
        return Verification(
            matches: true,
            needsRehash: stored.parameters != parameters || stored.hash.count != hashSize
                || stored.salt.count != saltSize
        )
    }

    /// A text that no password matches, and that costs as much to try as one that does.
    public static func decoy(parameters: Parameters = .standard) -> String {
        PasswordText(
            parameters: parameters,
            salt: Random.bytes(saltSize),
            hash: Random.bytes(hashSize)
        ).text
    }

    /// Sixteen bytes: what RFC 7914's authors and the competition recommend.
    private static let saltSize = 16
    /// 256 bits: more than any password holds.
    private static let hashSize = 32
}

extension PasswordHash {
    /// What a hash costs.
    public struct Parameters: Sendable, Hashable {
        /// The logarithm to base two of N, the number of blocks.
        public let costExponent: Int
        /// r, the size of a block in units of 128 bytes.
        public let blockSize: Int
        /// p, how often the whole is done.
        public let parallelism: Int

        /// Takes parameters, or returns `nil` where they are none or cost too much.
        public init?(costExponent: Int, blockSize: Int, parallelism: Int) {
            guard (1...Self.costExponentMax).contains(costExponent),
                (1...Self.factorMax).contains(blockSize),
                (1...Self.factorMax).contains(parallelism),
                // RFC 7914 §2: N is below 2^(16r).
                costExponent < 16 * blockSize
            else { return nil }
            let memory = (128 << costExponent) * blockSize
            guard memory <= Self.memoryMax, memory * parallelism <= Self.workMax else { return nil }
            self.init(trusted: costExponent, blockSize, parallelism)
        }

        fileprivate init(trusted costExponent: Int, _ blockSize: Int, _ parallelism: Int) {
            self.costExponent = costExponent
            self.blockSize = blockSize
            self.parallelism = parallelism
        }

        /// The bytes that one hash takes while it is made.
        internal var memory: Int { (128 << costExponent) * blockSize }

        /// N = 2^16, r = 8, p = 2: one of the equivalent choices that OWASP's cheat sheet of 2023
        /// lists.
        ///
        /// Its first, N = 2^17 with p = 1, takes 128 MiB at once; this one takes as long and half
        /// as much, so that two threads of a small machine's gateway need 128 MiB together.
        public static let standard = Parameters(trusted: 16, 8, 2)

        /// What the text of a stored hash may demand at most: twice the memory of OWASP's dearest.
        public static let memoryMax = 256 << 20
        /// Memory times repetitions: four times what ``standard`` costs, some seconds at worst.
        public static let workMax = 512 << 20

        /// Beyond it the memory is too much whatever the others are.
        private static let costExponentMax = 21
        /// Larger than anybody uses, and small enough that no product overflows.
        private static let factorMax = 64
    }

    /// What became of a password.
    public struct Verification: Sendable, Hashable {
        /// Whether it is the right one.
        public let matches: Bool
        /// Whether it is right and its hash should be made anew, with today's parameters.
        public let needsRehash: Bool

        /// Names both.
        public init(matches: Bool, needsRehash: Bool) {
            self.matches = matches
            self.needsRehash = needsRehash
        }
    }
}
