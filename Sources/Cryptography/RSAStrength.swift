/// What an RSA key must be like to be worth anything.
public enum RSAStrength {
    /// The fewest bits of a modulus (RFC 7518 §3.3).
    public static let bitsMin = 2048
    /// The most bits of a modulus: chosen so that one signature check stays within about half a
    /// millisecond; nobody publishes larger ones.
    public static let bitsMax = 8192

    /// Refuses a key that is too small, too costly, or known to be breakable.
    ///
    /// Both numbers are big-endian without leading zeros.
    internal static func check(
        modulus: Span<UInt8>,
        exponent: Span<UInt8>
    ) throws(CryptographyFault) {
        let bits = bitCount(of: modulus)
        guard bits >= bitsMin else { throw .rsaModulusTooSmall }
        guard bits <= bitsMax else { throw .rsaModulusTooLarge }
        guard modulus[modulus.count - 1] & 1 == 1 else { throw .keyMalformed }
        // An exponent of one leaves the signature as it is, an even one has no inverse, and beyond
        // 32 bits it is only a way to make us work (everybody uses 65537 or 3).
        guard exponent.count > 0, exponent.count <= 4, exponent[exponent.count - 1] & 1 == 1,
            exponent.count > 1 || exponent[0] >= 3
        else { throw .rsaExponentUnsuitable }
        guard !hasPredictableStructure(modulus) else { throw .rsaModulusPredictable }
    }

    /// The number of bits of a big-endian number without leading zeros.
    internal static func bitCount(of number: Span<UInt8>) -> Int {
        guard number.count > 0 else { return 0 }
        return number.count * 8 - number[0].leadingZeroBitCount
    }

    /// Whether the modulus has the structure of the Infineon library (CVE-2017-15361): modulo every
    /// small prime it is a power of 65537, which for a random modulus is so once in 10^26.
    ///
    /// The test of Nemec and others, "The Return of Coppersmith's Attack" (2017), §2.3.
    private static func hasPredictableStructure(_ modulus: Span<UInt8>) -> Bool {
        for prime in smallPrimes where !isPowerOf65537(remainder(modulus, by: prime), modulo: prime)
        {
            return false
        }
        return true
    }

    private static func isPowerOf65537(_ value: UInt32, modulo prime: UInt32) -> Bool {
        let generator = 65537 % prime
        var power: UInt32 = 1
        repeat {
            if power == value {
                return true
            }
            power = power * generator % prime
        } while power != 1
        return false
    }

    private static func remainder(_ number: Span<UInt8>, by prime: UInt32) -> UInt32 {
        var rest: UInt32 = 0
        for index in 0..<number.count {
            rest = (rest << 8 | UInt32(number[index])) % prime
        }
        return rest
    }

    /// The odd primes up to 167: as many as the published test uses.
    private static let smallPrimes: [UInt32] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
        101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ]
}
