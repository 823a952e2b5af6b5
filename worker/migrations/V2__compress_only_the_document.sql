-- Where a row is too long only its document is worth compressing: Postgres would try the others in turn, for nothing.
-- What is there already stays as it is.
DO $$
DECLARE
    short name;
BEGIN
    FOR short IN SELECT attname FROM pg_attribute
        WHERE attrelid = 'alerts'::regclass AND attnum > 0 AND attstorage = 'x' AND attname NOT IN ('raw', 'threat')
    LOOP
        EXECUTE format('ALTER TABLE alerts ALTER COLUMN %I SET STORAGE EXTERNAL', short);
    END LOOP;
END
$$;
