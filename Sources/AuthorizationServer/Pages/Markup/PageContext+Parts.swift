import Access

extension PageContext {
    /// One field of a form, and what is wrong with it.
    struct Field {
        /// The id and the name of its input.
        var name: String
        /// What its names in the template begin with.
        var key: String
        var fault: FieldFault?
        /// Ids of what describes it always.
        var descriptions: [String] = []
        /// Whether it holds something, and so is not where the person begins.
        var isFilled = false
    }

    /// What the form carries: `action` and the hidden fields.
    mutating func set(_ form: PageForm) {
        set("action", LinkReference.isPath(form.action) ? form.action : nil)
        var fields = [ControlField(PageForm.FieldName.csrf, form.csrfToken)]
        if let flow = form.flow {
            fields.append(ControlField(PageForm.FieldName.flow, flow))
        }
        set(
            "hiddenFields",
            (fields + form.hiddenFields).map { field in
                var context = PageContext()
                context.set("name", field.name)
                context.set("value", field.value)
                return context
            }
        )
    }

    /// Why the last try failed, and what is wrong with each field.
    ///
    /// The first wrong field has the focus, else the first empty one.
    mutating func set(_ fault: PageFault?, fields: [Field]) {
        let wrong = fields.filter { $0.fault != nil }
        let shown = fault ?? (wrong.isEmpty ? nil : .fieldsWrong)
        set("faultTitle", shown?.title)
        // The fields say it better where they are all that is wrong.
        set("faultSentence", shown == .fieldsWrong ? nil : shown?.sentence)
        set("hasFieldFaults", !wrong.isEmpty)
        set(
            "fieldFaults",
            wrong.map { field in
                var context = PageContext()
                context.set("field", field.name)
                context.set("sentence", field.fault?.sentence)
                return context
            }
        )
        let focus = (wrong.first ?? fields.first { !$0.isFilled })?.name
        for field in fields {
            var descriptions = field.descriptions
            if field.fault != nil {
                descriptions.append(field.name + "-fault")
            } else if shown == .credentialsWrong {
                descriptions.append("fault")
            }
            set(field.key + "Fault", field.fault?.sentence)
            set(field.key + "Invalid", field.fault != nil || shown == .credentialsWrong)
            set(field.key + "Description", descriptions.joined(separator: " "))
            set(field.key + "Focus", field.name == focus)
        }
    }

    /// The providers that have somewhere to go.
    mutating func set(providers: [PageLink]) {
        let links = providers.compactMap { link -> PageContext? in
            guard let href = LinkReference.checked(link.href) else { return nil }
            var context = PageContext()
            context.set("text", link.text)
            context.set("href", href)
            return context
        }
        set("hasProviders", !links.isEmpty)
        set("providers", links)
    }

    /// A link, left out where it leads nowhere that it may.
    mutating func set(link name: String, _ href: String?) {
        set(name, href.flatMap(LinkReference.checked))
    }

    /// The way on.
    mutating func set(back: PageLink?) {
        set(link: "backHref", back?.href)
        set("backText", back?.text)
    }
}
