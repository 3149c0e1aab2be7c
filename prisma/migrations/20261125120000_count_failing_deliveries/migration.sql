-- What did not arrive is counted at each scrape of the metrics, and listed for administrators: few rows among many.
CREATE INDEX delivery_failing ON delivery (outbox_id) WHERE last_error IS NOT NULL AND done_at IS NULL;
