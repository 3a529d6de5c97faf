"""A job that succeeded is removed, not updated: that releases its lock as well, and the workers must hear of it."""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION queue_notify_lock_released() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(
        'procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', OLD.id)::text
    );
    RETURN NULL;
END;
$$;
CREATE TRIGGER queue_lock_removed AFTER DELETE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing' AND OLD.lock IS NOT NULL)
    EXECUTE FUNCTION queue_notify_lock_released();
"""
BACKWARD = """
DROP TRIGGER queue_lock_removed ON procrastinate_jobs;
"""


class Migration(migrations.Migration):
    """Runs before the code that relies on it; the engine works without it, only slower."""

    dependencies = [("queue", "0002_wake_after_lock")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
