/// Why the last try failed, with links to the fields that are wrong.
enum NoticeTemplate {
    static let text = """
        {{% CONTENT_TYPE:PAGE}}
        {{#faultTitle}}
        <div class="notice" id="fault" role="alert">
        <p class="notice-title">{{faultTitle}}</p>
        {{#faultSentence}}<p>{{faultSentence}}</p>{{/faultSentence}}
        {{#hasFieldFaults}}
        <ul>
        {{#fieldFaults}}
        <li><a href="#{{field}}">{{sentence}}</a></li>
        {{/fieldFaults}}
        </ul>
        {{/hasFieldFaults}}
        </div>
        {{/faultTitle}}
        """
}
