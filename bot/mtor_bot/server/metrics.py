"""GET /metrics, for Prometheus. Labels have few values, all from this program.

https://prometheus.io/docs/practices/naming/
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily

from mtor_action import __version__
from mtor_bot.bot import Bot
from mtor_bot.jobs import job_rows

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Counters of this process, and gauges that the database fills at each scrape."""

    def __init__(self, bot: Bot) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_Jobs(bot))
        self.deliveries = Counter("mtor_bot_deliveries", "Webhooks by result", ["result"], registry=self.registry)
        self.acknowledgement = Histogram(
            "mtor_bot_acknowledgement_seconds",
            "From a webhook's head to its answer",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.tokens = Counter(
            "mtor_bot_token_exchanges", "Requests for a token by their result", ["result"], registry=self.registry
        )


class _Jobs:
    """Let Prometheus read the queue at each scrape."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    def describe(self) -> list[GaugeMetricFamily]:
        """Return no metrics at registration, so that the database is not asked."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the gauges of jobs by state and of the version."""
        jobs = GaugeMetricFamily("mtor_bot_jobs", "Jobs by state, of all replicas", labels=["state"])
        for state, number in job_rows.counts(self._bot.engine).items():
            jobs.add_metric([state.value], number)
        yield jobs
        info = GaugeMetricFamily("mtor_bot_info", "The version", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
