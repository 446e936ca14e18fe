import Access
import JSON
import Testing

@testable import AuthorizationServer

@Suite("RFC 8414, OpenID Connect Discovery, RFC 7517 and CORS")
struct PublishedDocumentTests {
    private func texts(_ value: JSONValue?) -> [String] {
        guard case .array(let members)? = value else { return [] }
        return members.compactMap(\.string)
    }

    @Test("RFC 8414 §2: the document says what is so")
    func serverMetadata() async throws {
        let kit = try await OAuthKit()
        let answer = try await kit.harness.send("GET", "/.well-known/oauth-authorization-server")
        #expect(answer.status == 200)
        #expect(answer.value(of: "cache-control") == "public, max-age=3600")
        let body = answer.object
        #expect(body["issuer"] == "https://gate.test")
        #expect(body["authorization_endpoint"] == "https://gate.test/oauth2/authorize")
        #expect(body["token_endpoint"] == "https://gate.test/oauth2/token")
        #expect(body["revocation_endpoint"] == "https://gate.test/oauth2/revoke")
        #expect(body["introspection_endpoint"] == "https://gate.test/oauth2/introspect")
        #expect(body["jwks_uri"] == "https://gate.test/.well-known/jwks.json")
        #expect(body["authorization_response_iss_parameter_supported"] == true)
        #expect(texts(body["code_challenge_methods_supported"]) == ["S256"])
        #expect(texts(body["response_types_supported"]) == ["code"])
        #expect(
            texts(body["grant_types_supported"])
                == ["authorization_code", "client_credentials", "refresh_token"]
        )
        #expect(
            texts(body["token_endpoint_auth_methods_supported"])
                == ["client_secret_basic", "client_secret_post", "none"]
        )
        #expect(
            texts(body["introspection_endpoint_auth_methods_supported"])
                == ["client_secret_basic", "client_secret_post"]
        )
        #expect(Set(texts(body["scopes_supported"])).contains("orders:write"))
    }

    @Test("OpenID Connect Discovery §3: the same, and what its clients read")
    func openIDConfiguration() async throws {
        let kit = try await OAuthKit()
        let body = try await kit.harness.send("GET", "/.well-known/openid-configuration").object
        #expect(body["userinfo_endpoint"] == "https://gate.test/oauth2/userinfo")
        #expect(body["end_session_endpoint"] == "https://gate.test/oauth2/logout")
        #expect(texts(body["id_token_signing_alg_values_supported"]) == ["ES256"])
        #expect(texts(body["subject_types_supported"]) == ["public"])
        #expect(body["request_uri_parameter_supported"] == false)
        // Every address is one that is served.
        for member in body.members where member.name.hasSuffix("_endpoint") {
            let path = member.value.string?.dropFirst("https://gate.test".count) ?? ""
            #expect(try await kit.harness.send("OPTIONS", String(path)).status != 404)
        }
    }

    @Test("decision 12: public keys only, with kid, use and alg")
    func keySet() async throws {
        let kit = try await OAuthKit()
        let signed = try await kit.signIn()
        let answer = try await kit.harness.send("GET", "/.well-known/jwks.json")
        #expect(answer.value(of: "cache-control") == "public, max-age=3600")
        guard case .array(let keys)? = answer.object["keys"] else {
            Issue.record("no keys")
            return
        }
        #expect(!keys.isEmpty)
        for case .object(let key) in keys {
            #expect(key["use"] == "sig")
            #expect(key["alg"] == "ES256")
            #expect(key["kid"]?.string?.isEmpty == false)
            #expect(key["d"] == nil)
        }
        #expect(!signed.access.isEmpty)
    }

    @Test("decision 12: everyone may read the documents and the keys")
    func openDocuments() async throws {
        let kit = try await OAuthKit()
        for path in [
            "/.well-known/jwks.json", "/.well-known/openid-configuration",
            "/.well-known/oauth-authorization-server",
        ] {
            let origin = [("origin", "https://any.test")]
            let answer = try await kit.harness.send("GET", path, headers: origin)
            #expect(answer.value(of: "access-control-allow-origin") == "*")
            let preflight = try await kit.harness.send("OPTIONS", path, headers: origin)
            #expect(preflight.status == 204)
            #expect(preflight.value(of: "access-control-allow-methods") == "GET")
            #expect(
                try await kit.harness.send("POST", path).value(of: "allow") == "GET, HEAD, OPTIONS"
            )
        }
    }

    @Test(
        "decision 12: token and userinfo are read by registered origins, each by its client's own"
    )
    func registeredOrigins() async throws {
        let kit = try await OAuthKit()
        func allowed(_ response: ControlResponse) -> String? {
            #expect(response.value(of: "vary") == "origin")
            #expect(response.value(of: "access-control-allow-credentials") == nil)
            return response.value(of: "access-control-allow-origin")
        }
        let web = ("origin", "https://web.example.com")
        let spa = ("origin", "https://spa.example.com")
        let evil = ("origin", "https://web.example.com.evil.test")
        for path in ["/oauth2/token", "/oauth2/userinfo"] {
            #expect(allowed(try await kit.harness.send("OPTIONS", path, headers: [web])) == web.1)
            #expect(allowed(try await kit.harness.send("OPTIONS", path, headers: [evil])) == nil)
            #expect(allowed(try await kit.harness.send("OPTIONS", path)) == nil)
        }
        let form: [String: String?] = ["grant_type": "client_credentials"]
        let ours = try await kit.post("/oauth2/token", form, headers: [OAuthKit.web, web])
        #expect(allowed(ours) == web.1)
        // Another client's origin does not read this one's tokens.
        let theirs = try await kit.post("/oauth2/token", form, headers: [OAuthKit.web, spa])
        #expect(theirs.status == 200)
        #expect(allowed(theirs) == nil)
        // Before the client is known, any registered origin reads the refusal.
        #expect(allowed(try await kit.post("/oauth2/token", form, headers: [spa])) == spa.1)
        #expect(
            allowed(try await kit.harness.send("GET", "/oauth2/userinfo", headers: [spa])) == spa.1
        )
        let signed = try await kit.signIn()
        let bearer = ("authorization", "Bearer " + signed.access)
        let info = try await kit.harness.send("GET", "/oauth2/userinfo", headers: [bearer, web])
        #expect(allowed(info) == web.1)
        let other = try await kit.harness.send("GET", "/oauth2/userinfo", headers: [bearer, spa])
        #expect(allowed(other) == nil)
    }

    @Test("section 1: scripts have no business at authorize, revoke, introspect and logout")
    func noScripts() async throws {
        let kit = try await OAuthKit()
        let origin = [("origin", "https://web.example.com")]
        for path in ["/oauth2/revoke", "/oauth2/introspect"] {
            let answer = try await kit.harness.send("POST", path, form: [], headers: origin)
            #expect(answer.value(of: "access-control-allow-origin") == nil)
            #expect(try await kit.harness.send("OPTIONS", path).value(of: "allow") == "POST")
        }
    }
}
