#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails if two files use one name for two things, where no compiler or linker says so.

- Two types of one name in one named namespace (of all libraries): the linker keeps one of their
  inline functions for both, and the program crashes.
- Two names in anonymous namespaces, or static ones, of two files of one target, or in a library
  one of them and a type that others see: CI compiles a target's files together
  (docs/decisions/0009-unity-sanitizers.md); dev builds do not.

It knows just enough of C++ for this tree: declarations at namespace scope, no macros.
"""
import collections, pathlib, re, sys

LIBRARIES = ["core", "spaces", "store", "hw_models", "evaluators", "search", "api", "bench", "cli"]

QUIET = re.compile(
    r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\[^\n]+?|[^\'\\\n])\''
    r"|^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.S | re.M)
NAMESPACE = re.compile(r"\s*(?:inline\s+)?namespace\b\s*([\w:]*)\s*")
TYPE = re.compile(
    r"\s*(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+(\w+)(?:\s+final)?\s*(?::(?!:).*)?$", re.S)
ANGLES = re.compile(r"<[^<>()]*(?:\([^()]*\)[^<>()]*)*>")
NO_NAMES = {"alignas", "decltype", "noexcept", "requires", "static_assert", "void", "int", "double", "bool"}

# `kind`: "type", "alias", "function" or "variable". `text`: what must differ for two functions to be
# overloads, or be equal for two aliases to be one.
Name = collections.namedtuple("Name", "space hidden kind name text line")


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def statements(code):
    """(namespaces, start, end, mark) of what stands at namespace scope before each ';' or '{'."""
    scopes, start = [], 0  # for each open brace or parenthesis its namespace, or None
    for match in re.finditer(r"[(){};]", code):
        mark, at_top = match[0], None not in scopes
        namespace = mark == "{" and at_top and NAMESPACE.fullmatch(code, start, match.start())
        if at_top and mark in "{;" and not namespace:
            yield list(scopes), start, match.start(), mark
        if mark in "({":
            scopes.append(namespace[1] if namespace else None)
        elif mark in ")}" and scopes:
            scopes.pop()
        if mark in "{};" and None not in scopes:
            start = match.end()


def without_angles(text):
    """The same length, with template arguments as underscores."""
    text = text.replace("->", "  ")
    while ANGLES.search(text):
        text = ANGLES.sub(lambda match: "_" * len(match[0]), text)
    return text


def parameter_types(text):
    """'const A& a, int b = 2' -> 'const A&, int'."""
    types, depth, part = [], 0, ""
    for letter in text + ",":
        depth += (letter in "(<[{") - (letter in ")>]}")
        if letter == "," and depth == 0:
            part = " ".join(part.split("=")[0].split())
            named = re.fullmatch(r"(.*[\s&*>])\w+", part)
            part = named[1].strip() if named and named[1].strip() != "const" else part
            types.append(part if re.search("[&*]", part) else part.removeprefix("const "))
            part = ""
        else:
            part += letter
    return ", ".join(types)


def describe(head, mark):
    """(kind, name, text, offset in the head) of a declaration, or nothing where that does not matter."""
    flat = without_angles(head)
    template = re.match(r"(\s*template\s*_+)+", flat)
    if template:
        flat = " " * template.end() + flat[template.end():]
    flat = re.sub(r"\[\[.*?\]\]", blank, flat)
    words = flat.split()
    if not words or not re.match(r"\w", words[0]) or words[0] in {"namespace", "friend", "extern"}:
        return None
    if words[0] == "using":
        alias = re.match(r"\s*using\s+(\w+)\s*=", flat)
        return alias and ("alias", alias[1], " ".join(head.split()), alias.start(1))
    found = TYPE.match(flat)
    if found or words[0] in {"class", "struct", "union", "enum"} and mark == ";":
        return found and mark == "{" and ("type", found[1], "", found.start(1))
    declared = flat if "operator" in flat else flat.split("=")[0]
    for call in re.finditer(r"(operator\s*[^\s\w(]+|[\w:~]+)\s*\(", declared):
        if call[1] in NO_NAMES:
            continue
        if "::" in call[1] or call[1].endswith("__") or re.fullmatch(r"[A-Z][A-Z0-9_]*", call[1]):
            return None  # a member, a specialisation, a macro
        depth, end = 1, call.end()
        while depth and end < len(flat):
            depth += (flat[end] == "(") - (flat[end] == ")")
            end += 1
        return "function", " ".join(call[1].split()), parameter_types(head[call.end():end - 1]), call.start(1)
    variable = re.search(r"\s(\w+)\s*(?:\[[^\]]*\]\s*)*$", declared)
    return variable and ("variable", variable[1], "", variable.start(1))


def names_of(path):
    code = QUIET.sub(blank, path.read_text())
    for spaces, start, end, mark in statements(code):
        head = code[start:end]
        found = describe(head, mark)
        if not found:
            continue
        kind, name, text, offset = found
        first = set(head[:offset].split())
        hidden = ("" in spaces or "static" in first
                  or kind == "variable" and bool({"const", "constexpr"} & first) and "inline" not in first)
        space = "::".join(each for each in spaces if each)
        yield Name(space, hidden, kind, name, text, code.count("\n", 0, start + offset) + 1)


def targets(root):
    """(name, its files, whether it is a test) of each target that is compiled in lumps."""
    for cmake in sorted(c for f in [*LIBRARIES, "tests"] for c in (root / f).rglob("CMakeLists.txt")):
        folder = cmake.parent
        text = re.sub("#.*", "", cmake.read_text())
        for kind, body in re.findall(r"^parnas_(library|test)\(([^()]*)\)", text, re.M):
            words = body.split()
            yield words[0], [folder / word for word in words if word.endswith(".cpp")], kind == "test"


def clash(a, b):
    overloads = a.kind == b.kind == "function" and a.text != b.text
    one_alias = a.kind == b.kind == "alias" and a.text == b.text
    return not overloads and not one_alias


def check(root):
    bad, cache = [], {}

    def names(path):
        if path not in cache:
            cache[path] = list(names_of(path))
        return cache[path]

    def place(path, name):
        return f"{path.relative_to(root).as_posix()}:{name.line}"

    types = {}
    for path in sorted(p for f in LIBRARIES for p in (root / f).rglob("*") if p.suffix in {".h", ".cpp"}):
        for name in names(path):
            if name.kind != "type" or name.hidden:
                continue
            other, first = types.setdefault((name.space, name.name), (path, name))
            if other != path:
                bad.append(f"{place(path, name)}: {name.space}::{name.name} is also a type of {place(other, first)}, "
                           "and the linker mixes them up: rename one, or move one that only its file needs "
                           "into an anonymous namespace")
    for target, files, is_test in targets(root):
        seen = collections.defaultdict(list)
        for path in files:
            for name in names(path) if path.exists() else []:
                if not name.hidden:
                    continue
                header, seen_by_all = types.get((name.space, name.name), (path, None))
                if header != path and not is_test:
                    bad.append(f"{place(path, name)}: '{name.name}' is also a type of {place(header, seen_by_all)}, and "
                               f"builds of CI compile files of the target {target} together: rename one")
                for other, first in seen[name.space, name.name]:
                    if other != path and clash(first, name):
                        bad.append(f"{place(path, name)}: '{name.name}' is also the name of a {first.kind} of "
                                   f"{place(other, first)}, and builds of CI compile files of the target "
                                   f"{target} together: rename one, or write it once in a header")
                        break
                seen[name.space, name.name].append((path, name))
    return bad


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(found) or "names ok")
    sys.exit(bool(found))
