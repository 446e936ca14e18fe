import EventLoop
import Glibc
import Outbound

/// `gatehouse demo`: the real gateway on a conf that it writes, in front of a sample back end, with
/// commands to try.
public enum DemoCommand {
    /// Runs until Ctrl-C.
    ///
    /// - Parameters:
    ///   - port: Where the gateway listens.
    ///   - directory: Where the files go, or `nil` for a fresh temporary place that is removed at the
    ///     end.
    /// - Returns: The exit code.
    public static func run(port: UInt16, directory: String?) -> Int32 {
        do {
            // Before the first thread: one that has not blocked them would take a signal, and end the
            // process where it stands.
            let signals = try SignalSource()
            let place = try directory ?? FileSystem.makeTemporaryDirectory(prefix: "gatehouse-demo")
            defer {
                if directory == nil {
                    FileSystem.removeTree(at: place)
                }
            }
            let files = DemoFiles(directory: place)
            try files.makeCertificate()
            let application = SampleApplication(
                gateway: "https://localhost:\(port)",
                clientID: DemoFiles.clientID,
                clientSecret: SampleApplication.random(),
                certificatePath: files.certificatePath,
                client: try OutboundClient(limits: .sample, userAgent: "sample-application")
            )
            let backEnd = try SmallServer.start(
                on: SocketAddress(address: .loopback, port: 0),
                threadName: "sample back end",
                responder: application
            )
            try files.write(
                port: port,
                backEnd: backEnd,
                clientSecret: application.clientSecret,
                now: WallTime.now().secondsSince1970
            )
            let code = GatewayProcess(configurationPath: files.configurationPath) {
                Console.write(welcome(files, port))
            }.run()
            _ = consume signals
            Console.write(code == 0 ? "The demo has ended." : "The demo could not run.")
            return code
        } catch {
            Console.writeError("gatehouse: \(error)")
            return 1
        }
    }

    private static func welcome(_ files: DemoFiles, _ port: UInt16) -> String {
        func command(_ token: DemoFiles.Token) -> String {
            """
            curl -i --cacert \(files.certificatePath) \
            -H "Authorization: Bearer $(cat \(files.path(of: token)))" \
            https://localhost:\(port)/orders/1
            """
        }
        return """

            Gatehouse is running on https://localhost:\(port)
              its conf:        \(files.configurationPath)
              its access log:  \(files.directory)/access.log

            Sign up, look at your account and sign out, in a browser (which warns of the certificate
            that the demo has made for itself):

              https://localhost:\(port)/

            Or try, in another terminal:

            # a good token: 200, and the identity headers that the back end received
            \(command(.good))

            # an expired token: 401, and the reason
            \(command(.expired))

            # a token without the scope that the route demands: 403
            \(command(.scopeless))

            Ctrl-C ends the demo.
            """
    }
}
