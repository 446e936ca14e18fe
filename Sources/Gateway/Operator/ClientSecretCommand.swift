import Bytes
import Cryptography
import EventLoop

/// `gatehouse clients secret` and `gatehouse hash`: secrets of OAuth clients, and what the conf keeps
/// of them.
public enum ClientSecretCommand {
    /// Fewer bytes could be guessed from the hash, which is a fast one.
    private static let sizeMin = 32

    /// Makes a secret of 256 bits and prints it, once, with its line of the conf.
    ///
    /// - Returns: The exit code.
    public static func make() -> Int32 {
        let secret = String(decoding: Base64URL.encode(Random.bytes(32).span), as: UTF8.self)
        Console.write("secret, for the client, shown only now:  \(secret)")
        Console.write("line of its block in the conf:           \(line(Array(secret.utf8)))")
        return 0
    }

    /// Reads a secret and prints its line of the conf.
    ///
    /// - Returns: The exit code: 1 for a secret that is too short.
    public static func hash() -> Int32 {
        guard let secret = SecretInput.readLine(prompt: "Secret: ") else {
            Console.writeError("gatehouse: no secret came on standard input")
            return 1
        }
        let bytes = Array(secret.utf8)
        guard bytes.count >= sizeMin else {
            Console.writeError(
                "gatehouse: a client secret has \(sizeMin) characters or more; "
                    + "`gatehouse clients secret` makes one"
            )
            return 1
        }
        Console.write(line(bytes))
        return 0
    }

    /// What the conf keeps of a secret.
    static func line(_ secret: [UInt8]) -> String {
        let digest = DigestFunction.sha256.digest(secret.span)
        let hexadecimal = digest.map { byte in
            let text = String(byte, radix: 16)
            return text.utf8.count == 1 ? "0\(text)" : text
        }
        return "client_secret_hash  sha256:\(hexadecimal.joined());"
    }
}
