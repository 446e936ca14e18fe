/// One transaction of a store: what the bodies of ``Store/write(_:)`` and ``Store/read(_:)`` get.
///
/// It cannot be kept: it ends with the body. All records go through its methods, which stand in
/// `Ports`, one file for each record. Times are milliseconds since 1970, and the caller's.
public struct Transaction: ~Copyable {
    private let connection: any SQLConnection

    /// Stands for the transaction that `connection` has begun.
    init(of connection: any SQLConnection) {
        self.connection = connection
    }

    /// Runs a statement and counts the rows that it changed.
    @discardableResult
    func change(_ sql: String, _ values: SQLValue...) throws(StorageFault) -> Int {
        try connection.run(sql, values).changedCount
    }

    /// Runs a statement and reads the first row that it gives.
    func first<Record>(
        _ sql: String,
        _ values: SQLValue...,
        as read: (inout SQLRow) throws(StorageFault) -> Record
    ) throws(StorageFault) -> Record? {
        guard var row = try connection.run(sql, values).rows.first else { return nil }
        return try read(&row)
    }

    /// Runs a statement and reads every row that it gives.
    func all<Record>(
        _ sql: String,
        _ values: SQLValue...,
        as read: (inout SQLRow) throws(StorageFault) -> Record
    ) throws(StorageFault) -> [Record] {
        var records: [Record] = []
        for var row in try connection.run(sql, values).rows {
            records.append(try read(&row))
        }
        return records
    }
}
