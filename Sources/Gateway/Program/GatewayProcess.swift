import Configuration
import EventLoop
import Glibc
import Logging
import Proxy
import Synchronization
import Telemetry

/// The running gateway: starts it, obeys signals, ends it.
///
/// The main thread waits for signals and does nothing else: SIGTERM and SIGINT drain, a second one ends
/// at once; SIGHUP reads the conf again; SIGUSR1 opens the logs anew.
public struct GatewayProcess: Sendable {
    private let source: ConfigurationSource
    private let stage = Stage()
    /// Called once every listener is open.
    private let started: @Sendable () -> Void

    /// Names the conf to run.
    public init(configurationPath: String, started: @escaping @Sendable () -> Void = {}) {
        source = ConfigurationSource(path: configurationPath)
        self.started = started
    }

    /// What the main thread waits for beside signals.
    private final class Stage: Sendable {
        let state = Mutex(State.starting)
        let wakeUp = Mutex<WakeUp?>(nil)

        enum State {
            case failed(String)
            case starting
            case running
            case stopped
        }

        func move(to next: State) {
            state.withLock { $0 = next }
            wakeUp.withLock { $0?.signal() }
        }
    }

    /// Runs until a signal ends it.
    ///
    /// - Returns: The exit code: 0 after a drain, 1 where it could not start.
    public func run() -> Int32 {
        do {
            let signals = try SignalSource()
            let wakeUp = try WakeUp.make()
            stage.wakeUp.withLock { $0 = wakeUp }
            _ = try? FileSystem.raiseDescriptorLimit()
            let loaded = source.loadWithDiagnostics()
            for diagnostic in loaded.diagnostics {
                Console.writeError(diagnostic.rendered())
            }
            guard let settings = loaded.settings else { return 1 }
            try FileSystem.makeDirectory(path: settings.stateDirectory, mode: 0o700)
            let runnable = RunnableConfiguration(settings: settings, files: loaded.files)
            let log = try ProgramLog(settings.errorLog)
            for relaxation in loaded.report?.relaxations ?? [] {
                log.write(.warning, "relaxed: \(relaxation)")
            }
            let registry = MetricsRegistry(
                build: MetricsRegistry.BuildLabels(version: Version.text, revision: ""),
                startSeconds: WallTime.now().secondsSince1970
            )
            let plane = try ControlPlane(
                runnable,
                source: source,
                log: log,
                registry: registry,
                inherited: SocketActivation.listeners(),
                stopped: { stage.move(to: .stopped) }
            )
            let admin = AdminResponder(registry)
            if let address = settings.admin {
                try SmallServer.start(on: address, threadName: "admin", responder: admin)
            }
            begin(plane, runnable, admin, log)
            return wait(signals, wakeUp, plane, admin, log)
        } catch let fault as SystemFault {
            Console.writeError("gatehouse: \(fault)")
        } catch {
            Console.writeError("gatehouse: \(error)")
        }
        return 1
    }

    private func begin(
        _ plane: ControlPlane,
        _ runnable: RunnableConfiguration,
        _ admin: AdminResponder,
        _ log: ProgramLog
    ) {
        let stage = stage
        let started = started
        Task {
            do throws(StartFault) {
                try await plane.start()
                admin.become(.ready)
                stage.move(to: .running)
                for listener in runnable.settings.listeners {
                    let scheme = listener.tls == nil ? "http" : "https"
                    log.write(.notice, "listening on \(scheme)://\(listener.address)")
                }
                SystemNotification.sendReady()
                started()
            } catch {
                stage.move(to: .failed(error.message))
            }
        }
    }

    private func wait(
        _ signals: borrowing SignalSource,
        _ wakeUp: WakeUp,
        _ plane: ControlPlane,
        _ admin: AdminResponder,
        _ log: ProgramLog
    ) -> Int32 {
        var isStopping = false
        while true {
            let signal = signals.wait(atMost: nil, wakeUp: wakeUp)
            _ = wakeUp.takeSignal()
            switch stage.state.withLock({ $0 }) {
            case .failed(let message):
                log.write(.error, message)
                return 1
            case .stopped:
                log.write(.notice, "stopped")
                return 0
            case .running, .starting: break
            }
            switch signal {
            case .terminate, .interrupt:
                guard !isStopping else { return 0 }
                isStopping = true
                admin.become(.draining)
                Task { await plane.drain() }
            case .hangUp: Task { await plane.reload() }
            case .user1: Task { await plane.reopenLogs() }
            case nil: break
            }
        }
    }
}
