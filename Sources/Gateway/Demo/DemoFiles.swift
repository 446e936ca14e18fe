import Bytes
import Cryptography
import EventLoop
import JOSE
import JSON
import TLS

/// The files of a demo: a certificate, a signing key's public half, three tokens and the conf.
struct DemoFiles {
    /// Where they are.
    let directory: String
    /// The conf.
    var configurationPath: String { directory + "/gateway.conf" }
    /// What curl and the sample application verify the gateway by.
    var certificatePath: String { directory + "/server.crt" }

    /// The tokens that a demo comes with.
    enum Token: String, CaseIterable {
        case expired
        case good
        case scopeless = "no-scope"
    }

    /// The path of a token.
    func path(of token: Token) -> String {
        "\(directory)/\(token.rawValue).jwt"
    }

    /// The sample application's `client_id`.
    static let clientID = "sample-application"

    private static let issuer = "https://demo.gatehouse.test"
    private static let audience = "demo"

    /// Makes the certificate, which the sample application needs before it begins.
    func makeCertificate() throws {
        try FileSystem.makeDirectory(path: directory, mode: 0o700)
        let pair = try SelfSignedCertificate.make(names: ["localhost", "127.0.0.1"], days: 30)
        try put(pair.certificatePEM, "server.crt")
        try put(pair.keyPEM, "server.key", mode: 0o600)
    }

    /// Writes everything else.
    func write(port: UInt16, backEnd: SocketAddress, clientSecret: String, now: Int64) throws {
        let key = try PrivateKey.generate(.p256)
        let publicKey = JSONWebKey(
            keyID: "demo",
            algorithm: .es256,
            material: .publicKey(key.publicKey)
        )
        var keySet: [UInt8] = []
        KeySet([publicKey]).write(into: &keySet)
        try put(keySet, "demo.jwks.json")
        let signer = try TokenSigner(
            privateKey: key,
            algorithm: .es256,
            keyID: "demo",
            type: "at+jwt"
        )
        for token in Token.allCases {
            try put(
                try signer.sign(claims(of: token, now: now)),
                "\(token.rawValue).jwt",
                mode: 0o600
            )
        }
        let secretLine = ClientSecretCommand.line(Array(clientSecret.utf8))
        try put(Array(configuration(port, backEnd, secretLine).utf8), "gateway.conf")
    }

    private func claims(of token: Token, now: Int64) -> JSONObject {
        [
            "iss": .string(Self.issuer),
            "aud": .string(Self.audience),
            "sub": "alice",
            "client_id": "curl",
            "email": "alice@example.com",
            "email_verified": true,
            "scope": token == .scopeless ? "profile" : "orders:read",
            "iat": .integer(now - 7200),
            "exp": .integer(token == .expired ? now - 3600 : now + 86_400),
        ]
    }

    private func put(_ bytes: [UInt8], _ name: String, mode: UInt32 = 0o644) throws {
        try FileSystem.replace(path: "\(directory)/\(name)", with: bytes.span, mode: mode)
    }

    private func configuration(
        _ port: UInt16,
        _ backEnd: SocketAddress,
        _ secretLine: String
    ) -> String {
        """
        # Written by `gatehouse demo`. Copy it, and change what differs.
        workers          2;
        state_directory  state;
        access_log       access.log format=json;

        listen 127.0.0.1:\(port) {
            tls_certificate      server.crt;
            tls_certificate_key  server.key;
        }

        # Signs people in, by pages of its own; see README, "Signing people in".
        authorization_server https://localhost:\(port) {
            provider local { sign_up on; email_verification assumed; }
            project demo {
                name              "The demo";
                sign_up           on;
                grantable_scopes  openid email orders:read;
                default_scopes    openid email orders:read;
            }
            client \(Self.clientID) {
                name                      "Sample application";
                \(secretLine)
                project                   demo;
                consent                   implicit;
                grant_types               authorization_code;
                redirect_uri              https://localhost:\(port)/signed-in;
                post_logout_redirect_uri  https://localhost:\(port)/;
                grantable_scopes          openid email orders:read;
                default_scopes            openid email orders:read;
                access_token_lifetime     1h;
            }
        }

        # Somebody else's tokens, such as the demo's three.
        issuer \(Self.issuer) {
            jwks_file   demo.jwks.json;
            audience    \(Self.audience);
            algorithms  ES256;
        }

        upstream legacy {
            server  \(backEnd);
        }

        # The sample application: who comes to its account has a token in a cookie.
        route = /account {
            upstream      legacy;
            issuer        self;
            client        \(Self.clientID);
            token_cookie  __Host-token;
        }
        route = /          { upstream legacy; access public; }
        route = /login     { upstream legacy; access public; }
        route = /signed-in { upstream legacy; access public; }
        route = /sign-out  { upstream legacy; access public; }

        # An API: its callers send a token with every request.
        route /orders/ {
            upstream  legacy;
            issuer    \(Self.issuer) self;
            client    \(Self.clientID);
            scope     orders:read;
        }
        route /public/ { upstream legacy; access public; }

        """
    }
}
