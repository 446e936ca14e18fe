import AuthorizationServer
import Configuration
import EventLoop
import Storage

/// Carries the operator's commands out, on whatever authorization server this process has.
struct OperatorDesk: Sendable {
    let plane: AuthorizationPlane
    /// Brings the key sets to the workers, where there are any.
    let announceKeys: @Sendable () async -> Void

    /// Does what is asked.
    ///
    /// - Returns: What the operator is told; never a secret.
    func carryOut(_ command: OperatorCommand) async -> OperatorAnswer {
        do throws(AdministrationFault) {
            return try await perform(command)
        } catch {
            return .refused(error.description)
        }
    }

    private func perform(
        _ command: OperatorCommand
    ) async throws(AdministrationFault) -> OperatorAnswer {
        let accounts = AccountAdministration(plane.service)
        switch command {
        case .addUser(let email, let password, let name, let project):
            let made = try await accounts.add(
                email: email,
                password: password,
                displayName: name,
                projectID: project
            )
            return .done(["added \(made.user.id) to project \(made.user.projectID)"])
        case .listUsers(let project, let limit, let after):
            let found = try await accounts.list(projectID: project, limit: limit, after: after)
            let isLast = found.count < min(limit, AccountAdministration.listCountMax)
            return .done(found.map(\.line), next: isLast ? nil : found.last?.user.id)
        case .disableUser(let user, let project):
            return told(try await accounts.disable(user, projectID: project), "disabled")
        case .enableUser(let user, let project):
            return told(try await accounts.enable(user, projectID: project), "enabled")
        case .setPassword(let user, let password, let project):
            let change = try await accounts.setPassword(user, password, projectID: project)
            return told(change, "set the password of")
        case .verifyUser(let user, let project):
            return told(try await accounts.verify(user, projectID: project), "verified")
        case .grant(let scope, let user, let project):
            let change = try await accounts.grant(scope, to: user, projectID: project)
            return told(change, "granted \(scope) to")
        case .revoke(let scope, let user, let project):
            let change = try await accounts.revoke(scope, from: user, projectID: project)
            return told(change, "took \(scope) from")
        case .listKeys: return .done(plane.ring.list().map(\.line))
        case .rotateKeys(let realm): return await rotate(realm)
        }
    }

    private func told(_ change: AccountChange, _ verb: String) -> OperatorAnswer {
        let name = "\(change.account.user.id) (\(change.account.user.email ?? "no e-mail"))"
        guard change.hasChanged else { return .done(["nothing to do for \(name)"]) }
        let count = change.endedSessions.count
        let ended = count == 0 ? "" : ", \(count) session\(count == 1 ? "" : "s") ended"
        return .done(["\(verb) \(name)\(ended)"])
    }

    private func rotate(_ name: String?) async -> OperatorAnswer {
        let realms = plane.realms.filter { name == nil || $0.storedName == name }
        guard !realms.isEmpty else {
            let known = plane.realms.map(\.storedName).joined(separator: ", ")
            return .refused("there is no realm \(name ?? ""); those of the conf are: \(known)")
        }
        var lines: [String] = []
        for realm in realms {
            do throws(SigningKeyFault) {
                try await plane.ring.rotate(realm: realm, now: .now(), announcing: announceKeys)
                lines.append("rotated \(realm.storedName)")
            } catch {
                return OperatorAnswer(
                    lines: lines,
                    fault: "\(realm.storedName) was not rotated: \(error)"
                )
            }
        }
        await announceKeys()
        return .done(lines)
    }
}
