-- The partitions of the day that is calseta.days days ago, as the worker names them.
DO $$
DECLARE
    day date := (now() AT TIME ZONE 'UTC')::date - current_setting('calseta.days')::int;
    parent text;
BEGIN
    FOREACH parent IN ARRAY ARRAY['receipts', 'alerts', 'alert_occurrences', 'alert_links'] LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS %I PARTITION OF %I FOR VALUES FROM (uuid_floor(%L)) TO (uuid_floor(%L))',
            parent || to_char(day, '_YYYYMMDD'), parent, day || ' 00:00:00Z', day + 1 || ' 00:00:00Z');
    END LOOP;
END $$;

-- The n-th alert of a day: its uuid, whose time is 80 ms after the one before it.
CREATE OR REPLACE FUNCTION pg_temp.alert(days int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN (lpad(to_hex(((now() AT TIME ZONE 'UTC')::date - days - date '1970-01-01') * 86400000::bigint + n * 80), 12, '0')
    || '7' || substr(md5(days || '-' || n), 1, 3) || '8' || substr(md5(n || '-' || days), 1, 15))::uuid;

-- The i-th indicator of an alert: the first two are its own, the others are seen again and again.
CREATE OR REPLACE FUNCTION pg_temp.indicator(days int, n bigint, i int) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN CASE WHEN i <= 2 THEN md5('own ' || days || '-' || n || '-' || i)
    ELSE md5('shared ' || i || '-' || n % (i * 300)) END::uuid;
