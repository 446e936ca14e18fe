/// The version of the product, as `gatehouse version`, metrics and outbound requests say it.
public enum Version {
    /// Semantic version of the next release.
    public static let text = "0.1.0"
}
