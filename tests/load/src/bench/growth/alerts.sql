INSERT INTO receipts
SELECT pg_temp.alert($1::int, n), 'elastic', now(), now(), 'cai_00000000', 'none', 1, 1, 0, 0, 0, '{}'
FROM generate_series($2::bigint, $3::bigint) n;
INSERT INTO alert_identities
SELECT md5('identity ' || $1::int || '-' || n)::uuid, pg_temp.alert($1::int, n), md5('raw ' || $1::int || '-' || n)::uuid, now()
FROM generate_series($2::bigint, $3::bigint) n;
INSERT INTO alert_fingerprints
SELECT md5('fingerprint ' || $1::int || '-' || n)::uuid, pg_temp.alert($1::int, n), now()
FROM generate_series($2::bigint, $3::bigint) n;
INSERT INTO alerts (uuid, receipt_id, position, source, identity, fingerprint, title, severity, severity_id,
    occurred_at, occurred_at_estimated, received_at, mitre_tactics, mitre_techniques, threat, tags, rule_uuid,
    building_block, notes, dropped, raw)
SELECT uuid, uuid, 0, 'elastic', md5('identity ' || $1::int || '-' || n)::uuid, md5('fingerprint ' || $1::int || '-' || n)::uuid,
    'Brute Force by an Unusual Process', 'High', 4, now() - make_interval(days => $1::int) + n * interval '80 ms', false, now(),
    '{TA0006}', '{T1110}', '[]', '{}', '5eed0000-0000-4000-8000-' || lpad((n % 40)::text, 12, '0'), false, '{}', '{}',
    json_build_object('kibana.alert.uuid', md5(n::text), 'message', repeat('as it was sent ', 10))
FROM (SELECT n, pg_temp.alert($1::int, n) AS uuid FROM generate_series($2::bigint, $3::bigint) n) numbers;
INSERT INTO alert_links
SELECT pg_temp.alert($1::int, n), ARRAY(SELECT pg_temp.indicator($1::int, n, i) FROM generate_series(1, 8) i),
    array_fill(text 'source.ip', '{8}'), array_fill(text 'source', '{8}')
FROM generate_series($2::bigint, $3::bigint) n;
INSERT INTO indicators
SELECT id, 'url', 'https://cdn.example.net/download/' || id, NULL, now(), now()
FROM generate_series($2::bigint, $3::bigint) n, generate_series(1, 2) i,
    LATERAL (SELECT pg_temp.indicator($1::int, n, i) AS id) one;
INSERT INTO indicators
SELECT id, 'url', 'https://cdn.example.net/download/' || id, NULL, now(), now()
FROM generate_series(3, 8) i, generate_series(0, i * 300 - 1) n,
    LATERAL (SELECT pg_temp.indicator($1::int, n, i) AS id) one
WHERE $2::bigint <= $3::bigint ORDER BY id ON CONFLICT DO NOTHING;
