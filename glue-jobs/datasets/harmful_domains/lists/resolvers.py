"""The formats that resolvers and blockers load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from datasets.harmful_domains.lists.formats import NOTHING, Header, NamesFormat, Placed, Region, SubtreeFormat


class Hosts(NamesFormat):
    """`/etc/hosts`: names alone, nothing below them."""

    extension = "hosts"

    def lines(self, names: Sequence[str]) -> list[str]:
        return [f"0.0.0.0 {name}\n" for name in names]


class Plain(NamesFormat):
    """A name a line."""

    extension = "txt"

    def lines(self, names: Sequence[str]) -> list[str]:
        return [f"{name}\n" for name in names]


class Wildcard(SubtreeFormat):
    """`*.name` where all below is meant, else the name. It has no exceptions: what holds one is listed without what is below it."""

    extension = "wildcard.txt"

    def lines(self, entries: Sequence[tuple[str, bool]]) -> list[str]:
        return [f"*.{name}\n" if below else f"{name}\n" for name, below in entries]

    def place(self, name: str, itself: bool, below: bool, _region: Region) -> Placed:
        if not itself:
            return Placed("", (), unsayable=below)
        return Placed(f"*.{name}\n" if below else f"{name}\n", (Region(name, below, 0),))

    def avoids(self, holes: Sequence[str]) -> bool:
        return len(holes) > 0


class Adblock(SubtreeFormat):
    """AdGuard's DNS rules: `||name^` covers all below, `|name^` the name alone, `@@` makes an exception of it. Where a name is stands for
    nothing: an exception beats a rule, `$important` beats an exception, an important exception beats all. So each answer within
    another takes the next stronger form; there is none beyond the fourth."""

    extension = "adblock.txt"
    comment = "!"
    # Of a rule, an exception in its region, a rule within that, an exception within that.
    FORMS: ClassVar[tuple[str, ...]] = ("{}\n", "@@{}\n", "{}$important\n", "@@{}$important\n")

    def head(self, header: Header) -> str:
        return f"[Adblock Plus 2.0]\n{super().head(header)}"

    def lines(self, entries: Sequence[tuple[str, bool]]) -> list[str]:
        return [f"||{name}^\n" if below else f"|{name}^\n" for name, below in entries]

    def place(self, name: str, itself: bool, below: bool, region: Region) -> Placed:
        text, level = "", region.level
        if below != region.blocked:
            if level == len(self.FORMS):
                return Placed("", (), unsayable=True)
            text, level = self.FORMS[level].format(f"||{name}^"), level + 1
        if itself == below:
            return Placed(text, (Region(name, below, level),))
        if level == len(self.FORMS):
            # There is no stronger rule for the name itself; what is below it can be said.
            return Placed(text, (Region(name, below, level),), unsayable=True)
        return Placed(text + self.FORMS[level].format(f"|{name}^"), (Region(name, below, level),))


class Dnsmasq(SubtreeFormat):
    """The longest name that fits decides: `address=/name/` answers NXDOMAIN to every type, `server=/name/#` asks upstream as ever;
    `*.name` stands for what is below the name, and is longer than the name (2.86 and newer)."""

    extension = "dnsmasq.conf"

    def lines(self, entries: Sequence[tuple[str, bool]]) -> list[str]:
        return [f"address=/{name}/\n" if below else f"address=/{name}/\nserver=/*.{name}/#\n" for name, below in entries]

    def place(self, name: str, itself: bool, below: bool, _region: Region) -> Placed:
        text = self._line(name, itself) + ("" if itself == below else self._line(f"*.{name}", below))
        return Placed(text, (Region(name, below, 0),))

    @staticmethod
    def _line(domain: str, blocked: bool) -> str:
        return f"address=/{domain}/\n" if blocked else f"server=/{domain}/#\n"


class Unbound(SubtreeFormat):
    """The nearest `local-zone` decides: `always_nxdomain` covers all below, `always_transparent` frees it. `local-data` answers 0.0.0.0
    for the name alone, and nothing for other types. A name alone cannot be freed: what is below it is freed with it."""

    extension = "unbound.conf"

    def head(self, header: Header) -> str:
        return f"{super().head(header)}server:\n"

    def lines(self, entries: Sequence[tuple[str, bool]]) -> list[str]:
        zone, data = self._zone, self._data
        return [zone(name, "always_nxdomain") if below else data(name) for name, below in entries]

    def place(self, name: str, itself: bool, below: bool, region: Region) -> Placed:
        if itself and below:
            return Placed(self._zone(name, "always_nxdomain"), (Region(name, True, 0),))
        if itself:
            # An `always_transparent` zone around it looks at no data: a zone of its own does.
            zone = self._zone(name, "transparent") if region.name else ""
            return Placed(zone + self._data(name), (Region(name, False, 0),))
        if region.blocked:
            return Placed(self._zone(name, "always_transparent"), (Region(name, False, 0),), narrowed=below)
        return Placed("", (), unsayable=below)

    @staticmethod
    def _zone(name: str, kind: str) -> str:
        return f'local-zone: "{name}." {kind}\n'

    @staticmethod
    def _data(name: str) -> str:
        return f'local-data: "{name}. 300 IN A 0.0.0.0"\nlocal-data: "{name}. 300 IN AAAA ::"\n'


class Rpz(SubtreeFormat):
    """A response policy zone: NXDOMAIN for the name, and by `*.name` for all below it.

    A wildcard stops at a name that exists (RFC 4592, closest encloser), and the nodes between two names exist too, though empty: an
    exception below `*.name` is written with the wildcards that it and the nodes above it would otherwise take away.
    """

    extension = "rpz"
    comment = ";"
    # An owner and its zone have 255 octets together (RFC 1035): the longest name of a zone that the lists are made for.
    LONGEST_ZONE: ClassVar[int] = 32
    # Characters of an owner: it takes one octet more than it has, the zone two.
    LONGEST_OWNER: ClassVar[int] = 255 - (LONGEST_ZONE + 2) - 1
    # Last labels that make a trigger of an owner (draft-vixie-dnsop-dns-rpz, section 4).
    TRIGGERS: ClassVar[tuple[str, ...]] = (".rpz-ip", ".rpz-client-ip", ".rpz-nsip", ".rpz-nsdname")

    def head(self, header: Header) -> str:
        serial = int(header.as_of.timestamp())
        return f"{super().head(header)}$TTL 300\n@ SOA localhost. root.localhost. {serial} 3600 600 604800 300\n@ NS localhost.\n"

    def lines(self, entries: Sequence[tuple[str, bool]]) -> list[str]:
        lines = [f"{name} CNAME .\n*.{name} CNAME .\n" if below else f"{name} CNAME .\n" for name, below in entries]
        if all(self._fits(name, True) for name in self._doubtful(entries)):
            return lines
        return [line if self._fits(name, below) else "" for line, (name, below) in zip(lines, entries, strict=True)]

    def place(self, name: str, itself: bool, below: bool, region: Region) -> Placed:
        if not self._fits(name, below or region.blocked):
            # Exceptions that do not fit are seen to by `avoids`.
            return NOTHING if not (itself or below) else Placed("", (), unsayable=True)
        if not region.blocked:
            text = self._blocked(name, below) if itself else f"{name} CNAME rpz-passthru.\n*.{name} CNAME .\n"
            return Placed(text, (Region(name, below, 0),))
        between = _between(name, region.name)
        text = "".join(self._blocked(node, True) for node in between)
        text += f"{name} CNAME {_policy(itself)}\n*.{name} CNAME {_policy(below)}\n"
        return Placed(text, (*(Region(node, True, 0) for node in between), Region(name, below, 0)))

    def avoids(self, holes: Sequence[str]) -> bool:
        return any(not self._fits(hole, True) for hole in holes)

    def _doubtful(self, entries: Sequence[tuple[str, bool]]) -> list[str]:
        """Names that have to be looked at: hardly any is long, or has a label like a trigger's."""
        return [name for name, _ in entries if len(name) > self.LONGEST_OWNER - 2 or ".rpz-" in name]

    def _fits(self, name: str, below: bool) -> bool:
        return len(name) + 2 * below <= self.LONGEST_OWNER and not name.endswith(self.TRIGGERS)

    @staticmethod
    def _blocked(name: str, below: bool) -> str:
        return f"{name} CNAME .\n*.{name} CNAME .\n" if below else f"{name} CNAME .\n"


def _policy(blocked: bool) -> str:
    return "." if blocked else "rpz-passthru."


def _between(name: str, ancestor: str) -> list[str]:
    """Names below `ancestor` and above `name`, from the top."""
    labels = name.split(".")
    above = ancestor.count(".") + 1
    return [".".join(labels[i:]) for i in range(len(labels) - above - 1, 0, -1)]
