import Bytes
import Cryptography
import JSON

/// Seals an answer under a key that only the presented refresh token gives: the store alone cannot
/// open it (decision 10).
struct RotationSeal {
    private let key: SealingKey?

    init(refreshToken: String) {
        let secret = Array(refreshToken.utf8)
        let salt: [UInt8] = []
        let info = Array("gatehouse rotation v1".utf8)
        let derived = HKDF.derive(
            secret: secret.span,
            salt: salt.span,
            info: info.span,
            count: 32
        )
        key = SealingKey(derived)
    }

    func seal(_ answer: TokenAnswer) -> [UInt8]? {
        var text: [UInt8] = []
        answer.json.write(into: &text)
        return key?.seal(text.span, for: Self.purpose)
    }

    func open(_ sealed: [UInt8]) -> TokenAnswer? {
        guard let text = key?.open(sealed.span, for: Self.purpose),
            case .object(let object)? = try? JSONValue.parse(
                text.span,
                limits: JSONLimits(size: 65_536, depth: 4)
            )
        else { return nil }
        return TokenAnswer(json: object)
    }

    private static let purpose = "rotation"
}
