"""harmful_domains: who lists a name, and what the sources are worth."""

from __future__ import annotations

from datasets.harmful_domains.daily import HarmfulDomainDaily
from datasets.harmful_domains.names import HarmfulDomains
from datasets.harmful_domains.source_quality import SourceQuality
from medallion.layers.facts import Recomputed
from medallion.layers.fold import Fold

FOLDS: dict[str, Fold] = {"harmful_domains": HarmfulDomains()}
COMPUTATIONS: dict[str, Recomputed] = {"harmful_domain_daily": HarmfulDomainDaily(), "source_quality": SourceQuality()}
