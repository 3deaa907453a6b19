-- How many sockets each person has open in each feed process. Unlogged: after a crash of
-- the server each process writes its rows again.
CREATE UNLOGGED TABLE feed_open_sockets (
  credential text NOT NULL,
  process text NOT NULL,
  sockets int NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (credential, process)
);

-- Stores the number in one process and returns that in all. The lock has two processes
-- that admit the same person take turns; each statement sees what was committed before.
CREATE FUNCTION feed_count_sockets(
  of_credential text, of_process text, here int, lasts float
) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(of_credential, 4009));
  INSERT INTO feed_open_sockets
  VALUES (of_credential, of_process, here, clock_timestamp() + make_interval(secs => lasts))
  ON CONFLICT (credential, process)
  DO UPDATE SET sockets = excluded.sockets, until = excluded.until;
  RETURN (SELECT sum(sockets) FROM feed_open_sockets
           WHERE credential = of_credential AND until > clock_timestamp());
END $$;
