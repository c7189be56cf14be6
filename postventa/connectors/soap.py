"""SOAP as carriers speak it: an envelope written field by field, and answers read by their names without namespaces."""

from collections.abc import Iterator, Mapping
from html import escape
from xml.etree.ElementTree import Element

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"


def envelope(operation: str, namespace: str, fields: Mapping[str, str]) -> str:
    """A SOAP 1.1 message that asks for one operation."""
    written = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body>'
        f'<{operation} xmlns="{namespace}">{written}</{operation}></soap:Body></soap:Envelope>'
    )


def headers(action: str) -> dict[str, str]:
    """What a SOAP 1.1 message is sent with."""
    return {
        "Content-Type": "text/xml; charset=utf-8",
        "Accept": "text/xml, application/xml",
        "SOAPAction": f'"{action}"',
    }


def every(tree: Element, name: str) -> Iterator[Element]:
    """The elements of that name below `tree`, in whichever namespace."""
    return (one for one in tree.iter() if local(one) == name)


def there(tree: Element, name: str) -> bool:
    """Whether there is any element of that name."""
    return next(every(tree, name), None) is not None


def fields(element: Element) -> dict[str, str]:
    """The texts of an element's own fields by name; the first where a name comes twice."""
    found: dict[str, str] = {}
    for one in element:
        found.setdefault(local(one), (one.text or "").strip())
    return found


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]
