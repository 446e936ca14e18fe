import Access
import AuthorizationServer
import Configuration
import EventLoop
import Logging
import Proxy

// The authorization server's part in what the control plane does: its start, its keys in the
// snapshots, its chores, and what a reload means for it.

extension ControlPlane {
    /// Opens the authorization server that a conf has, with what was revoked before.
    func openAuthorization(
        _ settings: Settings
    ) async throws(StartFault) -> AuthorizationPlane? {
        guard let wanted = settings.authorizationServer else { return nil }
        let opened = try await AuthorizationPlane.open(
            wanted,
            publisher: RevocationRelay(plane: self),
            log: log
        )
        do throws(StartFault) {
            revoke(try await opened.revocations())
        } catch {
            await opened.close(waits: false)
            throw error
        }
        return opened
    }

    /// Makes ready what a new conf needs, before anything is changed.
    ///
    /// A store stays with the process that has opened it: another place takes effect at the next
    /// start.
    ///
    /// - Returns: The authorization server of the new conf: the present one where there is one.
    func prepareAuthorization(
        _ next: Settings
    ) async throws(StartFault) -> AuthorizationPlane? {
        guard let wanted = next.authorizationServer else { return nil }
        guard let authorization, let present = settings.authorizationServer else {
            return try await openAuthorization(next)
        }
        if wanted.store != present.store {
            log.write(.warning, "a change of `store` takes effect at the next start")
        }
        if wanted.sealingKey != present.sealingKey {
            log.write(.warning, "a change of `sealing_key` takes effect at the next start")
        }
        try await authorization.prepare(wanted)
        return authorization
    }

    /// Serves the operator's commands, where `gatehouse users` looks for it.
    func startControlSocket(
        _ plane: AuthorizationPlane
    ) throws(StartFault) -> ControlSocket {
        try ControlSocket.start(
            stateDirectory: settings.stateDirectory,
            desk: OperatorDesk(plane: plane) { await self.publishOwnKeys() },
            log: log
        )
    }

    /// Serves by the new conf, whose snapshot the workers have.
    func takeOver(from last: AuthorizationPlane?, _ lastStateDirectory: String) {
        if let wanted = settings.authorizationServer {
            authorization?.serve(wanted)
        }
        guard last !== authorization || lastStateDirectory != settings.stateDirectory else {
            return
        }
        controlSocket?.close()
        do throws(StartFault) {
            controlSocket = try authorization.map(startControlSocket)
        } catch {
            controlSocket = nil
            log.write(.error, "`gatehouse users` cannot be served: \(error.message)")
        }
        if let last, last !== authorization {
            log.write(.notice, "the authorization server was taken out of the conf")
            Task { await last.close(waits: true) }
        }
    }

    /// Gives the workers the key sets of our own issuers, where they are others now.
    func publishOwnKeys() {
        guard let authorization, let present = snapshot,
            present.settingsGeneration == generation
        else { return }
        let held = authorization.keys(settings.issuers, beside: keys)
        guard zip(held, keys).contains(where: { $0.generation != $1.generation }) else { return }
        keys = held
        let next = present.replacing(issuers: builder.issuers(settings, generation, keys))
        snapshot = next
        post(.snapshot(next, nil))
    }

    /// Rotates keys and forgets what is dead, for as long as the gateway runs.
    func doAuthorizationChores() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: SigningKeyRing.checkInterval)
            revocations.dropExpired(before: WallTime.now().secondsSince1970)
            guard let authorization, !Task.isCancelled else { continue }
            if await authorization.rotateIfDue(log: log) {
                publishOwnKeys()
            }
            await authorization.deleteExpired(log: log)
        }
    }
}
