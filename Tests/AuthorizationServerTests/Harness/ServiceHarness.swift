import Access
import Bytes
import Configuration
import Cryptography
import EventLoop
import JSON
import Storage
import Synchronization
import Testing

@testable import AuthorizationServer

/// A whole authorization server without sockets: a conf, a store in memory, a fake provider and a
/// clock that stands until it is moved.
final class ServiceHarness: Sendable {
    let settings: AuthorizationServerSettings
    let service: AuthorizationService
    let store: Store
    let provider: FakeProvider
    let published = Published()
    private let table: EndpointTable
    private let clock = ClockBox(Fixtures.now)

    /// What was revoked and brought to the workers.
    final class Published: RevocationPublisher {
        private let ids = Mutex<[String]>([])

        func publish(_ ids: [String], expiry: Int64) async {
            self.ids.withLock { $0 += ids }
        }

        var all: [String] { ids.withLock { $0 } }
    }

    /// Runs the block of a conf, over a store in memory unless the test has its own.
    init(_ server: String = ServiceHarness.conf, store: Store? = nil) async throws {
        let text = """
            listen 127.0.0.1:8443;
            upstream one { server 127.0.0.1:9000; }
            route /public/ { upstream one; access public; }

            """
        var files = InMemoryConfigurationFiles()
        files.add("gateway.conf", text + server)
        let loaded = ConfigurationLoader(
            files: files,
            environment: ["CORP_SECRET": "s%+:-"],
            inspector: TrustingInspector(),
            processorCount: 1
        ).load(path: "gateway.conf")
        let all = try #require(loaded.settings, "\(loaded.diagnostics.map(\.message))")
        settings = try #require(all.authorizationServer)
        self.store = try store ?? Store.inMemory()
        provider = try Fixtures.fake(token: nil)
        table = EndpointTable(settings)
        let sealing = try #require(SealingKey([UInt8](repeating: 7, count: 32)))
        let now = WallTime(nanosecondsSince1970: Fixtures.now * 1_000_000_000)
        let clock = clock
        let cheap = try #require(
            PasswordHash.Parameters(costExponent: 4, blockSize: 8, parallelism: 1)
        )
        service = AuthorizationService(
            AuthorizationService.Parts(
                settings: settings,
                store: self.store,
                sealing: sealing,
                keys: try await SigningKeyRing(
                    store: self.store,
                    sealing: sealing,
                    settings: settings,
                    now: now
                ),
                transport: provider,
                revocations: published,
                guards: AuthorizationGuards(
                    hasher: PasswordHasher(parameters: cheap)
                ),
                clock: { clock.now }
            )
        )
    }

    /// Moves the clock.
    func advance(seconds: Int64) { clock.advance(seconds) }

    /// Sends a request; the path and query as a client writes them.
    func send(
        _ method: String,
        _ target: String,
        form: [(String, String)]? = nil,
        json: JSONObject? = nil,
        headers: [(String, String)] = [],
        cookies: CookieJar? = nil,
        address: String = "203.0.113.7",
        isConfidential: Bool = true
    ) async throws -> ControlResponse {
        let path = String(target.prefix { $0 != "?" })
        let query = target.contains("?") ? String(target.drop { $0 != "?" }.dropFirst()) : nil
        let host = Array(settings.hosts[0].utf8)
        let bytes = Array(path.utf8)
        let found = table.find(host: host.span, path: bytes.span)
        let match = try #require(found, "\(path)")
        var fields = headers.map { ControlField($0.0.lowercased(), $0.1) }
        var body: [UInt8] = []
        if let form {
            fields.append(ControlField("content-type", "application/x-www-form-urlencoded"))
            body = Array(FormCoding.query(form).utf8)
        }
        if let json {
            fields.append(ControlField("content-type", "application/json"))
            json.write(into: &body)
        }
        if let cookies, let field = cookies.field { fields.append(field) }
        let response = await service.respond(
            to: ControlRequest(
                endpoint: match.endpoint,
                parameter: String(decoding: bytes[match.parameter], as: UTF8.self),
                method: method,
                path: path,
                query: query,
                fields: fields,
                body: body,
                clientAddress: try #require(IPAddress(address)),
                isConfidential: isConfidential,
                requestID: "0123456789abcdef0123456789abcdef"
            )
        )
        cookies?.take(response)
        return response
    }
}

