import Testing

@testable import Configuration

/// What issue and contract say of the authorization server's part of a conf.
@Suite
struct AuthorizationServerTests {
    private let loaded = GoldenFiles.load(GoldenFiles.bytes("good/authorization-server.conf"))

    private func server() throws -> AuthorizationServerSettings {
        try #require(loaded.settings?.authorizationServer)
    }

    @Test
    func issueConfLoadsAsItStands() throws {
        #expect(loaded.errorCount == 0)
        let server = try server()
        #expect(server.url == "https://localhost:8443" && server.hosts == ["localhost"])
        #expect(server.store == .sqlite(path: "/conf/state/gatehouse.db"))
        #expect(server.sealingKey == .file(path: "/conf/state/sealing.key"))
        #expect(server.providers.map(\.kind) == [.local, .openID, .github])
        #expect(server.providers[1].clientSecret == SecretBytes(Array("corp-secret".utf8)))
        #expect(server.providers[2].clientSecret == SecretBytes(Array("github-secret".utf8)))
        #expect(server.projects.map(\.id).last == "default" && server.projects.count == 2)
        #expect(server.projects[1].allowsSignUp && !server.projects[1].isStack)
        #expect(server.clients.map(\.project) == [1, 1])
    }

    /// What is issued here is verified as any other issuer's tokens, behind those of the file.
    @Test
    func realmsAreIssuersBehindThoseOfTheFile() throws {
        let text = GoldenFiles.text("good/authorization-server-everything.conf")
        let settings = try #require(GoldenFiles.load(text).settings)
        let server = try #require(settings.authorizationServer)
        #expect(settings.issuers[0].identifier == "https://issuer.test")
        #expect(settings.issuers.dropFirst().map(\.keys) == server.realms.map { .own($0) })
        #expect(settings.issuers[1].audiences == ["https://login.example.com", "resources"])
        #expect(
            settings.issuers[2].audiences == [
                "stack-one", "stack-one:restricted", "stack-one:anon",
            ]
        )
        #expect(settings.routes[0].rule.issuers == [1, 2, 3, 4, 5, 6, 7, 0])
        #expect(settings.routes[2].rule.issuers == [0])
    }

    /// Without an `issuer` block, a route that names none takes what is issued here.
    @Test
    func selfIsTakenWhereNothingElseIs() throws {
        let conf = """
            listen 127.0.0.1:8080;
            authorization_server http://127.0.0.1:8080 {
                provider local;
                client app { redirect_uri http://127.0.0.1/cb; }
            }
            route /x/ { respond 200; access required; }
            route /y/ { respond 200; access required; token_cookie a; token_header x-a; }
            """
        let settings = try #require(GoldenFiles.load(conf).settings)
        #expect(settings.routes[0].rule.issuers == [0])
        let usual = ["x-stack-access-token", "x-dressipi-jwt"]
        #expect(settings.routes[0].tokenSources.headers == usual)
        #expect(settings.routes[1].tokenSources.headers == ["x-a"])
    }

    /// The contract's table, where no block says anything.
    @Test
    func lifetimesAreThoseOfTheDialect() throws {
        let conf = """
            listen 127.0.0.1:8080;
            authorization_server https://a.test {
                provider local;
                project stack { dialect stack; redirect_uri https://a.test/; }
                client dressipi { dialect dressipi; project stack; }
                client plain { redirect_uri https://a.test/; project stack; }
            }
            """
        let server = try #require(GoldenFiles.load(conf).settings?.authorizationServer)
        #expect(server.projects[0].tokens == Defaults.stackTokens)
        #expect(server.clients[0].tokens == Defaults.dressipiTokens)
        #expect(server.clients[1].tokens == Defaults.plainTokens)
        #expect(Defaults.stackTokens.accessTokenLifetime == .seconds(600))
        #expect(!Defaults.stackTokens.rotatesRefreshTokens)
        #expect(Defaults.dressipiTokens.accessTokenLifetime == .seconds(86_400))
        #expect(Defaults.plainTokens.refreshTokenLifetime == .seconds(90 * 86_400))
        #expect(server.projects.count == 1)
    }

    @Test(
        arguments: [
            "https://app.example.com": true, "https://**.example.com": true,
            "https://api-*.example.com:8080": true, "https://*.example.co.uk": true,
            "https://*": false, "https://**": false, "https://*.com": false,
            "https://*.co.uk": false, "https://*.*.org": false, "https://a.*": false,
            "https://*example.com": false, "https://*.github.io": false,
            "http://app.example.com": false, "https://app.example.com/x": false,
            "https://u@app.example.com": false, "https://app.example.com#": false, "": false,
            "https://": false, "https://:443": false, "https://a.test:0": false,
        ]
    )
    func trustedDomainsEndInWhatSomebodyOwns(pattern: String, isRight: Bool) {
        #expect((TrustedDomainText.parse(pattern) != nil) == isRight)
    }

    @Test(
        arguments: [
            "https://a.test/cb": true, "http://127.0.0.1/cb": true, "http://[::1]:9/cb": true,
            "com.example.app:/cb": true, "com.example.app://cb": true,
            "http://a.test/cb": false, "http://127.0.0.1@a.test/": false,
            "https://a.test\\@b.test/": false, "https://a.test/#": false,
            "https://*.a.test/": false,
            "JavaScript:alert": false, "data:,x": false, "app:/cb": false, "/cb": false, "": false,
            "https:a.test": false, "https:/a.test": false, "https://a.test/\u{20}": false,
            "http://127.0.0.1.a.test/": false, "http://127.1/": false,
        ]
    )
    func redirectsCannotLeakACode(uri: String, isRight: Bool) {
        #expect((RedirectURI.fault(of: uri) == nil) == isRight)
    }

    @Test
    func noSecretOfTheServerIsEverShown() {
        let confs = [
            "provider a { client_secret hunter2 hunter2; }",
            "provider a { client_secret hunter2(x); }",
            "provider a { client_secrt hunter2; }", "sealing_key hunter2;",
            "project a { publishable_client_key hunter2 hunter2; bad; }",
            "client a { client_secret hunter2; }", "client a { client_secret_hash hunter2; }",
            "client a { client_secret_hash hunter2 hunter2; }", "sealing_key hunter2 hunter2;",
        ]
        for conf in confs {
            let loaded = GoldenFiles.load("authorization_server https://a.test { \(conf) }")
            #expect(loaded.errorCount > 0)
            for diagnostic in loaded.diagnostics {
                #expect(!diagnostic.rendered().contains("hunter2"), "\(conf)")
            }
        }
    }
}
