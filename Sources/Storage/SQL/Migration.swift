/// Brings a database to the version of the tables that this program knows.
enum Migration {
    /// The version that ``Schema/steps`` lead to.
    static var known: Int64 { Int64(Schema.steps.count) }

    /// Applies every step that the database has not seen, all in one transaction.
    ///
    /// - Throws: ``StorageFault/newerVersion(found:known:)`` where a newer program was here.
    static func run(on connection: any SQLConnection) throws(StorageFault) {
        try connection.begin(.writing)
        do throws(StorageFault) {
            try apply(to: connection)
            try connection.commit()
        } catch {
            connection.rollback()
            throw error
        }
    }

    /// The version that the database has; 0 for one without tables.
    ///
    /// - Throws: ``StorageFault/newerVersion(found:known:)`` where a newer program was here.
    @discardableResult
    static func refuseNewer(on connection: any SQLConnection) throws(StorageFault) -> Int64 {
        let found = try version(of: connection)
        guard found <= known else { throw .newerVersion(found: found, known: known) }
        return found
    }

    private static func apply(to connection: any SQLConnection) throws(StorageFault) {
        let found = try refuseNewer(on: connection)
        for (index, step) in Schema.steps.enumerated() where index >= found {
            for statement in step {
                _ = try connection.run(statement, [])
            }
            _ = try connection.run(
                "INSERT INTO store_version (version) VALUES ($1)",
                [.integer(Int64(index + 1))]
            )
        }
    }

    private static func version(of connection: any SQLConnection) throws(StorageFault) -> Int64 {
        guard try connection.hasTable("store_version") else { return 0 }
        let rows = try connection.run("SELECT MAX(version) FROM store_version", []).rows
        guard var row = rows.first else { return 0 }
        return try row.optionalInteger() ?? 0
    }
}
