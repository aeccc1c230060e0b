"""How a definition's node is named, and how names are joined to a path.

A rule of the table is the field that holds the name, or one of these:

    declarator   C: the innermost declarator          receiver   Go: the receiver's type, then the name
    impl         Rust: "impl Trait for Type"          extension  Swift: "extension Type"
    self         Ruby: "self.name"                    variable   the only name of a list of variables
    ~name        the name after a "~"                 =text      always this text
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

    from mtor_action.symbols.extent import ParsedText

_BLANKS = re.compile(r"\s+")
_ARGUMENTS = re.compile(r"<[^<>]*>")
_NAME_KINDS = ("identifier", "name", "constant", "word")
_MOST_LINKS = 50


@dataclass(frozen=True, slots=True)
class Name:
    """A definition's own part of its path; `also` are other forms, `inner` those that its members' paths begin with."""

    text: str
    also: tuple[str, ...] = ()
    inner: tuple[str, ...] = ()
    row: int = 0  # 0-based line that holds it

    @property
    def prefixes(self) -> tuple[str, ...]:
        """The beginnings of its members' paths, the usual one first."""
        return self.inner or (self.text, *self.also)


def plain(text: str, separator: str = ".") -> str:
    """Return a name or a path as it is compared: one blank at most, dots between names."""
    text = _BLANKS.sub(" ", text).strip()
    return text if separator == "." else text.replace("::", ".").replace(separator, ".")


def name_of(node: Node, parsed: ParsedText) -> Name | None:
    """Return the name of a definition's node; None if it has none that a path could hold."""
    rule = parsed.grammar.names.get(node.type, "name")
    if rule.startswith("="):
        return Name(rule[1:], row=node.start_point[0])
    special = _SPECIAL.get(rule)
    if special is not None:
        return special(node, parsed)
    holder = _holder(node, rule.lstrip("~"))
    if holder is None:
        return None
    text = _text(holder, parsed)
    row = holder.start_point[0]
    shorter = _without_arguments(text)
    return Name("~" * rule.startswith("~") + text, (shorter,) if shorter != text else (), row=row) if text else None


def _holder(node: Node, rule: str) -> Node | None:
    """Return the node that holds the name, by the grammar's rule for it."""
    if rule == "declarator":
        return _declared(node)
    if rule == "variable":
        return _only_variable(node)
    named = node.child_by_field_name(rule)
    if named is None:
        return next((child for child in node.named_children if child.type.endswith(_NAME_KINDS)), None)
    return None if len(node.children_by_field_name(rule)) > 1 and rule == "name" and _is_list(node) else named


def _is_list(node: Node) -> bool:
    """Return whether the field `name` repeats because several things are declared at once (Go, Swift)."""
    return node.type in ("const_spec", "var_spec", "field_declaration", "enum_entry")


def _text(node: Node, parsed: ParsedText) -> str:
    text = plain(parsed.text_of(node), parsed.grammar.separator)
    return text.strip("\"'")


def _without_arguments(text: str) -> str:
    shorter = _ARGUMENTS.sub("", text)
    while shorter != text:
        text, shorter = shorter, _ARGUMENTS.sub("", shorter)
    return text.strip()


def _declared(node: Node) -> Node | None:
    """The innermost declarator; None for a prototype and for several declarators at once."""
    is_function = node.type == "function_definition"
    if len(node.children_by_field_name("declarator")) > 1:
        return None
    current: Node | None = node.child_by_field_name("declarator")
    for _ in range(_MOST_LINKS):
        if current is None or not (current.type.endswith("_declarator") or current.type == "template_function"):
            break
        if current.type == "function_declarator" and node.type == "field_declaration":
            inner = current.child_by_field_name("declarator")
            if inner is None or inner.type != "parenthesized_declarator":
                return None
        following = current.child_by_field_name("declarator") or current.child_by_field_name("name")
        if current.type == "template_function":
            break
        current = following or (current.named_children[-1] if current.named_children else None)
    if current is None or (is_function and current.type == "primitive_type"):
        return None
    return current


def _only_variable(node: Node) -> Node | None:
    """Kotlin's `val x`, Lua's `x = 1`: the variable, if there is one."""
    for child in node.named_children:
        if child.type == "variable_declaration":
            return next((inner for inner in child.named_children if inner.type.endswith("identifier")), None)
        if child.type == "variable_list":
            return child.named_children[0] if child.named_child_count == 1 else None
    return None


def _receiver(node: Node, parsed: ParsedText) -> Name | None:
    name, receiver = node.child_by_field_name("name"), node.child_by_field_name("receiver")
    if name is None or receiver is None:
        return None
    kind = _first(receiver, "type_identifier")
    return Name(f"{_text(kind, parsed)}.{_text(name, parsed)}", row=name.start_point[0]) if kind else None


def _first(node: Node, kind: str) -> Node | None:
    stack = [node]
    for _ in range(_MOST_LINKS):
        if not stack:
            return None
        current = stack.pop()
        if current.type == kind:
            return current
        stack += reversed(current.named_children)
    return None


def _impl(node: Node, parsed: ParsedText) -> Name | None:
    target, trait = node.child_by_field_name("type"), node.child_by_field_name("trait")
    if target is None:
        return None
    kind, row = _text(target, parsed), node.start_point[0]
    if trait is None:
        forms = tuple(dict.fromkeys((_without_arguments(kind), kind)))
        own = f"impl {kind}"
        also = tuple(form for form in dict.fromkeys(f"impl {form}" for form in forms) if form != own)
        # Where the type itself is in another file, its name is that of its implementation.
        return Name(own, (*also, *forms), (*forms, own, *also), row)
    negative = "!" * any(child.type == "!" for child in node.children)
    own = f"impl {negative}{_text(trait, parsed)} for {kind}"
    last = f"impl {negative}{_text(trait, parsed).rpartition('.')[2]} for {kind}"
    forms = (own, _without_arguments(own), last, _without_arguments(last))
    also = tuple(form for form in dict.fromkeys(forms) if form != own)
    return Name(own, also, (own, *also), row)


def _extension(node: Node, parsed: ParsedText) -> Name | None:
    name, kind = node.child_by_field_name("name"), node.child_by_field_name("declaration_kind")
    if name is None:
        return None
    text = _text(name, parsed)
    if kind is None or parsed.text_of(kind) != "extension":
        return Name(text, row=name.start_point[0])
    return Name(f"extension {text}", (), (text, f"extension {text}"), name.start_point[0])


def _of_self(node: Node, parsed: ParsedText) -> Name | None:
    owner, name = node.child_by_field_name("object"), node.child_by_field_name("name")
    if owner is None or name is None:
        return None
    return Name(f"{_text(owner, parsed)}.{_text(name, parsed)}", row=name.start_point[0])


_SPECIAL = {"receiver": _receiver, "impl": _impl, "extension": _extension, "self": _of_self}
