import Configuration

extension IssuerSettings {
    /// Where the keys come from, as text: what a saved set is held against.
    var keySourceText: String {
        switch keys {
        case .discovery(let url): "discovery \(url ?? "")"
        case .file(let path): "file \(path)"
        case .own(let realm): "own \(realm.storedName)"
        case .secret: "secret"
        case .url(let url): "url \(url)"
        }
    }
}
