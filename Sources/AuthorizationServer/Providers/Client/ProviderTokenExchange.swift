import Bytes
import Cryptography
import JSON
import Outbound

/// Exchanges a code at a provider's token endpoint (RFC 6749 §4.1.3).
///
/// Asked once and never again: the code is used up by the first try, whatever became of its answer.
struct ProviderTokenExchange: Sendable {
    let client: ProviderClient
    let calls: ProviderCalls

    /// The provider's tokens for a code.
    func tokens(
        code: String,
        callback: ProviderCallback,
        at endpoint: ProviderEndpoint,
        authentication: ProviderAuthentication
    ) async throws(ProviderFault) -> ProviderTokenAnswer {
        var form = FormText()
        form.append("grant_type", "authorization_code")
        form.append("code", code)
        form.append("redirect_uri", callback.redirectURI)
        if client.preset.usesPKCE {
            form.append("code_verifier", callback.codeVerifier)
        }
        var request = ProviderCalls.request(endpoint, sizeMax: ProviderLimits.tokenResponseSize)
        let id = client.clientID
        if let secret = client.secret {
            if authentication.chosen(id: id, secret: secret) == .basic {
                let value = ProviderAuthentication.basicValue(id: id, secret: secret)
                request.headers.append(OutboundHeader(name: "Authorization", value: value))
            } else {
                form.append("client_id", id)
                form.append("client_secret", secret)
            }
        } else {
            form.append("client_id", id)
        }
        request.method = "POST"
        request.headers.append(
            OutboundHeader(name: "Content-Type", value: "application/x-www-form-urlencoded")
        )
        request.body = [UInt8](form.text.utf8)
        let answer = try await calls.ask(request, what: Self.place)
        return try Self.read(answer)
    }

    private static func read(
        _ answer: ProviderCalls.Answer
    ) throws(ProviderFault) -> ProviderTokenAnswer {
        guard answer.status == 200 else { throw fault(of: answer) }
        let value = try ProviderCalls.json(answer.body, what: place)
        guard let object = value.object else {
            throw .broken(detail: "\(place): not a JSON object")
        }
        // GitHub says its errors with status 200.
        if object.contains("error") {
            throw fault(status: answer.status, object)
        }
        guard let tokens = ProviderTokenAnswer(object) else {
            throw .broken(detail: "\(place): no usable access_token")
        }
        return tokens
    }

    private static func fault(of answer: ProviderCalls.Answer) -> ProviderFault {
        let limits = JSONLimits(size: answer.body.count, depth: ProviderLimits.depth)
        let object = (try? JSONValue.parse(answer.body.span, limits: limits))?.object
        return fault(status: answer.status, object ?? [:])
    }

    private static func fault(status: Int, _ object: JSONObject) -> ProviderFault {
        switch object["error"] {
        case .string(let word)?:
            let description = object["error_description"]?.string
            return ProviderErrorWord.fault(word, description: description, place: place)
        // Facebook's form, whose numbers do not tell a used code from other mistakes.
        case .object(let error)? where status == 400:
            let message = error["message"]?.string ?? ""
            let detail = "\(place): status 400: \(ProviderErrorWord.quoted(message))"
            return .refused(text: ProviderErrorWord.invalidGrant, detail: detail)
        default:
            let detail = "\(place): status \(status)"
            guard status == 401 else { return .broken(detail: detail) }
            return .refused(text: ProviderErrorWord.invalidClient, detail: detail)
        }
    }

    private static let place = "token endpoint"
}

/// What a token endpoint gave.
struct ProviderTokenAnswer: Sendable {
    var accessToken: String
    var refreshToken: String?
    /// As the provider says; `nil` where it says nothing, which means: as asked for.
    var scopes: [String]?
    var lifetimeSeconds: Int64?
    var idToken: String?

    /// Reads the members of RFC 6749 §5.1; `nil` without a bearer token that fits a field.
    init?(_ object: JSONObject) {
        guard let token = object["access_token"]?.string, !token.isEmpty,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            (object["token_type"]?.string ?? "bearer").lowercased() == "bearer"
        else { return nil }
        accessToken = token
        refreshToken = object["refresh_token"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        idToken = object["id_token"]?.string
        scopes = Self.scopes(object["scope"])
        switch object["expires_in"] {
        case .integer(let seconds)? where seconds > 0:
            lifetimeSeconds = min(seconds, ProviderLimits.accessTokenLifetimeSecondsMax)
        default:
            lifetimeSeconds = nil
        }
    }

    /// A text with blanks (GitHub: commas) between the scopes, or Twitch's array.
    private static func scopes(_ value: JSONValue?) -> [String]? {
        switch value {
        case .string(let text)?:
            text.split { $0 == " " || $0 == "," }.map(String.init)
        case .array(let elements)?:
            elements.compactMap(\.string)
        default:
            nil
        }
    }
}
