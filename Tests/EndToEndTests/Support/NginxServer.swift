import Foundation
import Testing

/// A real nginx in a folder, which ends with the object.
final class NginxServer {
    private let process = Process()

    /// Writes the conf, starts, and waits until it accepts on the port.
    init(in folder: String, port: UInt16, server: String) throws {
        let conf = """
            \(getuid() == 0 ? "user root;" : "") daemon off; worker_processes 1;
            pid nginx.pid; error_log nginx.err; events {}
            http { access_log off; client_body_temp_path a; proxy_temp_path b;
                fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
                \(server) }
            """
        try Data(conf.utf8).write(to: URL(fileURLWithPath: "\(folder)/nginx.conf"))
        process.executableURL = URL(fileURLWithPath: try #require(Command.find("nginx")))
        process.arguments = ["-e", "nginx.err", "-p", folder, "-c", "\(folder)/nginx.conf"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        let accepts = waitUntil { !process.isRunning || (try? Wire(port: port)) != nil }
        try #require(accepts && process.isRunning, "\(Command.read("\(folder)/nginx.err"))")
    }

    deinit {
        guard process.isRunning else { return }
        process.terminate()
        process.waitUntilExit()
    }
}
