import Foundation
import Testing

extension EndToEnd {
    /// The most common back end of all, as it comes from Debian.
    @Suite(.enabled(if: Command.find("nginx") != nil, "nginx is not installed"))
    struct NginxTests {
        @Test(arguments: [false, true])
        func documentsComeThroughWhole(isTLS: Bool) throws {
            let port = try #require(Site.freePorts(1).first)
            let site = try Site(upstream: port) { conf in
                isTLS
                    ? conf.replacingOccurrences(
                        of: "server          127.0.0.1:\(port);",
                        with: "server https://localhost:\(port); "
                            + "trusted_certificates tls/server.crt;"
                    ) : conf
            }
            let origin = isTLS ? "https://localhost:\(port)" : "http://127.0.0.1:\(port)"
            let (folder, tls) = (site.folder, isTLS ? "ssl" : "")
            try FileManager.default.createDirectory(
                atPath: "\(folder)/www/public",
                withIntermediateDirectories: true
            )
            let document = String(repeating: "0123456789abcdef", count: 1 << 18)
            try site.write("www/public/large.txt", document)
            try site.write(
                "nginx.conf",
                """
                \(getuid() == 0 ? "user root;" : "") daemon off; worker_processes 1;
                pid nginx.pid; error_log nginx.err; events {}
                http { access_log off; client_body_temp_path a; proxy_temp_path b;
                    fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
                    ssl_certificate tls/server.crt; ssl_certificate_key tls/server.key;
                    server { listen 127.0.0.1:\(port) \(tls); root www;
                        location = /healthz { return 200; }
                        location = /public/short { return 301 /public/; }
                        location /public/moved { return 301 \(origin)/public/; } } }
                """
            )
            let nginx = Process()
            nginx.executableURL = URL(fileURLWithPath: try #require(Command.find("nginx")))
            nginx.arguments = ["-e", "nginx.err", "-p", folder, "-c", "\(folder)/nginx.conf"]
            nginx.standardInput = FileHandle.nullDevice
            nginx.standardError = FileHandle.nullDevice
            try nginx.run()
            defer {
                nginx.terminate()
                nginx.waitUntilExit()
            }
            // Five failures in a row would take the server out of choice for ten seconds.
            try #require(waitUntil { (try? Wire(port: port)) != nil })
            #expect(
                waitUntil { (try? site.curl("/public/large.txt").status) == 200 },
                "\(Command.read(folder + "/nginx.err"))\(site.log)"
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
