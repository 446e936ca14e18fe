/// A link with its words.
///
/// `href` is a path on our own host or an `http` or `https` URL; any other is not shown as a link
/// (``LinkReference``).
struct PageLink: Sendable, Hashable {
    var text: String
    var href: String
}
