"""A job that ends and held a lock tells the workers: otherwise its successor waits for the next poll."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION queue_notify_lock_released() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify(
        'procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text
    );
    RETURN NULL;
END;
$$;
CREATE TRIGGER queue_lock_released AFTER UPDATE OF status ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing' AND NEW.status <> 'doing' AND NEW.lock IS NOT NULL)
    EXECUTE FUNCTION queue_notify_lock_released();
"""
BACKWARD = """
DROP TRIGGER queue_lock_released ON procrastinate_jobs;
DROP FUNCTION queue_notify_lock_released();
"""


class Migration(migrations.Migration):
    """Runs before the code that relies on it; the engine works without it, only slower."""

    dependencies = [("queue", "0001_initial"), ("procrastinate", "0041_post_retry_failed_job")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
