"""The medallion: Kafka to Bronze, Silver and Gold Delta tables, for every dataset of contracts.json."""
