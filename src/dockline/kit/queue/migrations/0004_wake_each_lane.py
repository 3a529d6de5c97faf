"""Workers listen to their own lane: who releases a lock tells the lanes in which somebody waits for it."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION queue_notify_lock_released() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    notice text := json_build_object('type', 'job_inserted', 'job_id', OLD.id)::text;
BEGIN
    -- For workers of the release before, which listen to all lanes at once.
    PERFORM pg_notify('procrastinate_any_queue_v1', notice);
    PERFORM pg_notify('procrastinate_queue_v1#' || waiting.queue_name, notice)
    FROM (SELECT DISTINCT queue_name FROM procrastinate_jobs WHERE lock = OLD.lock AND status = 'todo') waiting;
    RETURN NULL;
END;
$$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION queue_notify_lock_released() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(
        'procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', OLD.id)::text
    );
    RETURN NULL;
END;
$$;
"""


class Migration(migrations.Migration):
    """Runs before the code that relies on it; the engine works without it, only slower."""

    dependencies = [("queue", "0003_wake_after_removal")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
