"""The pipes of a cluster: Kafka, Faust and the checkpoints that travel on them."""
