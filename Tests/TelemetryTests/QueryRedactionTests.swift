import Bytes
import Telemetry
import Testing

@Suite("Query redaction")
struct QueryRedactionTests {
    private func redacted(_ query: String) -> String {
        var output: [UInt8] = []
        let bytes = [UInt8](query.utf8)
        QueryRedaction.append(bytes.span, to: &output)
        return String(decoding: output, as: UTF8.self)
    }

    @Test(
        "hides the values of secrets",
        arguments: [
            ("token=abc", "token=***"),
            ("a=1&access_token=abc&b=2", "a=1&access_token=***&b=2"),
            ("ACCESS_TOKEN=abc", "ACCESS_TOKEN=***"),
            ("Access-Token=abc", "Access-Token=***"),
            ("tok%65n=abc", "tok%65n=***"),
            ("%74%6F%6b%65%6e=abc", "%74%6F%6b%65%6e=***"),
            ("code=a=b=c", "code=***"),
            ("code=a;b&c=d", "code=***&c=d"),
            ("x=1;token=abc;y=2&z=3", "x=1;token=***&z=3"),
            ("token[]=a&token[0]=b", "token[]=***&token[0]=***"),
            ("client_secret=s&client_id=c", "client_secret=***&client_id=c"),
            ("redirect=eyJhbGciOi.J9.x", "redirect=***"),
            (
                "X-Amz-Signature=s&X-Amz-Security-Token=t",
                "X-Amz-Signature=***&X-Amz-Security-Token=***"
            ),
            ("token=a&token=b", "token=***&token=***"),
            ("&&token=a&&", "&&token=***&&"),
        ]
    )
    func hides(query: String, expected: String) {
        #expect(redacted(query) == expected)
    }

    @Test(
        "names every secret of the documentation",
        arguments: [
            "token", "access_token", "id_token", "refresh_token", "client_secret", "code",
            "password", "secret", "key", "api_key", "apikey", "sig", "signature", "assertion",
            "code_verifier", "client_assertion", "id_token_hint",
        ]
    )
    func list(name: String) {
        #expect(redacted("\(name)=v") == "\(name)=***")
        #expect(redacted("x\(name)y=v") == "x\(name)y=v")
    }

    @Test(
        "leaves everything else as it was sent, byte for byte",
        arguments: [
            "", "a", "a=", "token", "token=", "=abc", "&", ";", ";;&", "a;b;c", "state=xyz",
            "tokens=1", "monkey=1", "postcode=1", "%=1", "%7=2", "%zztoken=3", "q=token%3Dabc",
            "q=eyJ", "a=%00%ff", "to+ken=1", "tok%en=1",
            "averyveryverylongnamethatislongerthananyother=1",
        ]
    )
    func leaves(query: String) {
        #expect(redacted(query) == query)
    }

    @Test(
        "shows of our own endpoints only what is known to be harmless",
        arguments: [
            ("client_id=a&state=b&scope=c", "client_id=a&state=***&scope=c"),
            ("code=a&iss=b&login_hint=c@d&nonce=e", "code=***&iss=***&login_hint=***&nonce=***"),
            (
                "client_secret=a&code_verifier=b&refresh_token=c&id_token_hint=d&token=e",
                "client_secret=***&code_verifier=***&refresh_token=***&id_token_hint=***&token=***"
            ),
            ("Client_ID=a&%63lient_id=b", "Client_ID=***&%63lient_id=***"),
            ("client_id=a;token=b", "client_id=***"), ("scope=eyJhbGciOi.J9.x", "scope=***"),
            ("secret", "***"), ("state=", "state="), ("", ""), ("&", "&"), ("=a", "=***"),
        ]
    )
    func endpoints(query: String, expected: String) {
        var output: [UInt8] = []
        let bytes = [UInt8](query.utf8)
        QueryRedaction.appendOfEndpoint(bytes.span, to: &output)
        #expect(String(decoding: output, as: UTF8.self) == expected)
    }

    @Test("takes any bytes, and loses none of a query without secrets")
    func random() {
        var generator = SeededGenerator(seed: 11)
        let alphabet = [UInt8]("ab=&;%[]42+".utf8) + [0, 0xFF, 0x0A]
        for _ in 0..<5000 {
            let count = Int.random(in: 0...40, using: &generator)
            let query = (0..<count).map { _ in alphabet.randomElement(using: &generator) ?? 0 }
            var output: [UInt8] = []
            QueryRedaction.append(query.span, to: &output)
            #expect(output == query)
        }
    }
}