/// A clock that moves only when it is told to.
final class ClockBox: Sendable {
    private let seconds: Mutex<Int64>

    init(_ seconds: Int64) {
        self.seconds = Mutex(seconds)
    }

    var now: WallTime {
        WallTime(nanosecondsSince1970: seconds.withLock { $0 } * 1_000_000_000)
    }

    func advance(_ more: Int64) {
        seconds.withLock { $0 += more }
    }
}

/// The cookies of one browser.
final class CookieJar: Sendable {
    private let values = Mutex<[String: String]>([:])

    /// Keeps and forgets what a response says.
    func take(_ response: ControlResponse) {
        for field in response.fields where field.name == "set-cookie" {
            let pair = field.value.prefix { $0 != ";" }
            guard let equals = pair.firstIndex(of: "=") else { continue }
            let name = String(pair[..<equals])
            let isGone = field.value.contains("Max-Age=0")
            values.withLock { $0[name] = isGone ? nil : String(pair[pair.index(after: equals)...]) }
        }
    }

    /// The `Cookie` field, or `nil` without cookies.
    var field: ControlField? {
        let pairs = values.withLock { $0.map { "\($0.key)=\($0.value)" }.sorted() }
        return pairs.isEmpty ? nil : ControlField("cookie", pairs.joined(separator: "; "))
    }

    var names: [String] { values.withLock { $0.keys.sorted() } }
}

extension ControlResponse {
    /// The first value of a field.
    func value(of name: String) -> String? { fields.first { $0.name == name }?.value }

    /// The body as a JSON object; empty where it is none.
    var object: JSONObject {
        guard
            case .object(let object)? = try? JSONValue.parse(
                body.span,
                limits: JSONLimits(size: 1_000_000, depth: 16)
            )
        else { return [:] }
        return object
    }

    /// The body as text.
    var text: String { String(decoding: body, as: UTF8.self) }

    /// The parameters of the `Location`'s query.
    var locationParameters: [String: String] {
        guard let location = value(of: "location"), let mark = location.firstIndex(of: "?") else {
            return [:]
        }
        let query = Array(location[location.index(after: mark)...].utf8)
        guard let parameters = try? Parameters(form: query.span) else { return [:] }
        var all: [String: String] = [:]
        for name in parameters.names { all[name] = parameters[name] }
        return all
    }
}

extension ServiceHarness {
    static let project = "6fbbf22e-f4b2-4c6e-95a1-beab6fa41063"
    static let key = "pck_example0000000000000000000000000000000000000000"
    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    static let redirectURI = "https://app.example.com/signed-in"

    /// A Stack project, a Dressipi client, and plain clients, public and confidential.
    static let conf = """
        authorization_server https://gate.test {
            provider local { sign_up on; email_verification assumed; }
            provider corp {
                discovery https://id.test/.well-known/openid-configuration;
                client_id gatehouse;
                client_secret env:CORP_SECRET;
            }
            project \(project) {
                name "Internal tools";
                dialect stack;
                publishable_client_key \(key);
                trusted_domain https://app.example.com https://*.preview.example.com;
                allow_localhost on;
                providers local corp;
                grantable_scopes openid email orders:read orders:write;
                default_scopes openid email orders:read;
                grant orders:write provider=corp claim=groups value=clerks;
                sign_up on;
            }
            client fashion-app {
                dialect dressipi;
                grantable_scopes profile:read;
                default_scopes profile:read;
            }
            client reporting {
                dialect oauth;
                client_secret_hash sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae;
                grant_types client_credentials authorization_code refresh_token;
                redirect_uri https://reports.example.com/callback;
                audience orders-api;
                grantable_scopes openid email orders:read;
                default_scopes openid email orders:read;
            }
            client desktop {
                dialect oauth;
                grant_types authorization_code refresh_token;
                redirect_uri http://127.0.0.1/callback;
                grantable_scopes openid orders:read;
                default_scopes openid orders:read;
            }
        }

        """
}
