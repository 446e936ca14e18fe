extension Transaction {
    /// What is kept under a name; `nil` where nothing is.
    public func value(_ name: String) throws(StorageFault) -> [UInt8]? {
        try first("SELECT content FROM named_values WHERE name = $1", .text(name)) {
            (row) throws(StorageFault) in try row.bytes()
        }
    }

    /// Keeps bytes under a name, in place of those before.
    public func setValue(_ name: String, _ bytes: [UInt8]) throws(StorageFault) {
        try change(
            """
            INSERT INTO named_values (name, content) VALUES ($1, $2)
            ON CONFLICT (name) DO UPDATE SET content = excluded.content
            """,
            .text(name),
            .bytes(bytes)
        )
    }
}
