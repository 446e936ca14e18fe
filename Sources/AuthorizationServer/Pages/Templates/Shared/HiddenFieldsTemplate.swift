/// What a form carries unseen.
enum HiddenFieldsTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        {{#hiddenFields}}
        <input type="hidden" name="{{name}}" value="{{value}}">
        {{/hiddenFields}}
        """
}
