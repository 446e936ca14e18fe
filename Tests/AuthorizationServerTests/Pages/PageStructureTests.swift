import Testing

@testable import AuthorizationServer

/// What must hold of every page for people, whatever they browse with.
struct PageStructureTests {
    @Test("Landmarks, language and title", arguments: PageFixtures.all.map(\.name))
    func landmarks(name: String) throws {
        let markup = try Self.markup(name)
        #expect(markup.all("html").first?["lang"] == "en")
        for element in ["title", "header", "main", "h1"] {
            #expect(markup.all(element).count == 1, "\(element)")
        }
        #expect(markup.all("meta").contains { $0["name"] == "viewport" })
        let isFaulty = markup.all("div").contains { $0["role"] == "alert" }
        let html = try Self.html(name)
        #expect(html.contains("<title>Error: ") == isFaulty)
        #expect(html.hasPrefix("<!DOCTYPE html>"))
        #expect(html.hasSuffix("</html>\n"))
    }

    @Test("Nothing is inline, nothing runs", arguments: PageFixtures.all.map(\.name))
    func nothingInline(name: String) throws {
        let markup = try Self.markup(name)
        #expect(markup.all("script").isEmpty && markup.all("style").isEmpty)
        #expect(markup.all("img").isEmpty && markup.all("iframe").isEmpty)
        for element in markup.elements {
            for attribute in element.attributes {
                #expect(attribute.name != "style" && !attribute.name.hasPrefix("on"))
                #expect(!attribute.value.lowercased().contains("javascript:"))
            }
        }
        let sheets = markup.all("link")
        #expect(sheets.map { $0["href"] } == ["/oauth2/gatehouse.css?" + StyleSheet.query])
    }

    @Test("Whatever an attribute names is there, once", arguments: PageFixtures.all.map(\.name))
    func idsExist(name: String) throws {
        let markup = try Self.markup(name)
        let ids = markup.elements.compactMap { $0["id"] }
        #expect(Set(ids).count == ids.count)
        for element in markup.elements {
            let named = ["for", "aria-describedby", "aria-labelledby"].compactMap { element[$0] }
            for id in named.flatMap({ $0.split(separator: " ") }) {
                #expect(ids.contains(String(id)))
            }
            if let href = element["href"], href.hasPrefix("#") {
                #expect(ids.contains(String(href.dropFirst())))
            }
        }
    }

    @Test("Every field has a label and a purpose", arguments: PageFixtures.all.map(\.name))
    func fieldsAreLabelled(name: String) throws {
        let markup = try Self.markup(name)
        let labelled = markup.all("label").compactMap { $0["for"] }
        let shown = markup.all("input").filter { $0["type"] != "hidden" }
        for input in shown {
            #expect(labelled.contains(input["id"] ?? "none"))
            #expect(input["autocomplete"] != nil)
            #expect(input["name"] == input["id"])
        }
        #expect(shown.count { $0["autofocus"] != nil } == (shown.isEmpty ? 0 : 1))
    }

    @Test("Every form is posted and carries its token", arguments: PageFixtures.all)
    func formsCarryTokens(name: String, page: Page) {
        let markup = Markup(PageFixtures.html(page))
        let forms = markup.all("form")
        #expect(forms.count == (page.form == nil ? 0 : 1))
        guard let form = page.form else { return }
        #expect(forms[0]["method"] == "post")
        #expect(forms[0]["action"] == form.action)
        let hidden = markup.all("input").filter { $0["type"] == "hidden" }
        #expect(hidden.map { $0["name"] } == ["csrf", "flow"])
        #expect(hidden.map { $0["value"] } == [form.csrfToken, form.flow])
        #expect(markup.all("button").allSatisfy { $0["type"] == "submit" })
    }

    @Test("Browsers and password managers know the fields")
    func autocomplete() throws {
        let signIn = try Self.markup("sign-in").all("input").compactMap { $0["autocomplete"] }
        #expect(signIn == ["username", "current-password"])
        let signUp = try Self.markup("sign-up").all("input").compactMap { $0["autocomplete"] }
        #expect(signUp == ["username", "name", "new-password"])
    }

    @Test("A password is never written")
    func passwordsStayAway() {
        for (_, page) in PageFixtures.all {
            let inputs = Markup(PageFixtures.html(page)).all("input")
            for input in inputs where input["type"] == "password" {
                #expect(input["value"] == nil)
            }
        }
    }

    @Test("Wrong fields say so, and the first has the focus")
    func wrongFields() throws {
        let inputs = try Self.markup("sign-up-wrong").all("input").filter { $0["type"] != "hidden" }
        #expect(inputs.allSatisfy { $0["aria-invalid"] == "true" })
        #expect(
            inputs.map { $0["aria-describedby"] }
                == ["email-fault", "display_name-fault", "password-hint password-fault"]
        )
        #expect(inputs.map { $0["autofocus"] != nil } == [true, false, false])
        let links = try Self.markup("sign-up-wrong").all("a").compactMap { $0["href"] }
        #expect(links.prefix(3) == ["#email", "#display_name", "#password"])
    }

    @Test("A wrong password does not say which of the two was wrong")
    func wrongCredentials() throws {
        let inputs = try Self.markup("sign-in-wrong").all("input").filter { $0["type"] != "hidden" }
        #expect(inputs.map { $0["aria-describedby"] } == ["fault", "fault"])
        #expect(inputs.map { $0["autofocus"] != nil } == [false, true])
        #expect(inputs[0]["value"] == "ada@example.com")
    }

    @Test("Consent names who, where and what, with two answers")
    func consent() throws {
        let markup = try Self.markup("consent")
        for words in [
            "Reading Diary", "diary.example.net", "ada@example.com", "See your e-mail address",
            "Use the permission orders:read",
        ] {
            #expect(markup.text.contains(words), "\(words)")
        }
        let buttons = markup.all("button")
        #expect(buttons.map { $0["name"] } == ["decision", "decision"])
        #expect(buttons.map { $0["value"] } == ["allow", "deny"])
        #expect(try Self.markup("consent-bare").text.contains("nothing more"))
    }

    @Test("An error shows its reason and the request", arguments: PageFault.allCases)
    func errors(fault: PageFault) {
        let markup = Markup(PageFixtures.html(.error(ErrorPage(fault: fault)), requestID: "r-7"))
        #expect(markup.text.contains(fault.title))
        #expect(markup.text.contains(fault.sentence))
        #expect(markup.text.contains(fault.rawValue))
        #expect(markup.text.contains("r-7"))
    }

    private static func html(_ name: String) throws -> String {
        PageFixtures.html(try #require(PageFixtures.all.first { $0.name == name }).page)
    }

    private static func markup(_ name: String) throws -> Markup {
        Markup(try html(name))
    }
}
