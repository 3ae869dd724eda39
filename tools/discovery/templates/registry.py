"""Every class of claim, the most specific first: the first one that fits the words is taken."""

from __future__ import annotations

from tools.discovery.errors import DiscoveryError
from tools.discovery.templates import (
    flow_divergence,
    flow_imbalance,
    funding_extreme,
    hour_of_day,
    oi_squeeze,
    profile_stretch,
    volume_spike,
)
from tools.discovery.templates.base import Template

TEMPLATES: tuple[Template, ...] = (
    flow_divergence.TEMPLATE,
    oi_squeeze.TEMPLATE,
    funding_extreme.TEMPLATE,
    profile_stretch.TEMPLATE,
    volume_spike.TEMPLATE,
    flow_imbalance.TEMPLATE,
    hour_of_day.TEMPLATE,
)


def template_named(name: str) -> Template:
    """The class of claim of a spec. Raises DiscoveryError."""
    for template in TEMPLATES:
        if template.name == name:
            return template
    raise DiscoveryError(f"template {name!r} is not known: use {', '.join(t.name for t in TEMPLATES)}")
