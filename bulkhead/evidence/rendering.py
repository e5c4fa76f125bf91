"""Templates filled in: every value is escaped, and a value that is missing is an error."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bulkhead.evidence.drawing import Drawing, Line, Rect, Text
from bulkhead.evidence.topology.ways import said


@cache
def templates() -> Environment:
    """The package's templates, with the filters that they use."""
    found = Environment(
        loader=PackageLoader("bulkhead.evidence", "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"px": px, "service": said, "svg": svg}
    found.tests |= {
        "rect": lambda shape: isinstance(shape, Rect),
        "line": lambda shape: isinstance(shape, Line),
        "label": lambda shape: isinstance(shape, Text),
    }
    return found


def px(value: float) -> str:
    """A length with at most one digit after the point: 12, 12.5."""
    return f"{value:.1f}".removesuffix(".0")


def svg(drawing: Drawing) -> Markup:
    """A drawing as SVG within a page, which brings the colours."""
    said = templates().get_template("drawing.svg").render(drawing=drawing, style="")
    return Markup(said)  # noqa: S704  # the template escapes every value


def svg_file(drawing: Drawing) -> str:
    """A drawing as an SVG file of its own, in light and dark colours."""
    style = css("picture.css")
    said = templates().get_template("drawing.svg").render(drawing=drawing, style=style)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{said}\n'


def css(name: str) -> Markup:
    """A style sheet of the package: it holds no value of anybody else's."""
    return Markup(templates().get_template(name).render())  # noqa: S704  # a file of ours
