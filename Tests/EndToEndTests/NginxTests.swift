import Foundation
import Testing

extension EndToEnd {
    /// The most common back end of all, as it comes from Debian.
    @Suite(.enabled(if: Command.find("nginx") != nil, "nginx is not installed"))
    struct NginxTests {
        @Test(arguments: [false, true])
        func documentsComeThroughWhole(isTLS: Bool) throws {
            let port = try #require(Site.freePorts(1).first)
            let origin = isTLS ? "https://localhost:\(port)" : "http://127.0.0.1:\(port)"
            let tls = isTLS ? "ssl" : ""
            let document = String(repeating: "0123456789abcdef", count: 1 << 18)
            let site = try Site(upstream: port) { conf in
                isTLS
                    ? conf.replacingOccurrences(
                        of: "server          127.0.0.1:\(port);",
                        with: "server https://localhost:\(port); "
                            + "trusted_certificates tls/server.crt;"
                    ) : conf
            } companion: { folder in
                let www = URL(fileURLWithPath: "\(folder)/www/public")
                try FileManager.default.createDirectory(at: www, withIntermediateDirectories: true)
                try Data(document.utf8).write(to: www.appendingPathComponent("large.txt"))
                return try NginxServer(
                    in: folder,
                    port: port,
                    server: """
                        ssl_certificate tls/server.crt; ssl_certificate_key tls/server.key;
                        server { listen 127.0.0.1:\(port) \(tls); root www;
                            location = /healthz { return 200; }
                            location = /public/short { return 301 /public/; }
                            location /public/moved { return 301 \(origin)/public/; } }
                        """
                )
            }
            #expect(
                waitUntil { (try? site.curl("/public/large.txt").status) == 200 },
                "\(Command.read(site.folder + "/nginx.err"))\(site.log)"
            )
            let whole = try site.curl("/public/large.txt")
            #expect(whole.body == document)
            let part = try site.curl("/public/large.txt", "-r", "16-31")
            #expect(part.status == 206)
            #expect(part.body == "0123456789abcdef")
            #expect(try site.curl("/public/none").status == 404)
            let head = try site.curl("/public/large.txt", "-I")
            #expect(head["content-length"] == "\(document.utf8.count)")
            // By its own address, and by the client's host with its own port, as nginx does by itself.
            for path in ["/public/moved", "/public/short"] {
                let location = try site.curl(path)["location"]
                #expect(location?.hasPrefix("https://localhost:\(site.tlsPort)/public/") == true)
            }
        }
    }
}
