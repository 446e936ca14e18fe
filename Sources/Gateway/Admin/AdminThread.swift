import EventLoop
import Telemetry

/// The thread of `/healthz`, `/readyz` and `/metrics`: a loop of its own, so that a scrape never
/// waits for a worker, nor a worker for a scrape.
enum AdminThread {
    /// Listens, and serves until the process ends.
    ///
    /// - Throws: ``StartFault`` where the address cannot be had.
    static func start(
        on address: SocketAddress,
        registry: MetricsRegistry,
        plane: ControlPlane
    ) throws(StartFault) {
        do throws(SystemFault) {
            let kernel = try LinuxKernel()
            let descriptor = try kernel.listen(on: address, backlog: 64, sharesPort: false)
            kernel.close(descriptor)
            _ = try startThread(name: "admin") {
                serve(address, registry)
            }
        } catch {
            throw StartFault("admin \(address): \(error)")
        }
    }

    private static func serve(_ address: SocketAddress, _ registry: MetricsRegistry) {
        do throws(SystemFault) {
            let loop = try EventLoop(kernel: try LinuxKernel())
            let server = try AdminServer(address, loop: loop, registry: registry)
            _ = server
            loop.run()
        } catch {
            Console.writeError("gatehouse: admin \(address): \(error)")
        }
    }
}
