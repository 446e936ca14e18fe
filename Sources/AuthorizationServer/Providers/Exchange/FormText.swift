/// Names and values as a query or a form carries them.
///
/// A blank becomes `%20`, which readers of forms and of URLs read alike; `+` only the former.
struct FormText {
    /// What has been appended so far.
    private(set) var text = ""

    /// Appends `name=value`, both encoded.
    mutating func append(_ name: String, _ value: String) {
        if !text.isEmpty {
            text += "&"
        }
        text += FormCoding.encode(name)
        text += "="
        text += FormCoding.encode(value)
    }
}
