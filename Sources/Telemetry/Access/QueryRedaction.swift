import Bytes

/// Keeps secrets that stand in a query out of the log.
///
/// The values of parameters whose names are those of secrets, and values that have the shape of a
/// JSON web token under whatever name, become `***`; every other byte stays as it was sent. Names
/// are compared percent-decoded, without regard to case, with `-` read as `_`, and without the
/// brackets of `name[]`. A name also begins after `;`, which some back ends take for `&`; a secret
/// value ends at `&` only.
public enum QueryRedaction {
    /// Appends `query`, which has no leading `?`, with its secrets replaced.
    ///
    /// Cost: linear; allocates only where `output` must grow.
    public static func append(_ query: Span<UInt8>, to output: inout [UInt8]) {
        var start = 0
        while start <= query.count {
            let end = query.firstIndex(of: UInt8(ascii: "&"), from: start) ?? query.count
            appendParameters(query.extracting(start..<end), to: &output)
            if end < query.count {
                output.append(UInt8(ascii: "&"))
            }
            start = end + 1
        }
    }

    /// Appends the query of an endpoint of our own authorization server: there nearly every value is a
    /// secret or a person's, so only those of the names listed are shown.
    ///
    /// Values of parameters without a name, and of those that another reader might split at `;`, are
    /// not shown either.
    public static func appendOfEndpoint(_ query: Span<UInt8>, to output: inout [UInt8]) {
        var start = 0
        while start <= query.count {
            let end = query.firstIndex(of: UInt8(ascii: "&"), from: start) ?? query.count
            appendOfEndpoint(parameter: query.extracting(start..<end), to: &output)
            if end < query.count {
                output.append(UInt8(ascii: "&"))
            }
            start = end + 1
        }
    }

    private static func appendOfEndpoint(parameter: Span<UInt8>, to output: inout [UInt8]) {
        guard parameter.count > 0 else { return }
        guard let equals = parameter.firstIndex(of: UInt8(ascii: "=")) else {
            return output.append("***")
        }
        let name = parameter.extracting(0..<equals)
        let value = parameter.extracting((equals + 1)...)
        if isHarmless(name), !isTokenShaped(value),
            value.firstIndex(of: UInt8(ascii: ";")) == nil
        {
            return output.append(parameter)
        }
        output.append(name)
        output.append("=")
        if value.count > 0 {
            output.append("***")
        }
    }

    /// The parameters of requests to our endpoints whose values are neither secret nor personal, as
    /// they are spelt by all who mean them.
    private static func isHarmless(_ name: Span<UInt8>) -> Bool {
        switch name.count {
        case 4: name.isEqual(to: "type")
        case 5: name.isEqual(to: "error") || name.isEqual(to: "scope")
        case 6: name.isEqual(to: "prompt")
        case 7: name.isEqual(to: "max_age")
        case 9: name.isEqual(to: "client_id")
        case 10: name.isEqual(to: "grant_type")
        case 13: name.isEqual(to: "response_type") || name.isEqual(to: "response_mode")
        case 17: name.isEqual(to: "include_anonymous")
        case 18: name.isEqual(to: "include_restricted")
        case 21: name.isEqual(to: "code_challenge_method")
        default: false
        }
    }

    /// Appends what stands between two `&`: one parameter, or several with `;` between.
    private static func appendParameters(_ part: Span<UInt8>, to output: inout [UInt8]) {
        var start = 0
        while start < part.count {
            let end = part.firstIndex(of: UInt8(ascii: ";"), from: start) ?? part.count
            let equals = part.firstIndex(of: UInt8(ascii: "="), from: start) ?? part.count
            guard equals < end else {
                output.append(part.extracting(start..<min(end + 1, part.count)))
                start = end + 1
                continue
            }
            let value = part.extracting(equals + 1..<part.count)
            if value.count > 0,
                isSecretName(part.extracting(start..<equals)) || isTokenShaped(value)
            {
                output.append(part.extracting(start..<equals + 1))
                output.append("***")
                return
            }
            output.append(part.extracting(start..<min(end + 1, part.count)))
            start = end + 1
        }
    }

    /// Whether a value begins as a JSON web token does: `{"` in base64url, and a dot behind it.
    private static func isTokenShaped(_ value: Span<UInt8>) -> Bool {
        value.hasPrefix("eyJ") && value.firstIndex(of: UInt8(ascii: ".")) != nil
    }

    private static func isSecretName(_ name: Span<UInt8>) -> Bool {
        var folded = InlineArray<24, UInt8>(repeating: 0)
        var count = 0
        var index = 0
        while index < name.count {
            let byte = decodedByte(of: name, at: &index)
            if byte == UInt8(ascii: "[") { break }
            // Longer than every name of the list.
            guard count < folded.count else { return false }
            folded[count] = byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : ASCII.lowercased(byte)
            count += 1
        }
        return isListed(folded.span.extracting(0..<count))
    }

    /// The byte at `index`, percent-decoded, and `index` moved behind it.
    private static func decodedByte(of name: Span<UInt8>, at index: inout Int) -> UInt8 {
        let byte = name[index]
        index += 1
        guard byte == UInt8(ascii: "%"), index + 1 < name.count,
            let high = ASCII.hexValue(name[index]), let low = ASCII.hexValue(name[index + 1])
        else { return byte }
        index += 2
        return high << 4 | low
    }

    /// By length first, so that an ordinary name is compared with two or three others.
    private static func isListed(_ name: Span<UInt8>) -> Bool {
        switch name.count {
        case 3:
            name.isEqual(to: "key") || name.isEqual(to: "sig") || name.isEqual(to: "jwt")
                || name.isEqual(to: "pwd")
        case 4: name.isEqual(to: "code") || name.isEqual(to: "pass")
        case 5: name.isEqual(to: "token")
        case 6:
            name.isEqual(to: "secret") || name.isEqual(to: "apikey") || name.isEqual(to: "passwd")
                || name.isEqual(to: "bearer")
        case 7: name.isEqual(to: "api_key")
        case 8: name.isEqual(to: "password") || name.isEqual(to: "id_token")
        case 9:
            name.isEqual(to: "signature") || name.isEqual(to: "assertion")
                || name.isEqual(to: "x_api_key")
        case 10: name.isEqual(to: "access_key") || name.isEqual(to: "auth_token")
        case 11: name.isEqual(to: "device_code") || name.isEqual(to: "actor_token")
        case 12: name.isEqual(to: "access_token") || name.isEqual(to: "logout_token")
        case 13:
            name.isEqual(to: "refresh_token") || name.isEqual(to: "client_secret")
                || name.isEqual(to: "code_verifier") || name.isEqual(to: "id_token_hint")
                || name.isEqual(to: "subject_token") || name.isEqual(to: "session_token")
                || name.isEqual(to: "authorization")
        case 15: name.isEqual(to: "x_amz_signature")
        case 16: name.isEqual(to: "client_assertion") || name.isEqual(to: "x_goog_signature")
        case 20: name.isEqual(to: "x_amz_security_token")
        default: false
        }
    }
}
