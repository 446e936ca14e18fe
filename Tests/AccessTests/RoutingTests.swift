import Bytes
import Configuration
import HTTP
import Testing

@testable import Access

/// Which route takes a request, and which rule.
@Suite
struct RoutingTests {
    private func route(_ host: String, _ path: String, in conf: String) throws -> String? {
        let routes = try Kit.routes(conf)
        let table = RouteTable(routes)
        let host = Array(host.utf8)
        let path = Array(path.utf8)
        return table.route(host: host.span, path: path.span).map { routes[$0].name }
    }

    private let plain = """
        route /orders/ { upstream one; access public; }
        route /orders/open/ { upstream one; access public; }
        route = /orders/exact { upstream one; access public; }
        route /fold/ { upstream one; access public; path_case insensitive; }
        route /hooks/ host=hooks.test { upstream one; access public; }
        route /hooks/ host=*.hooks.test { upstream one; access public; }
        route /hooks/ host=*.deep.hooks.test { upstream one; access public; }
        route /hooks/ { upstream one; access public; }
        """

    @Test(arguments: [
        ("/orders", "/orders/"), ("/orders/", "/orders/"), ("/orders/x", "/orders/"),
        ("/orders/openx", "/orders/"), ("/orders/open", "/orders/open/"),
        ("/orders/open/deep/er", "/orders/open/"), ("/orders/exact", "= /orders/exact"),
        ("/orders/exact/", "/orders/"), ("/ordersx", nil), ("/order", nil), ("/", nil),
        ("/Orders/x", nil), ("/FOLD/x", "/fold/"), ("/fold", "/fold/"), ("/foldx", nil),
    ])
    func longestPrefixOnSegmentBoundaries(path: String, name: String?) throws {
        #expect(try route("any.test", path, in: plain) == name)
    }

    @Test(arguments: [
        ("hooks.test", "/hooks/ host=hooks.test"), ("a.hooks.test", "/hooks/ host=*.hooks.test"),
        ("a.b.hooks.test", "/hooks/ host=*.hooks.test"),
        ("a.deep.hooks.test", "/hooks/ host=*.deep.hooks.test"),
        ("deep.hooks.test", "/hooks/ host=*.hooks.test"), (".hooks.test", "/hooks/"),
        ("xhooks.test", "/hooks/"), ("", "/hooks/"), ("hooks.test.evil", "/hooks/"),
    ])
    func boundHostsComeFirst(host: String, name: String) throws {
        #expect(try route(host, "/hooks/x", in: plain) == name)
    }

    @Test
    func hostWithoutThePathFallsThrough() throws {
        #expect(try route("hooks.test", "/orders/1", in: plain) == "/orders/")
    }

    @Test
    func exactRootAndRootPrefixDiffer() throws {
        let conf = """
            route = / { upstream one; access public; }
            route / { upstream one; access public; }
            """
        #expect(try route("x", "/", in: conf) == "= /")
        #expect(try route("x", "/a", in: conf) == "/")
    }

    @Test
    func manyRoutesAreAllFound() throws {
        let count = 300
        let conf = (0..<count).map { "route /r\($0)/ { upstream one; access public; }" }
        let routes = try Kit.routes(conf.joined(separator: "\n"))
        let table = RouteTable(routes)
        for index in 0..<count {
            let path = Array("/r\(index)/x".utf8)
            let host: [UInt8] = []
            let found = table.route(host: host.span, path: path.span)
            #expect(found == index)
        }
    }

    private func scopes(_ route: Route, _ method: String) -> String {
        let bytes = Array(method.utf8)
        return String(
            decoding: route.rule(for: Method(bytes.span), spelt: bytes.span).scopeText,
            as: UTF8.self
        )
    }

    @Test
    func headFollowsGetUnlessNamed() throws {
        let follows = try Kit.route("scope all; method GET { scope get; }")
        #expect(scopes(follows, "GET") == "get" && scopes(follows, "HEAD") == "get")
        #expect(scopes(follows, "POST") == "all" && scopes(follows, "PURGE") == "all")
        let named = try Kit.route("scope all; method GET { scope get; } method HEAD { scope h; }")
        #expect(scopes(named, "HEAD") == "h")
        let other = try Kit.route("scope all; method PURGE POST { scope odd; }")
        #expect(scopes(other, "PURGE") == "odd" && scopes(other, "POST") == "odd")
        #expect(scopes(other, "purge") == "all" && scopes(other, "HEAD") == "all")
    }

    @Test
    func closedListOfMethodsHoldsWhatItNames() throws {
        func allows(_ route: Route, _ method: String) -> Bool {
            let bytes = Array(method.utf8)
            return route.allows(bytes.span)
        }
        let closed = try Kit.route("access public; methods GET PURGE;")
        #expect(["GET", "HEAD", "PURGE"].allSatisfy { allows(closed, $0) })
        #expect(!["POST", "get", "PURG", "", "DELETE"].contains { allows(closed, $0) })
        #expect(String(decoding: closed.allow, as: UTF8.self) == "GET, PURGE, HEAD")
        let open = try Kit.route("access public;")
        #expect(["GET", "POST", "ANY"].allSatisfy { allows(open, $0) } && open.allow.isEmpty)
    }
}
