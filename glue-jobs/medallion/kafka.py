"""How Spark reaches Kafka, to read or to write."""

from __future__ import annotations

IAM_OPTIONS = {
    "kafka.security.protocol": "SASL_SSL",
    "kafka.sasl.mechanism": "AWS_MSK_IAM",
    "kafka.sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
    "kafka.sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
    # With IAM a broker of kafka.t3.small takes four new connections a second (MSK developer guide, quota): who was turned away waits.
    "kafka.reconnect.backoff.ms": "1000",
    "kafka.reconnect.backoff.max.ms": "10000",
    "kafka.retry.backoff.ms": "1000",
}


def kafka_options(bootstrap_servers: str, auth: str) -> dict[str, str]:
    """How Spark reaches Kafka, to read or to write."""
    return {"kafka.bootstrap.servers": bootstrap_servers, **(IAM_OPTIONS if auth == "iam" else {})}
