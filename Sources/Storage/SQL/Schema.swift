/// The tables, as the steps that lead to them.
///
/// A step is never changed once it was released: what is to be different is a further step. Types
/// are `TEXT`, `BIGINT` and `BYTEA`, and keys are the caller's, so that both databases take them.
/// Foreign keys are checked at once: one that is checked at `COMMIT` would fail the whole batch.
enum Schema {
    /// The statements of each version, the first one's first.
    static let steps: [[String]] = [
        version + people + sessions + flows + keeping
    ]

    private static let version = [
        "CREATE TABLE store_version (version BIGINT NOT NULL PRIMARY KEY)"
    ]

    private static let people = [
        """
        CREATE TABLE users (
            id TEXT NOT NULL PRIMARY KEY, project_id TEXT NOT NULL,
            created_at BIGINT NOT NULL, last_active_at BIGINT NOT NULL,
            display_name TEXT, profile_image_url TEXT, email TEXT, email_key TEXT,
            is_email_verified BIGINT NOT NULL, signs_in_by_email BIGINT NOT NULL,
            is_anonymous BIGINT NOT NULL, restricted_reason TEXT, is_disabled BIGINT NOT NULL)
        """,
        "CREATE INDEX users_by_project ON users (project_id, id)",
        "CREATE INDEX users_by_email ON users (email_key, id)",
        """
        CREATE UNIQUE INDEX users_by_login ON users (project_id, email_key)
            WHERE signs_in_by_email = 1
        """,
        """
        CREATE TABLE passwords (
            user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id),
            hash TEXT NOT NULL, changed_at BIGINT NOT NULL)
        """,
        """
        CREATE TABLE provider_accounts (
            project_id TEXT NOT NULL, provider_id TEXT NOT NULL, account_id TEXT NOT NULL,
            user_id TEXT NOT NULL REFERENCES users (id), email TEXT,
            is_email_verified BIGINT NOT NULL, sealed_tokens BYTEA NOT NULL,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (project_id, provider_id, account_id))
        """,
        "CREATE INDEX provider_accounts_by_user ON provider_accounts (user_id)",
        """
        CREATE TABLE scope_grants (
            user_id TEXT NOT NULL REFERENCES users (id), source TEXT NOT NULL, scope TEXT NOT NULL,
            PRIMARY KEY (user_id, source, scope))
        """,
        """
        CREATE TABLE consents (
            user_id TEXT NOT NULL, client_id TEXT NOT NULL, scopes TEXT NOT NULL,
            granted_at BIGINT NOT NULL,
            PRIMARY KEY (user_id, client_id))
        """,
    ]

    private static let sessions = [
        // `dead_at` is when the session died or will: what is deleted goes by it.
        """
        CREATE TABLE sessions (
            id TEXT NOT NULL PRIMARY KEY, project_id TEXT NOT NULL, client_id TEXT NOT NULL,
            user_id TEXT NOT NULL, parent_id TEXT, authenticated_at BIGINT NOT NULL,
            created_at BIGINT NOT NULL, last_used_at BIGINT NOT NULL,
            idle_expires_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
            requested_scopes TEXT NOT NULL, granted_scopes TEXT NOT NULL,
            nonce TEXT NOT NULL, address TEXT NOT NULL, revoked_at BIGINT,
            dead_at BIGINT NOT NULL)
        """,
        "CREATE INDEX sessions_by_user ON sessions (user_id, created_at)",
        "CREATE INDEX sessions_by_parent ON sessions (parent_id)",
        "CREATE INDEX sessions_by_death ON sessions (dead_at)",
        """
        CREATE TABLE refresh_tokens (
            hash BYTEA NOT NULL PRIMARY KEY, session_id TEXT NOT NULL REFERENCES sessions (id),
            created_at BIGINT NOT NULL, rotated_at BIGINT, grace_until BIGINT,
            sealed_answer BYTEA, successor_hash BYTEA)
        """,
        "CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id)",
        """
        CREATE INDEX refresh_tokens_by_grace ON refresh_tokens (grace_until)
            WHERE sealed_answer IS NOT NULL
        """,
        "CREATE TABLE revocations (id TEXT NOT NULL PRIMARY KEY, expires_at BIGINT NOT NULL)",
        "CREATE INDEX revocations_by_end ON revocations (expires_at)",
        """
        CREATE TABLE browser_sessions (
            hash BYTEA NOT NULL PRIMARY KEY, project_id TEXT NOT NULL, provider_id TEXT NOT NULL,
            account_id TEXT NOT NULL, authenticated_at BIGINT NOT NULL,
            last_used_at BIGINT NOT NULL, idle_expires_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL, sealed_identity BYTEA NOT NULL)
        """,
        "CREATE INDEX browser_sessions_by_idle_end ON browser_sessions (idle_expires_at)",
        "CREATE INDEX browser_sessions_by_end ON browser_sessions (expires_at)",
    ]

    private static let flows = [
        """
        CREATE TABLE flows (
            hash BYTEA NOT NULL PRIMARY KEY, address TEXT NOT NULL, created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL, sealed_payload BYTEA NOT NULL)
        """,
        "CREATE INDEX flows_by_address ON flows (address, created_at)",
        "CREATE INDEX flows_by_end ON flows (expires_at)",
        """
        CREATE TABLE codes (
            hash BYTEA NOT NULL PRIMARY KEY, project_id TEXT NOT NULL, client_id TEXT NOT NULL,
            challenge TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
            consumed_at BIGINT, session_id TEXT REFERENCES sessions (id),
            sealed_payload BYTEA NOT NULL)
        """,
        "CREATE INDEX codes_by_session ON codes (session_id)",
        "CREATE INDEX codes_by_end ON codes (expires_at) WHERE session_id IS NULL",
    ]

    private static let keeping = [
        """
        CREATE TABLE signing_keys (
            id TEXT NOT NULL PRIMARY KEY, realm TEXT NOT NULL, algorithm TEXT NOT NULL,
            sealed_key BYTEA NOT NULL, created_at BIGINT NOT NULL, signs_from BIGINT NOT NULL,
            signs_until BIGINT, published_until BIGINT)
        """,
        "CREATE TABLE named_values (name TEXT NOT NULL PRIMARY KEY, content BYTEA NOT NULL)",
    ]
}
