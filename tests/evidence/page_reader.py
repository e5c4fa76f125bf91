"""Reads a report as a browser would, as far as the tests need: elements, attributes, texts."""

from html.parser import HTMLParser

VOID = {"meta", "input", "br", "link", "img", "hr"}
LOADS = {"src", "href", "srcset", "data", "action", "poster", "background", "xlink:href"}


class Page(HTMLParser):
    """elements: (name, attributes) in order. texts: what stands between. errors: bad nesting."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self.errors = [], [], []
        self._open = []
        self.feed(text)
        self.close()
        if self._open:
            self.errors.append(f"never closed: {self._open}")

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self._open or self._open.pop() != tag:
            self.errors.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def loads(self):
        """Every address that an element would fetch or lead to, fragments of the page left out."""
        return [
            value
            for _, attributes in self.elements
            for name, value in attributes.items()
            if name in LOADS and not (value or "").startswith("#")
        ]

    def named(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]
