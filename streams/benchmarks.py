"""Benchmarks of the cluster: their entries in the registry. They need a broker and a Redis."""

from ranking.benchmarks.benchmark import Benchmark

KAFKA = Benchmark(
    "kafka", "a log through the cluster, against Kafka Streams (needs --views)",
    "streams.kafka_streams_benchmark:versus", "packed_views_per_s", "views/s", "more",
    ratios=("packed_to_streams", "single_to_streams"),
)  # fmt: skip
RECOVERY = Benchmark(
    "recovery", "time from a worker's kill to the next view on its board",
    "streams.recovery_benchmark:recovery", "standby_median_s", "s", "less",
)  # fmt: skip
