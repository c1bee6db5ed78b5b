#!/usr/bin/python3
"""Write natto's manual pages: manual.py VERSION FOLDER.

natto(1) is doc/commands.md, natto.toml(5) and mappings.toml(5) are doc/configuration.md with the examples
of conf/: what scripts/docs keeps true there is true here.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT_COLUMN = 30  # of CLI11's help: where the text of an option begins
ABOUT = "1:1 NAT between networks whose addresses overlap"


def escaped(text: str) -> str:
    """As roff prints it. All hyphens are those of the keyboard, for who copies them."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^(?=[.'])", r"\\&", text, flags=re.MULTILINE)


def inline(text: str) -> str:
    """Markdown's code, bold and links, the last without their addresses."""
    text = escaped(re.sub(r"\[([^]\[]+)\]\([^)]+\)", r"\1", text))
    return re.sub(r"`([^`]+)`|\*\*([^*]+)\*\*", lambda found: f"\\fB{found[1] or found[2]}\\fR", text)


def literal(text: str) -> str:
    return f".PP\n.EX\n{escaped(text.rstrip())}\n.EE\n"


def paragraphs(text: str) -> str:
    return "".join(f".PP\n{inline(part.strip())}\n" for part in text.split("\n\n") if part.strip())


def prose_and_code(markdown: str) -> str:
    parts = markdown.split("```\n")  # of these, every second one is code
    return "".join(literal(part) if i % 2 else paragraphs(part) for i, part in enumerate(parts))


def entry(head: str, text: str) -> str:
    """`head` is roff already."""
    return f".TP\n{head}\n{text}\n"


def page(name: str, section: int, version: str, about: str, body: str) -> str:
    title = f'.TH {name.upper()} {section} "" "natto {version}" "natto"\n'
    return f"{title}.ad l\n.SH NAME\n{escaped(name)} \\- {escaped(about)}\n{body}"


# doc/commands.md


def help_entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    """What stands on the left, and on the right, of a part of CLI11's help."""
    at = 0
    while at < len(lines):
        head, at = lines[at], at + 1
        if at < len(lines) and lines[at].startswith(" " * TEXT_COLUMN):
            yield head.strip(), lines[at].strip()
            at += 1
        else:
            yield head[:TEXT_COLUMN].strip(), head[TEXT_COLUMN:].strip()


def option(head: str, text: str) -> str:
    words = head.split(" ", 1)
    rest = f" {escaped(words[1])}" if len(words) > 1 else ""
    return entry(f"\\fB{escaped(words[0])}\\fR{rest}", escaped(text))


def footer(lines: list[str]) -> str:
    """Prose, and examples on lines of their own."""
    text = "\n".join(lines)
    prose, *examples = re.split(r"^Examples?: ", text, flags=re.MULTILINE)
    commands = [line.strip() for example in examples for line in example.splitlines() if line.strip()]
    return paragraphs(prose) + (literal("\n".join(commands)) if commands else "")


def command(text: str) -> str:
    """The help of a command, whose usage says its name."""
    about, _, rest = text.partition("\nUsage: ")
    usage, *parts = rest.split("\n\n")
    roff = f".PP\n\\fB{escaped(usage)}\\fR\n" + paragraphs(about)
    for part in parts:
        title, *lines = part.splitlines()
        if title in ("Positionals:", "Options:", "Subcommands:"):
            roff += "".join(option(*each) for each in help_entries(lines))
        else:
            roff += footer([title, *lines])
    return roff


def commands_page(version: str) -> str:
    text = (ROOT / "doc" / "commands.md").read_text()
    prose = text.split("<!-- generated", 1)[0].split("\n\n")
    exits = next(part for part in prose if part.startswith("The exit code"))
    helps = re.findall(r"(?:^#+ (natto[^\n]*)\n\n)?^```\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (_, overall), *others = helps
    about = overall.split("\nUsage: ", 1)[0]
    subcommands = overall.split("\nSubcommands:\n", 1)[1].split("\n\n", 1)[0]
    body = ".SH SYNOPSIS\n\\fBnatto\\fR COMMAND [OPTION]...\n.br\n\\fBnatto \\-\\-version\\fR\n"
    body += ".SH DESCRIPTION\n" + paragraphs(about)
    body += "".join(option(*each) for each in help_entries(subcommands.splitlines()))
    body += ".SH COMMANDS\n"
    for name, told in others:
        body += f".SS {escaped(name)}\n{command(told)}"
    body += ".SH EXIT STATUS\n" + paragraphs(exits)
    body += ".SH FILES\n"
    for file, what in (
        ("/etc/natto/natto.toml", "the appliance: natto.toml(5)"),
        ("/etc/natto/mappings.toml", "the table: mappings.toml(5)"),
        ("/run/natto/natto.sock", "where a running natto answers"),
        ("/usr/share/doc/natto/doc", "all documents"),
    ):
        body += entry(f"\\fI{escaped(file)}\\fR", escaped(what))
    body += ".SH SEE ALSO\n\\fBnatto.toml\\fR(5), \\fBmappings.toml\\fR(5)\n"
    return page("natto", 1, version, ABOUT, body)


# doc/configuration.md


def key(row: str) -> str:
    name, kind, default, allowed, meaning = (cell.strip() for cell in row.strip("| \n").split(" | "))
    what = f"({escaped(kind)}; {'required' if default == '**required**' else 'default: ' + inline(default)})"
    return entry(f"{inline(name)} {what}", f"{inline(meaning)}\n.br\nAllowed: {inline(allowed)}.")


def sections(text: str) -> str:
    """The parts of a file, each with its keys."""
    roff = ""
    for title, part in re.findall(r"^### `([^`]*)`\n(.*?)(?=^### |\Z)", text, re.MULTILINE | re.DOTALL):
        about, _, table = part.partition("\n| key |")
        roff += f'.SH "{escaped(title)}"\n' + paragraphs(about)
        roff += "".join(key(row) for row in table.splitlines() if row.startswith("| `"))
    return roff


def file_page(name: str, about: str, version: str, other: str) -> str:
    text = (ROOT / "doc" / "configuration.md").read_text()
    prose = text.split("<!-- generated", 1)[0].split("\n\n", 1)[1]
    tables = text.split(f"\n## {name}\n", 1)[1]
    tables = re.split(r"^## |^<!-- end", tables, flags=re.MULTILINE)[0]
    body = f".SH SYNOPSIS\n\\fI{escaped('/etc/natto/' + name)}\\fR\n.SH DESCRIPTION\n{prose_and_code(prose)}"
    body += sections(tables) + ".SH EXAMPLE\n" + literal((ROOT / "conf" / name).read_text())
    body += f".SH SEE ALSO\n\\fBnatto\\fR(1), \\fB{escaped(other)}\\fR(5)\n"
    return page(name, 5, version, about, body)


def main() -> None:
    version, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for name, roff in {
        "natto.1": commands_page(version),
        "natto.toml.5": file_page("natto.toml", "the appliance natto, its ports and its rights", version, "mappings.toml"),
        "mappings.toml.5": file_page("mappings.toml", "natto's table of addresses, and who may talk to whom", version, "natto.toml"),
    }.items():
        (folder / name).write_text(roff)


if __name__ == "__main__":
    main()
