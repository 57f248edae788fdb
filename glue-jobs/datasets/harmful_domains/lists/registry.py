"""Every format of exported lists, by the name that the manifest and the command line have for it."""

from __future__ import annotations

from datasets.harmful_domains.lists.evidence import Csv, Stix
from datasets.harmful_domains.lists.formats import ListFormat
from datasets.harmful_domains.lists.resolvers import Adblock, Dnsmasq, Hosts, Plain, Rpz, Unbound, Wildcard

FORMATS: dict[str, type[ListFormat]] = {
    "hosts": Hosts,
    "plain": Plain,
    "adblock": Adblock,
    "wildcard": Wildcard,
    "dnsmasq": Dnsmasq,
    "unbound": Unbound,
    "rpz": Rpz,
    "csv": Csv,
    "stix": Stix,
}
